# shellcheck shell=sh disable=SC2034,SC2154
# SPDX-License-Identifier: MIT
# job.sh: the locks that "slipway lock" leaves to the later commands of the same job. A folder that only
# this user may enter keeps what they need: token, hosts, left_out, holder (its two processes), build,
# and is there as long as the locks are held. There is one for each project root and its hosts, and each
# CI job, so that two projects, or two jobs on one machine, have nothing to do with each other.

# Sets job: where that folder is, or would be.
job_find() {
	jobs=${TMPDIR:-/tmp}/slipway-$(id -u)
	job=$jobs/$({
		printf '%s\n' "$SLIPWAY_PROJECT_ROOT" "${CIRCLE_BUILD_URL-}"
		cat "$work/list"
	} | sha256sum | cut -c 1-16)
}

job_held() { [ -d "$job" ]; }

# In a folder that everyone may write to, that name may be somebody else's.
job_is_private() {
	[ ! -L "$jobs" ] && [ "$(stat -c '%u %a' -- "$jobs" 2>/dev/null)" = "$(id -u) 700" ]
}

# The locks of lock_take are the job's from now on: the holder does not end with us.
job_keep() {
	mkdir -m 700 -- "$jobs" 2>/dev/null || :
	job_is_private || die "$STATUS_LOCAL" "$jobs: not ours alone: the locks cannot be kept" "remove it, or set TMPDIR"
	mkdir -- "$work/job"
	cp -- "$work/hosts" "$work/left_out" "$work/job/"
	printf '%s\n' "$shard" >"$work/job/shard"
	printf '%s\n' "$token" >"$work/job/token"
	printf '%s\n' "$beat_pid-$(started "$beat_pid")" "$lock_pid-$(started "$lock_pid")" >"$work/job/holder"
	mv -- "$work/lock.err" "$work/job/holder.err"
	mv -- "$work/job" "$job"
	lock_pid=
}

# When process PID started (proc(5), stat, field 22); nothing if it is not there, or dead and nobody has
# asked how it ended: the first process of a container may be one that does not.
started() { sed -n 's/.*) //; /^[ZX]/!p' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 20; }

job_holder_lives() {
	while read -r process; do
		[ "${process%-*}-$(started "${process%-*}")" = "$process" ] || return 1
	done <"$job/holder"
}

# The hosts whose locks it has. With a shard of them it does nothing that is for all.
job_hosts() {
	cp -- "$job/hosts" "$job/left_out" "$work/"
	read -r shard <"$job/shard"
	case $shard,$command in
	,* | *,stage | *,push | *,prepare | *,try | *,lock) ;;
	*) usage "$command: is for all hosts, and this job has locked only shard $shard of them" ;;
	esac
}

# Go on under the job's locks, one command at a time.
job_join() {
	job_is_private || die "$STATUS_LOCAL" "$jobs: not ours alone: what it says does not count"
	job_holder_lives ||
		die "$STATUS_REMOTE" "this job has lost its locks: $(job_why_ended): nothing was changed" \
			"slipway unlock, then slipway lock takes them again; what was staged must be staged again"
	exec 9>>"$job/token"
	# One that was killed needs a moment to end.
	flock -w 5 9 || die "$STATUS_REMOTE" "another command of this job is at work: nothing was changed"
	token=$(cat "$job/token")
	# When we are killed, it ends the step that we leave behind.
	"$lib/heartbeat" $$ "$work" >/dev/null 2>&1 9>&- &
	watch_pid=$!
}

job_why_ended() {
	cat "$job/ended" 2>/dev/null || {
		why=$(grep '^remote-run: ' "$job/holder.err" | tail -n 1)
		printf '%s\n' "${why:-their holder was killed}"
	}
}

# The end of the job's locks: the heartbeat goes first, which ends the other.
job_let_go() {
	was_lost=
	job_holder_lives || was_lost=$(job_why_ended)
	processes=$(cat "$job/holder")
	rm -rf -- "$job"
	rmdir -- "$jobs" 2>/dev/null || :
	for process in $processes; do
		end_holder "${process%-*}" "${process##*-}"
	done
	[ -z "$was_lost" ] || say "warning: this job had lost its locks: $was_lost"
}

# end_holder PID STARTED: it has ten seconds.
end_holder() {
	tries=0
	while [ "$(started "$1")" = "$2" ] && [ "$tries" -lt 100 ]; do
		[ "$1" != "${processes%%-*}" ] && [ "$tries" -lt 50 ] || kill "$1" 2>/dev/null || :
		tries=$((tries + 1))
		sleep 0.1
	done
}
