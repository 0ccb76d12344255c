# shellcheck shell=sh disable=SC2034,SC2154
# SPDX-License-Identifier: MIT
# reload.sh: how the application is restarted. Needs settle.sh, which says whether that has worked, and
# gunicorn.sh.

# uWSGI reads commands from its FIFO, which is its own user's alone; without a reader the write would
# wait for ever.
write_fifo() {
	# shellcheck disable=SC2016
	as_runtime timeout 5 sh -c '[ -p "$1" ] && printf %s "$2" >"$1"' sh "$1" "$2" || {
		warn "$1: no such FIFO, or nobody reads it: is uWSGI running?"
		return 1
	}
}

# What tells a build's environment from another's.
env_of() {
	if [ -L "$root/builds/$1/env" ]; then
		readlink -- "$root/builds/$1/env"
	elif [ -d "$root/builds/$1/env" ]; then
		printf '%s\n' "$1"
	fi
}

# A chain reload replaces the workers one by one; other packages need a whole new interpreter.
fifo_command() {
	if [ -n "$1" ] && [ "$(env_of "$1")" = "$(env_of "$2")" ]; then
		printf c
	else
		printf r
	fi
}

gunicorn_hup() {
	master=$(gunicorn_master "$1") || {
		warn "$1: names no process: is gunicorn running?"
		return 1
	}
	signal HUP "$master"
}

systemd_reload() {
	systemctl=$(command -v systemctl) || {
		warn "systemctl: not found: this host does not run systemd"
		return 1
	}
	set -- "$systemctl" reload-or-restart "$1"
	if [ "$(id -u)" != 0 ]; then
		sudo -n -l "$@" >/dev/null 2>&1 || {
			warn "sudo does not let $(id -un) reload $3"
			warn "hint: sudoers needs the line: $(id -un) ALL=(root) NOPASSWD: $*"
			return 1
		}
		set -- sudo -n "$@"
	fi
	"$@" >&2 || return 1
	# The last word is the unit. Nothing is said where this user may not ask.
	for unit; do :; done
	case $("$systemctl" is-active "$unit" 2>/dev/null) in
	failed | inactive | deactivating)
		warn "$unit is not active: systemctl status $unit"
		return 1
		;;
	esac
}

# restart_hook FROM TO: the team's hooks/restart, that of TO; that of FROM if TO is from before there was one.
restart_hook() {
	for build in "$2" "$1"; do
		if [ -n "$build" ] && has_hook restart "$build"; then
			run_hook restart "$reload_timeout" "${2:-$1}" "$build"
			return
		fi
	done
	warn "hooks/restart: in neither build"
	return 1
}

# order FROM TO: tell the server that the live link went from the build FROM to TO.
order() {
	how=${restart#*:}
	case $restart in
	supervisor:*) supervisorctl restart "$how" >&2 ;;
	uwsgi-fifo:*) write_fifo "$how" "$(fifo_command "$1" "$2")" ;;
	uwsgi-touch:*) touch -- "$how" 2>/dev/null || as_runtime touch -- "$how" ;;
	gunicorn-usr2:*) gunicorn_usr2 "$how" "$2" ;;
	gunicorn-hup:*) gunicorn_hup "$how" ;;
	systemd:*) systemd_reload "$how" ;;
	command:*) (cd "$root" && exec sh -c "$how" </dev/null >&2) ;;
	hook) restart_hook "$1" "$2" ;;
	none) ;;
	esac
}

# repeat FROM TO: the order again, where one may be lost.
repeat() {
	case $restart in uwsgi-*) order "$1" "$2" ;; esac
}

# reload FROM TO: 0 when TO serves, and nothing else does; else wrong says why not. TO may be nothing.
reload() {
	wrong="restart: $restart: did not succeed"
	order "$1" "$2" || return 1
	[ -n "$2" ] || return 0
	if [ "$restart" = none ]; then
		wrong="builds/$2 is not healthy"
		healthy
	else
		settle "$1" "$2"
	fi
}

healthy() {
	[ "$health_url" != none ] || return 0
	"$python" "$bin/probe.py" "$health_url" "$health_retries" "$health_timeout"
}
