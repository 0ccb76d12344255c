# shellcheck shell=sh disable=SC2154
# SPDX-License-Identifier: MIT
# inspect.sh: what slipway must know of a host. Changes nothing, but makes the folder that the helpers
# go to when asked (create=1). Input: create, ask_health.

helper_sums() {
	(cd "$bin" 2>/dev/null && sha256sum -- * | sha256sum | cut -d' ' -f1) || printf 'none\n'
}

build_state() {
	if [ -e "$1/.failed" ]; then
		printf 'failed\n'
	elif [ -e "$1/.incomplete" ]; then
		printf 'incomplete\n'
	else
		printf 'complete\n'
	fi
}

inspect_current() {
	if [ ! -L "$root/current" ]; then
		[ ! -e "$root/current" ] ||
			refuse "$root/current is not a link: move it out of the way; the first deploy makes the link"
		answer current none
		return
	fi
	target=$(readlink -f -- "$root/current") || :
	[ -d "$target" ] ||
		refuse "$root/current leads nowhere: $(readlink -- "$root/current")"
	[ "${target%/*}" = "$(readlink -f -- "$root/builds")" ] ||
		refuse "$root/current does not lead into $root/builds: $target"
	answer current "${target##*/}"
	answer commit "$(sed -n 's/^commit: //p' "$target/REVISION" 2>/dev/null)"
	if [ -L "$target/env" ]; then
		env=$(readlink -- "$target/env")
		answer env "${env##*/}"
	elif [ -d "$target/env" ]; then
		answer env build
	fi
}

inspect_builds() {
	for build in "$root/builds"/*; do
		name=${build##*/}
		is_build_name "$name" || continue
		how=$(build_state "$build")
		answer build "$name $how"
		[ "$how" != complete ] || ! grep -qsx 'contracting: yes' "$build/REVISION" || answer contracting "$name"
	done
	journal_events | sed 's/^/event: /'
}

main() {
	if [ "$create" = 1 ]; then
		command -v rsync >/dev/null || refuse "rsync is not installed (rsync 3.0 or newer is needed)"
		mkdir -p -- "$state/bin" || refuse "$root: this user cannot make folders here"
	fi
	[ -d "$root" ] || refuse "$root: no such folder"
	answer arch "$(uname -m)"
	answer helpers "$(helper_sums)"
	answer free_kb "$(df -Pk -- "$root" | awk 'END { print $(NF - 2) }')"
	answer free_inodes "$(df -Pi -- "$root" | awk 'END { print $(NF - 2) }')"
	inspect_current
	inspect_builds
	[ ! -e "$state/run/flipped" ] || answer unfinished "$(cat "$state/run/previous")"
	if [ -x "$bin/deploy-lock" ]; then
		deploy-lock show "$state/lock" 2>/dev/null | while read -r line; do answer lock "$line"; done
	fi
	if [ "$ask_health" = 1 ] && [ -f "$bin/processes.py" ]; then
		processes 2>/dev/null | awk '$3 == "server" { print $2 }' | sort -u | sed 's/^/runs: /'
	fi
	if [ "$ask_health" = 1 ] && [ "$health_url" != none ]; then
		health=bad
		"$python" "$bin/probe.py" "$health_url" 1 10 >/dev/null && health=ok
		answer health "$health"
	fi
	answer inspected ok
}
