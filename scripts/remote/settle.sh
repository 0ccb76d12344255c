# shellcheck shell=sh disable=SC2154
# SPDX-License-Identifier: MIT
# settle.sh: after a reload, which build is it that serves? None of another build may be left of the
# processes that serve (processes.py says which these are), there must be one of the right build
# where any can be seen, and the health check must be answered by the right one.
#
# The loader (server/slipway_wsgi.py) names its build in every answer. Without it a process may have
# moved into the new build and still run old code, so somebody must have opened the application's
# first module (wsgi) since the live link moved.

uptime_s() { cut -d . -f 1 /proc/uptime; }

# watch_build BUILD: before it becomes live: note when it is loaded.
watch_build() {
	[ "$restart" != none ] && [ -n "$1" ] || return 0
	"$python" "$bin/watch.py" "$root/builds/$1" "${wsgi%%:*}" "$state/run/unread-$1" $$ 2>/dev/null || :
}

# Sets answer (good, bad, unasked), said (what was wrong), answered (the build that the answer names),
# servers (lines "PID BUILD").
observe() {
	answer=unasked said='' answered=''
	if [ "$health_url" != none ]; then
		answer=good
		said=$("$python" "$bin/probe.py" "$health_url" 1 10 2>&1) || answer=bad
		printf '%s\n' "$said" | sed -n '/^asked: /p'
		answered=$(printf '%s\n' "$said" | sed -n 's/^answered_by: //p')
		said=$(printf '%s\n' "$said" | sed -n 's/^slipway: //p')
	fi
	servers=$(processes | sed -n 's/ server$//p')
}

# strangers BUILD: one process that serves from another build, and how many others do.
strangers() {
	printf '%s\n' "$servers" | awk -v build="$1" '
		NF && $2 != build { if (!n++) { pid = $1; of = $2 } }
		END { if (n) print pid, of, n - 1 }' | while read -r pid build others; do
		printf 'process %s (%s) still runs from builds/%s' "$pid" "$(cat "/proc/$pid/comm" 2>/dev/null)" "$build"
		[ "$others" = 0 ] || printf ', and %s more' "$others"
	done
}

runs_from() { printf '%s\n' "$servers" | grep -q " $1\$"; }

# unsettled FROM TO: what is still wrong, if anything. A build that came and went without being loaded
# has changed nothing, so what was there before need not be loaded again.
unsettled() {
	if [ "$answer" = bad ]; then
		printf '%s\n' "$said"
	elif [ -n "$answered" ] && [ "$answered" != "$2" ]; then
		printf 'still answered by builds/%s\n' "$answered"
	elif [ -n "$(strangers "$2")" ]; then
		strangers "$2"
	elif [ -z "$answered" ] && [ -e "$state/run/unread-$2" ] && [ ! -e "$state/run/unread-$1" ]; then
		printf 'no process has loaded %s of builds/%s\n' "${wsgi%%:*}" "$2"
	elif [ "$seen" = 1 ] && ! runs_from "$2"; then
		printf 'no process runs from builds/%s\n' "$2"
	fi
}

# serves FROM TO: TO serves, for sure, and nothing else does.
serves() {
	seen=1
	observe
	[ -z "$(unsettled "$1" "$2")" ] && { [ -n "$answered" ] || [ -e "$state/run/unread-$1" ]; }
}

# settle FROM TO: wait until TO serves, and nothing else does. uWSGI drops commands that come at the
# wrong moment, so they are repeated as long as nothing moves.
settle() {
	seen=0 began=$(uptime_s) bad_since='' before='' sent=$began sends=0
	bad_s=$health_retries
	[ "$bad_s" -le "$health_timeout" ] || bad_s=$health_timeout
	while :; do
		observe
		[ -z "$servers" ] || seen=1
		wrong=$(unsettled "$1" "$2")
		[ -n "$wrong" ] || break
		now=$(uptime_s)
		if [ "$answer" = bad ]; then
			bad_since=${bad_since:-$now}
			[ $((now - bad_since)) -lt "$bad_s" ] || return 1
		else
			bad_since=
			[ $((now - began)) -lt "$reload_timeout" ] || {
				warn "hint: a server that loads slipway_wsgi.py follows every reload: server/ of Slipway shows how"
				return 1
			}
		fi
		if [ "$before" != "$servers" ]; then
			before=$servers sent=$now
		elif [ $((now - sent)) -ge 5 ] && [ "$sends" -lt 5 ]; then
			repeat "$1" "$2" || :
			sent=$now sends=$((sends + 1))
		fi
		sleep 0.3
	done
	if [ "$health_url" = none ]; then
		warn "$(uname -n): no health_url: nothing was asked of the new build after the restart"
	elif [ -z "$answered" ]; then
		warn "$(uname -n): answers do not name their build: see slipway_wsgi.py"
	fi
}
