# shellcheck shell=sh disable=SC2034,SC2154
# SPDX-License-Identifier: MIT
# init.sh: write what an application needs to be tested, deployed and rolled back: init/init.py looks at it.

command_init() {
	command -v python3 >/dev/null || die "$STATUS_LOCAL" "init: python3: not found on PATH"
	set --
	[ -z "$show_diff" ] || set -- --diff
	foreground python3 -B "$lib/init/init.py" "$version" "$work/table" "$@" || die $? "init: not all was written"
}
