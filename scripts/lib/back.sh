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
	only='' all_stop=''
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
	mark_end "$status"
	record_end "$status" "$caught"
	rm -rf -- "$work"
	if [ -n "$caught" ]; then
		trap - "$caught"
		kill -s "$caught" $$
	fi
	exit "$status"
}

# What a reload may take at worst: two masters of gunicorn, one after the other, and the health check.
reload_seconds() { printf '%s\n' "$((2 * SLIPWAY_HEALTH_TIMEOUT + 2 * SLIPWAY_RELOAD_TIMEOUT + 120))"; }

# back_out REASON: every host goes back to what it had; a new build is marked failed.
back_out() {
	stage back
	say "backing out of builds/$id on every host"
	hosts_run "$(reload_seconds)" "settle gunicorn reload back" id="$id" fresh="$fresh" reason="$1" \
		owner="$owner" || :
	while read -r host; do
		became=$(outcome "$host")
		say "$host: $became"
		record became host="$host" what="$became"
	done <"$work/hosts"
	stage_end
}

# outcome HOST: what became of it: restored; new, which is still live; or unknown. With what to do.
outcome() {
	had=$(answer_of back "$1" restored)
	previous=$(answer_of begin "$1" previous)
	found=$(answer_of back "$1" live | tail -n 1)
	if [ -n "$had" ]; then
		printf 'restored: %s\n' "$had"
	elif [ -n "$(answer_of back "$1" taken_over)" ]; then
		printf 'unknown: another deploy has taken over: slipway status shows what is live\n'
	elif [ "$phase" = built ]; then
		printf 'unknown: %s should still be live; builds/%s is not complete\n' "$previous" "$id"
	elif [ "$found" = "$id" ]; then
		printf 'new: builds/%s is still live: %s\n' "$id" "$(remedy "$previous")"
	elif [ -n "$found" ]; then
		printf 'unknown: %s is live again, but: %s: %s\n' "$found" "$(why_failed back "$1")" "$(remedy "$previous")"
	else
		printf 'unknown: %s\n' "$(remedy "$previous")"
	fi
}

remedy() {
	case $1 in
	none) printf 'finish with: slipway deploy\n' ;;
	*) printf 'finish with: slipway rollback --to %s\n' "$1" ;;
	esac
}
