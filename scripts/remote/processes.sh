# shellcheck shell=sh disable=SC2154
# SPDX-License-Identifier: MIT
# processes.sh: which processes run from which build. Needs lib.sh alone.

# processes: a line "PID BUILD KIND" for each (processes.py says what KIND is), as far as this user and
# the runtime user may see: another's working directory is hidden. The program comes on stdin,
# for the runtime user may not be let into our folder.
processes() {
	builds=$(readlink -f -- "$root/builds") || return 0
	{
		"$python" - "$builds" <"$bin/processes.py"
		[ -z "$runtime_user" ] || (as_runtime "$python" - "$builds" <"$bin/processes.py")
	} | sort -u -k 1,1n -k 2
}
