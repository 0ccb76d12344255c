# shellcheck shell=sh disable=SC2154
# SPDX-License-Identifier: MIT
# lib.sh: sent to the hosts in front of each of the other scripts, which define main; the last line
# sent is "main", so that a script that was cut on its way does nothing.
# Input: KEY=VALUE arguments: root, version, token, the settings that count on hosts (lib/settings.sh),
# and what each script names. Output: "key: value" lines on stdout,
# which slipway reads, and everything for people on stderr.
set -eu
umask 022
export LC_ALL=C.UTF-8 TZ=UTC
for setting in "$@"; do readonly "${setting?}"; done
state=$root/.slipway
bin=$state/bin/$version-$(uname -m)
# Who only looks may come with another version than the last deploy did.
for other in "$state/bin"/*-"$(uname -m)"; do
	[ -d "$bin" ] || [ ! -d "$other" ] || bin=$other
done
PATH=$bin:$PATH

answer() { printf '%s: %s\n' "$1" "$2"; }
warn() { printf 'slipway: %s\n' "$*" >&2; }
# What is worth knowing, and nothing to worry about.
note() {
	warn "$@"
	answer note "$*"
}
refuse() {
	warn "$@"
	answer refused "$*"
	exit 1
}

# All of the file system that the path is on is on disk, or this fails. An old sync knows only all of them.
durable() {
	case $(sync --help 2>&1) in
	*--file-system* | *'[-df]'*) sync -f "$1" ;;
	*) sync ;;
	esac
}

# disk_takes FILE: the disk takes a little more, as this file, or we say why not.
disk_takes() {
	trouble=$(dd if=/dev/zero of="$1" bs=65536 count=16 conv=fsync status=none 2>&1) || {
		rm -f -- "$1" 2>/dev/null || :
		# Some file systems have no number of inodes.
		free=$({ df -Pk -- "$root" && df -Pi -- "$root"; } | awk '
			NR == 2 { printf "mounted on %s, %s kB free", $6, $4 }
			NR == 4 && $2 > 0 { printf ", %s inodes free", $4 }')
		warn "the disk of $root ($free): ${trouble##*: }"
		return 1
	}
}

# Whether there is room left; says so if not.
has_room() { disk_takes "$state/room" && rm -f -- "$state/room"; }

# as_runtime COMMAND...: run it as the user that the application runs as. By sudo it gets a clean
# environment, and it is no process that this user may see into or end.
as_runtime() {
	if [ -z "$runtime_user" ] || [ "$runtime_user" = "$(id -un)" ]; then
		"$@"
		return
	fi
	id -u -- "$runtime_user" >/dev/null 2>&1 || refuse "runtime_user: $runtime_user: no such user here"
	if [ "$(id -u)" = 0 ]; then
		setpriv --reuid "$runtime_user" --regid "$(id -g -- "$runtime_user")" --init-groups -- "$@"
	else
		sudo -n -u "$runtime_user" -- true </dev/null 2>/dev/null || {
			warn "runtime_user: sudo does not let $(id -un) act as $runtime_user"
			refuse "hint: sudoers needs the line: $(id -un) ALL=($runtime_user) NOPASSWD: ALL"
		}
		sudo -n -u "$runtime_user" -- "$@"
	fi
}

# Name of the build that the live link leads to, or nothing.
live_build() {
	[ -L "$root/current" ] || return 0
	target=$(readlink -f -- "$root/current") || return 0
	printf '%s\n' "${target##*/}"
}

# When process PID started (proc(5), stat, field 22); nothing if it is not there.
started() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }

# step_processes PID-STARTED: of the step whose shell that is: the shell, and what it has started,
# which may be in other groups of processes and sessions, but inherits the environment.
step_processes() {
	[ "${1%-*}-$(started "${1%-*}")" != "$1" ] || printf '%s\n' "${1%-*}"
	marked_processes "$1"
}

# marked_processes STEP: those that have inherited its environment.
marked_processes() { grep -lzxF "SLIPWAY_STEP=$1" /proc/[0-9]*/environ 2>/dev/null | cut -d/ -f3; }

end_step() {
	for signal in TERM 0 0 0 0 0 0 0 0 0 KILL; do
		found=$(step_processes "$1")
		[ -n "$found" ] || return 0
		# shellcheck disable=SC2086
		kill "-$signal" $found 2>/dev/null || :
		sleep 0.1
	done
}

# Every script that changes something begins with this. Refuse unless the deploy lock is still ours.
# Whatever step is at work beside us belongs to this deploy, which has given it up, or to a dead one: end
# it, so that it cannot come late. A step says that it is there before it asks for the lock: who takes
# the lock after that sees it.
own_step() {
	SLIPWAY_STEP=$$-$(started $$)
	export SLIPWAY_STEP
	# A full disk must not keep us from backing out.
	# shellcheck disable=SC2015
	mkdir -p "$state/steps" 2>/dev/null && printf '' 2>/dev/null >"$state/steps/$SLIPWAY_STEP" || :
	trap step_ends EXIT
	deploy-lock check --token "$token" "$state/lock" >&2 || lock_lost
	for step in "$state/steps"/*-*; do
		[ "${step##*/}" != "$SLIPWAY_STEP" ] || continue
		end_step "${step##*/}"
		rm -f -- "$step"
	done
}

