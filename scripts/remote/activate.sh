# shellcheck shell=sh disable=SC2154
# SPDX-License-Identifier: MIT
# activate.sh: make the build $id live, restart, and ask whether it is healthy.
# Input: id, fresh (1: a new build, still marked incomplete).

main() {
	own_step
	# After own_step, which has told back.sh that we are here: one of us sees the other.
	[ ! -e "$state/run/given_up-$token" ] || refuse "this deploy has been given up: nothing was changed"
	previous=$(cat "$state/run/previous")
	[ -d "$root/builds/$id" ] || refuse "builds/$id is not there"
	watch_build "$id"
	# Kept for the way back, which must have room for a link. A rollback goes without.
	disk_takes "$state/run/reserve" || [ "$fresh" != 1 ] || exit 1
	if [ "$fresh" = 1 ]; then
		# What came after prepare is on disk before the build counts as complete.
		durable "$root/builds/$id" || refuse "builds/$id: could not be made durable"
		rm -f -- "$root/builds/$id/.incomplete"
	fi
	: >"$state/run/flipped"
	atomic-link --sync --expect "${previous:-none}" "$root/builds/$id" "$root/current" ||
		refuse "the live link was not changed"
	reload "$previous" "$id" || refuse "$wrong"
	hook_healthy "$id" || refuse "the new build is not healthy"
	answer activated "$id"
}
