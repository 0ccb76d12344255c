# shellcheck shell=sh disable=SC2154
# SPDX-License-Identifier: MIT
# unlock.sh: end whoever holds the deploy lock (yes=1), or show who that is.

main() {
	[ -x "$bin/deploy-lock" ] || refuse "no deploy has been here: there is no lock"
	if [ "$yes" = 1 ]; then
		set -- break
		# Its deploy does not take it back to undo what it did.
		rm -f -- "$state/run/token"
	else
		set -- show
	fi
	# 1: nobody holds it
	deploy-lock "$@" "$state/lock" || [ $? = 1 ]
}
