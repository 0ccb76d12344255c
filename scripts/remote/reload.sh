# shellcheck shell=sh disable=SC2154
# SPDX-License-Identifier: MIT
# reload.sh: how the application is restarted, and how we know that it answers.

# uWSGI reads commands from its FIFO; without a reader the write would wait for ever.
write_fifo() {
	[ -p "$1" ] || {
		warn "$1: no such FIFO: is uWSGI running?"
		return 1
	}
	# shellcheck disable=SC2016
	timeout 5 sh -c 'printf %s "$2" >"$1"' sh "$1" "$2"
}

# A chain reload replaces the workers one by one; other packages need a whole new interpreter.
fifo_command() {
	if [ -n "$1" ] && [ -n "$2" ] &&
		[ "$(readlink "$root/builds/$1/env")" = "$(readlink "$root/builds/$2/env")" ]; then
		printf c
	else
		printf r
	fi
}

# reload FROM TO: after the live link went from the build FROM to the build TO.
reload() {
	how=${restart#*:}
	case $restart in
	supervisor:*) supervisorctl restart "$how" >&2 ;;
	uwsgi-fifo:*) write_fifo "$how" "$(fifo_command "$1" "$2")" ;;
	uwsgi-touch:*) touch -- "$how" ;;
	command:*) (cd "$root" && exec sh -c "$how" </dev/null >&2) ;;
	none) ;;
	esac
}

healthy() {
	[ "$health_url" != none ] || return 0
	"$python" "$bin/probe.py" "$health_url" "$health_retries" "$health_timeout"
}
