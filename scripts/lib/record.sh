# shellcheck shell=sh disable=SC2034,SC2154
# SPDX-License-Identifier: MIT
# record.sh: what happens is noted in $work/events, as it happens, and at the end, whatever the end is,
# lib/page/report.py makes report.json and report.html of it. Nothing here can fail a deploy.

recording=0 runs=0

# record_begin: from now on, for this command, if a report is wanted.
record_begin() {
	[ -n "$SLIPWAY_REPORT_DIR" ] || return 0
	recording=1
	record begin command="$command" version="$version" owner="$owner" root="$SLIPWAY_PROJECT_ROOT" \
		source="$SLIPWAY_SOURCE" parallel="$SLIPWAY_PARALLEL"
}

# record EVENT [KEY=VALUE]...: note it. Words end with NUL, an event with an empty word.
record() {
	[ "$recording" = 1 ] || return 0
	event=$1
	shift
	printf '%s\0' "event=$event" "at=$(now_ms)" "$@" '' >>"$work/events" || :
}

# record_run NAME HOSTS: a call on these hosts begins; what it leaves goes to $run.json, $run.out.
record_run() {
	runs=$((runs + 1)) run=$work/run$runs
	record run name="$1" hosts="$2" number="$runs"
}

# overheard COMMAND...: run it in the foreground; what it says on stderr is kept as well.
overheard() {
	rm -f -- "$work/pipe"
	mkfifo "$work/pipe"
	tee "$work/overheard" <"$work/pipe" >&2 &
	tee_pid=$!
	overheard_status=0
	foreground "$@" 2>"$work/pipe" || overheard_status=$?
	# All that it said comes before what we say next; what it left behind is not waited for.
	for _ in 1 2 3 4 5; do
		kill -0 "$tee_pid" 2>/dev/null || break
		sleep 0.1
	done
	return "$overheard_status"
}

# record_end STATUS SIGNAL: the end, when all is undone that had to be.
record_end() {
	[ "$recording" = 1 ] || return 0
	record end build="$id" status="$1" signal="$2" reason="${reason-}"
	recording=0
	if told=$(timeout 60 python3 -B "$lib/page/report.py" "$work" "$SLIPWAY_REPORT_DIR" 2>"$work/report.err"); then
		say "report: $told"
	else
		say "warning: no report: $(tail -n 1 "$work/report.err")"
	fi
}
