# shellcheck shell=sh disable=SC2154
# SPDX-License-Identifier: MIT
# check.sh: look for known traps in how this host is set up. Changes nothing. check_program is the
# Python of check/, which lib/check.sh puts in front.
# Input: now (slipway's clock), become, runtime_user and the other settings.

main() {
	[ -d "$root" ] || refuse "$root: no such folder"
	if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 8))' 2>/dev/null; then
		fix='install Python 3.8 or newer with its venv module, or set python to where it is'
		answer finding "error: python: $python: is not there, or is older than 3.8: nothing else was looked at"
		answer fix "$fix"
		answer json "{\"level\": \"error\", \"rule\": \"python\", \"what\": \"Python 3.8 is not there\", \"where\": \"\", \"fix\": \"$fix\"}"
		answer checked no
		return
	fi
	check_program "$@"
	answer checked ok
}
