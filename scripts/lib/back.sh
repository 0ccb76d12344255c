# shellcheck shell=sh disable=SC2034,SC2154
# SPDX-License-Identifier: MIT
# back.sh: the end of slipway, however it comes: a deploy that was not done is undone on every host,
# the locks are let go, nothing of ours is left behind.

# on_signal NAME: end, and die of it when all is undone.
on_signal() {
	caught=$1
	exit "$STATUS_REMOTE"
}

on_exit() {
	status=$?
	set +e
	trap '' HUP INT TERM
	only=
	stage_end
	if [ -n "$child" ]; then
		kill "$child" 2>/dev/null || :
		wait "$child" || :
	fi
	case $phase in
	built) back_out "given up before it was live: ${stage_last}" ;;
	activating) back_out "not healthy on every host" ;;
	esac
	lock_release
	rm -rf -- "$work"
	if [ -n "$caught" ]; then
		trap - "$caught"
		kill -s "$caught" $$
	fi
	exit "$status"
}

# back_out REASON: every host goes back to what it had; a new build is marked failed.
back_out() {
	stage back
	say "backing out of builds/$id on every host"
	hosts_run "$((SLIPWAY_HEALTH_TIMEOUT + 120))" "reload back" id="$id" fresh="$fresh" reason="$1" \
		owner="$owner" || :
	while read -r host; do
		had=$(answer_of back "$host" restored)
		previous=$(answer_of begin "$host" previous)
		if [ -n "$had" ]; then
			say "$host: restored: $had"
		elif [ "$phase" = built ]; then
			say "$host: unknown: $previous should still be live; builds/$id is not complete"
		elif [ "$previous" = none ]; then
			say "$host: unknown: finish with: slipway deploy"
		else
			say "$host: unknown: finish with: slipway rollback --to $previous"
		fi
	done <"$work/hosts"
	stage_end
}
