# shellcheck shell=sh disable=SC2154
# SPDX-License-Identifier: MIT
# record.sh: what happened, as it happens, for the report (lib/page/report.py) that is written at the
# end, whatever the end is.

# record NAME [KEY=VALUE]...: append an event. Words end with NUL, events with an empty word.
record() {
	[ -d "$work" ] || return 0
	event=$1
	shift
	printf '%s\0' "event=$event" "at=$(now_ms)" "$@" '' >>"$work/events"
}
