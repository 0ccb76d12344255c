# shellcheck shell=sh disable=SC2154
# SPDX-License-Identifier: MIT
# gunicorn.sh: a new gunicorn master beside the old one (USR2). Both serve until the new one has
# proven itself; then the old one ends when its requests have, or else the new one does.
# For those where the old one's end is not the end of the service: not for a bare supervisor
# program (server/gunicorn-run is for that).

# Seconds in which a process that was told to end does so: gunicorn's graceful_timeout, and some.
GUNICORN_END_S=60

alive() { [ -n "$1" ] && [ -d "/proc/$1" ]; }

# signal NAME PID, to a process of the runtime user.
# shellcheck disable=SC2016
signal() { as_runtime sh -c 'kill "-$1" "$2"' sh "$1" "$2"; }

# gunicorn_master PIDFILE: the process that it names, if it lives.
gunicorn_master() {
	pid=$(as_runtime cat -- "$1" 2>/dev/null | tr -cd 0-9)
	alive "$pid" && printf '%s\n' "$pid"
}

# await SECONDS COMMAND...
await() {
	await_end=$(($(uptime_s) + $1))
	shift
	until "$@"; do
		[ "$(uptime_s)" -lt "$await_end" ] || return 1
		sleep 0.2
	done
}

ended() { ! alive "$1"; }
is_master() { [ "$(gunicorn_master "$1")" = "$2" ]; }

# Take back a new master. Nothing is lost: the old one serves.
gunicorn_undo() {
	warn "gunicorn: the new master ($2) $3: the old one ($1) goes on serving"
	signal TERM "$2" 2>/dev/null || :
	await "$GUNICORN_END_S" ended "$2" || signal KILL "$2"
}

# What a deploy that was killed between two masters has left: the new one was not proven, unless the
# old one has been told to go.
gunicorn_tidy() {
	new=$(gunicorn_master "$1.2") || return 0
	if [ "$(cat "$state/retired" 2>/dev/null)" = "$old-$(started "$old")" ]; then
		await "$GUNICORN_END_S" is_master "$1" "$new" || return 1
		old=$new
	else
		gunicorn_undo "$old" "$new" "is left from a deploy that was killed"
	fi
}

# Workers of the master $1 that run from the build $2, and how many of its run from another.
gunicorn_workers() {
	printf '%s\n' "$servers" | while read -r pid build; do
		[ "$(sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null | cut -d ' ' -f 2)" != "$1" ] ||
			printf '%s %s\n' "$pid" "$build"
	done
}

# gunicorn_proven MASTER BUILD: the new master has workers that have loaded the build and stay, and an
# answer came from it. Sets wrong.
gunicorn_proven() {
	proof_end=$(($(uptime_s) + reload_timeout)) proven=0 workers=
	until [ "$proven" -ge 3 ]; do
		wrong="ended by itself: its log says why"
		alive "$1" || return 1
		[ "$(uptime_s)" -lt "$proof_end" ] || {
			wrong="was not proven in $reload_timeout s: $(unproven "$1" "$2")"
			return 1
		}
		sleep 0.3
		observe
		before=$workers
		workers=$(gunicorn_workers "$1")
		if [ -z "$(unproven "$1" "$2")" ] && [ "$workers" = "$before" ]; then
			proven=$((proven + 1))
		elif [ -z "$answered" ]; then
			proven=0
		fi
	done
}

# What a new master still lacks. With the loader's header only its own answers count; the old one's say
# nothing.
unproven() {
	case $workers in
	'') printf 'it has no worker that runs from builds/%s\n' "$2" ;;
	*" $2") ;;
	*) printf 'its workers run from another build\n' ;;
	esac
	if [ "$answer" = bad ]; then
		printf '%s\n' "$said"
	elif [ -n "$answered" ]; then
		[ "$answered" = "$2" ] || printf 'builds/%s answers, not builds/%s\n' "$answered" "$2"
	elif [ -e "$state/run/unread-$2" ]; then
		printf 'it has not loaded builds/%s\n' "$2"
	fi
}

# gunicorn_usr2 PIDFILE BUILD
gunicorn_usr2() {
	await 5 gunicorn_master "$1" >/dev/null || {
		warn "$1: names no process: is gunicorn running?"
		return 1
	}
	old=$(gunicorn_master "$1")
	gunicorn_tidy "$1" || return 1
	signal USR2 "$old" || return 1
	await 20 gunicorn_master "$1.2" >/dev/null || {
		warn "gunicorn: $old did not start a new master: is $1 its --pid?"
		return 1
	}
	new=$(gunicorn_master "$1.2") || new=
	gunicorn_proven "$new" "$2" || {
		gunicorn_undo "$old" "$new" "$wrong"
		return 1
	}
	printf '%s-%s\n' "$old" "$(started "$old")" >"$state/retired" || :
	signal TERM "$old" || return 1
	await "$GUNICORN_END_S" is_master "$1" "$new" || {
		warn "gunicorn: the old master ($old) has not ended in $GUNICORN_END_S s"
		return 1
	}
}
