# shellcheck shell=sh disable=SC2034,SC2154
# SPDX-License-Identifier: MIT
# lock.sh: hold the deploy lock of every host, through one session per host that lives as long as
# slipway does, or its job (job.sh). No host's lock is waited for while another's is held, so two deploys cannot block
# each other.

LOCK_TRY_S=20    # until all hosts have answered
LOCK_MARGIN_S=10 # over the lease of an earlier try of the same job

# One try: 0 every host's lock is ours; else nothing is held, and $work/lock.err says why.
lock_try() {
	token=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
	rm -f "$work/beat"
	mkfifo "$work/beat"
	: >"$work/lock.out"
	step_script lib lock >"$work/lock.sh"
	set -- --script "$work/lock.sh" -- "root=$SLIPWAY_PROJECT_ROOT" "version=$version" "token=$token" \
		"owner=$owner" "url=${CIRCLE_BUILD_URL-}" "lease=$SLIPWAY_LOCK_LEASE"
	[ "$SLIPWAY_BECOME" = 0 ] || set -- --become "$@"
	# In a session of their own, they outlive the step of a job.
	apart=
	[ "$command" != lock ] || apart=setsid
	# shellcheck disable=SC2086
	$apart remote-run --hosts "$SLIPWAY_HOSTS" --limit "$(in_play)" --failures "$work/lock.failures" --stdin "$@" \
		<"$work/beat" >"$work/lock.out" 2>"$work/lock.err" 3>&- 4>&- &
	lock_pid=$!
	set -- $$ "$work"
	[ "$command" != lock ] || set -- "$@" "$job" "$SLIPWAY_LOCK_HOLD"
	$apart "$lib/heartbeat" "$@" >"$work/beat" 2>/dev/null </dev/null &
	beat_pid=$!
	try_until=$(($(now_ms) + LOCK_TRY_S * 1000))
	until [ "$(grep -c " | $token\$" "$work/lock.out")" = "$(wc -l <"$work/hosts")" ]; do
		if grep -q ' | refused: ' "$work/lock.out" || ! kill -0 "$lock_pid" 2>/dev/null ||
			[ "$(now_ms)" -gt "$try_until" ]; then
			lock_release
			return 1
		fi
		sleep 0.05
	done
}

lock_release() {
	[ -z "$watch_pid" ] || kill "$watch_pid" 2>/dev/null || :
	[ -n "$lock_pid" ] || return 0
	kill "$beat_pid" 2>/dev/null || :
	lock_status=0
	wait "$lock_pid" || lock_status=$?
	lock_pid=
}

# Who is in the way, from what deploy-lock said on the hosts.
lock_holders() { sed -n 's/^\([^ ]*\) *| deploy-lock: .*\(held by .*\)/\1: locked: \2/p' "$work/lock.err"; }

# Nobody holds it, and it could not be taken: on which hosts, as remote-run tells of those that failed.
lock_blame() {
	answers <"$work/lock.out" >"$work/lock"
	sed -n 's/^\([^ ]*\) refused .*/slipway: \1: no lock/p' "$work/lock" >>"$work/lock.failures"
	[ -s "$work/lock.failures" ] || while read -r host; do
		grep -q "^$(pattern "$host") *| $token" "$work/lock.out" ||
			printf 'slipway: %s: no answer in %s s\n' "$host" "$LOCK_TRY_S"
	done <"$work/hosts" >"$work/lock.failures"
}

# All that are in the way are of this very job: an earlier try, which is dead or will soon be taken for
# that.
lock_of_same_job() {
	[ -n "${CIRCLE_BUILD_URL-}" ] && ! lock_holders | grep -vqF ", $CIRCLE_BUILD_URL, process "
}

# How long to wait from now on, and what to say of it.
lock_patience() {
	if lock_of_same_job; then
		[ "$same_job" = 1 ] || wait_until=$(($(now_ms) + (SLIPWAY_LOCK_LEASE + LOCK_MARGIN_S) * 1000))
		same_job=1 why=": an earlier try of this job: waiting for the end of its lease, $SLIPWAY_LOCK_LEASE s at most"
	else
		why=": waiting"
	fi
}

# The lock of every host is ours from now on, or is already, by this job.
lock_take() {
	if job_held; then
		job_join
		return
	fi
	wait_until=$(($(now_ms) + SLIPWAY_LOCK_WAIT * 1000)) told=0 same_job=0
	until lock_try; do
		if [ -z "$(lock_holders)" ]; then
			cat "$work/lock.err" >&2
			lock_blame
			[ "$lock_status" != 0 ] || lock_status=$STATUS_REMOTE
			spare "$lock_status" lock "the deploy lock could not be taken"
			continue
		fi
		lock_patience
		if [ "$(now_ms)" -ge "$wait_until" ]; then
			lock_holders | while read -r line; do say "$line"; done
			die "$STATUS_REMOTE" "another deploy is at work: nothing was changed" \
				"--lock-wait SECONDS waits for it; slipway unlock ends a lock that nobody needs"
		fi
		if [ "$(now_ms)" -ge "$told" ]; then
			lock_holders | while read -r line; do say "$line$why"; done
			told=$(($(now_ms) + 30000))
		fi
		# Two that meet do not meet again.
		sleep "1.$(od -An -N2 -tu2 /dev/urandom | tr -d ' ')"
	done
	# Whom we took it over from.
	sed -n 's/^\([^ ]*\) *| deploy-lock: \(.* was stopped beyond its lease .*\)/\1: \2/p' "$work/lock.err" |
		while read -r line; do say "$line"; done
}

# The host's rsync as a step under the lock (remote/push.sh): words for the host's shell.
push_guard() {
	printf 'sh -c %s %s %s %s' "$(quoted "$(grep -v '^#' "$here/remote/push.sh" | paste -s -d ';' -)")" \
		"$(quoted "$SLIPWAY_PROJECT_ROOT")" "$version" "$token"
}
quoted() { printf "'%s'" "$(printf %s "$1" | sed "s/'/'\\\\''/g")"; }
