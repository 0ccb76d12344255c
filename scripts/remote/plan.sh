# shellcheck shell=sh disable=SC2154
# SPDX-License-Identifier: MIT
# plan.sh: what slipway plan must know of a host. Writes nothing: a user who may only read can run it.
# plan_program is plan/tree.py, which lib/plan.sh puts in front.
# Input: source_kb, source_files, and the settings that count on hosts.
export PYTHONDONTWRITEBYTECODE=1

plan_disk() {
	where=$root
	while [ ! -d "$where" ]; do where=$(dirname "$where"); done
	answer free_kb "$(df -Pk -- "$where" | awk 'END { print $(NF - 2) }')"
	# Some file systems have no number of inodes.
	answer free_inodes "$(df -Pi -- "$where" | awk 'END { print ($(NF - 4) > 0 ? $(NF - 2) : "-") }')"
}

# The environments that are there, what the live one was made from, how large it is.
plan_envs() {
	[ "$requirements_file" != none ] || return 0
	identity=$(python_identity 2>/dev/null) || identity=
	answer python "$identity"
	for env in "$root/envs"/*; do
		! env_complete "$env" || answer env_there "${env##*/}"
	done
	[ -d "$target/env/" ] || return 0
	answer env_size "$(du -sk "$target/env/" 2>/dev/null | cut -f 1) $(find "$target/env/" 2>/dev/null | wc -l)"
	if [ -r "$target/env/.slipway-requirements" ]; then
		sed 's/^/env_from: /' "$target/env/.slipway-requirements"
	fi
}

# Under a lock that is held, another deploy is at work.
plan_lock() {
	[ -x "$bin/deploy-lock" ] || return 0
	deploy-lock show "$state/lock" 2>/dev/null | while read -r line; do answer lock "$line"; done
}

main() {
	target=
	answer user "$(id -un)"
	answer rsync "$(command -v rsync)"
	plan_disk
	if [ -d "$root" ]; then
		ls "$root/" >/dev/null 2>&1 || refuse "$root: $(id -un) may not read it"
		inspect_current
	else
		answer current none
		answer root none
	fi
	plan_envs
	plan_lock
	[ ! -d "$root/builds" ] || {
		find_retry
		answer retry "$retry"
	}
	[ -z "$target" ] || plan_program "$target" ||
		warn "$python: the live build could not be listed: what would be removed is not known"
	answer planned ok
}