# Another deploy that has begun since has left its token (begin.sh).
lock_lost() {
	other=$(cat "$state/run/token" 2>/dev/null) || other=
	[ -z "$other" ] || [ "$other" = "$token" ] || answer taken_over yes
	refuse "the deploy lock is not ours any more: nothing was changed"
}

# A step that fails says so when the disk is to blame.
step_ends() {
	step_status=$?
	[ "$step_status" = 0 ] || has_room || :
	rm -f -- "$state/steps/$SLIPWAY_STEP" 2>/dev/null || :
	exit "$step_status"
}

# is_build_name NAME: fourteen digits.
is_build_name() {
	case $1 in *[!0-9]*) return 1 ;; esac
	[ ${#1} -eq 14 ]
}

# newest_build [MARKER]...: the newest build, or the newest that has one of the markers; or nothing.
newest_build() {
	newest=
	for build in "$root/builds"/*; do
		name=${build##*/}
		is_build_name "$name" || continue
		[ $# -gt 0 ] || newest=$name
		for marker; do
			[ ! -e "$build/$marker" ] || newest=$name
		done
	done
	printf '%s\n' "$newest"
}

# prune [OPTION]...: remove what is too old, and what earlier deploys left unfinished. Never a reason to
# fail. prune-builds sees this user's processes by itself.
prune() {
	for build in $(processes | cut -d ' ' -f 2 | sort -u); do
		! is_build_name "$build" || set -- "$@" --active "$build"
	done
	for build in $(staged_builds); do set -- "$@" --active "$build"; done
	# Where a rollback would go: after one, and a deploy, that need not be one of the newest.
	before=$(journal_before "$(live_build)")
	[ "$keep_releases" = 1 ] || [ -z "$before" ] || set -- "$@" --active "$before"
	pruned=$(prune-builds --keep "$keep_releases" "$@" --protect "$root/current" \
		--envs "$root/envs" "$root/builds") ||
		warn "pruning did not end well: old builds may be left"
	[ -z "$pruned" ] || note "removed $(printf '%s' "$pruned" | paste -s -d ' ' -)"
}

# hook_remains: processes of this step that a hook has left behind. (Our own shell began without the
# variable.)
hook_remains() (
	step=$SLIPWAY_STEP
	unset SLIPWAY_STEP
	marked_processes "$step"
)

# run_hook NAME SECONDS BUILD [FROM]: run deploy/hooks/NAME in BUILD; the program is that of the build FROM
# [BUILD]. Its exit status; if it failed, nothing that it has started is left.
run_hook() {
	hook_status=0
	(
		build=$root/builds/$3
		cd "$build" || exit
		PATH=$build/env/bin:$PATH SLIPWAY_ROOT=$root SLIPWAY_BUILD=$build SLIPWAY_RELEASE=$3
		export PATH SLIPWAY_ROOT SLIPWAY_BUILD SLIPWAY_RELEASE
		exec timeout -k 5 "$2" "$root/builds/${4-$3}/deploy/hooks/$1" </dev/null >&2
	) || hook_status=$?
	# shellcheck disable=SC2046
	[ "$hook_status" = 0 ] || kill -KILL $(hook_remains) 2>/dev/null || :
	return "$hook_status"
}

# hooks_are_there: those that slipway found in the source are in the build.
hooks_are_there() {
	for hook in $hooks; do
		[ "$hook" = build ] || has_hook "$hook" "$id" ||
			refuse "hooks/$hook: not in the build: deploy/excludes leaves it out"
	done
}

has_hook() { [ -x "$root/builds/$2/deploy/hooks/$1" ]; }

# hook NAME SECONDS: run the team's hook before the build is live, if slipway found one in the source.
hook() {
	case " $hooks " in *" $1 "*) ;; *) return 0 ;; esac
	run_hook "$1" "$2" "$id" || refuse "hooks/$1: exit status $hook_status"
}

# ticks: hundredths of seconds since boot.
ticks() { cut -d ' ' -f 1 /proc/uptime | tr -d .; }

# timed_healthcheck SECONDS BUILD: as probe.py, tells how it was and what it took.
timed_healthcheck() {
	asked_at=$(ticks) how=good
	run_hook healthcheck "$1" "$2" || how=bad
	answer asked "$how $((($(ticks) - asked_at) * 10)) hooks/healthcheck"
	[ "$how" = good ]
}

# hook_healthy BUILD: its hooks/healthcheck, if it brought one, ends well, within health_timeout.
hook_healthy() {
	has_hook healthcheck "$1" || return 0
	tries=$health_retries
	deadline=$(($(date +%s) + health_timeout))
	while ! timed_healthcheck "$((deadline - $(date +%s) + 1))" "$1"; do
		tries=$((tries - 1))
		if [ "$tries" -le 0 ] || [ "$(date +%s)" -ge "$deadline" ]; then
			warn "hooks/healthcheck: exit status $hook_status"
			return 1
		fi
		sleep 1
	done
}
