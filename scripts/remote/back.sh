# shellcheck shell=sh disable=SC2154
# SPDX-License-Identifier: MIT
# back.sh: give up the build $id: what was live before is live again, and a new build is marked failed.
# Input: id, fresh (1: it is a new build), reason, owner.

# Only what this deploy did is undone: it may not have come to that yet.
link_back() {
	[ "$(live_build)" = "$id" ] && [ "$previous" != "$id" ] || return 0
	# On a full disk this makes room for the link: on some when it is on disk.
	rm -f -- "$state/run/reserve"
	durable "$state" || :
	if [ -n "$previous" ]; then
		atomic-link --sync --expect "$id" "$root/builds/$previous" "$root/current"
	else
		rm -f -- "$root/current"
	fi
}

# The first marker is there before the other goes: the build never looks complete. A build that was not
# ours to make is left alone.
mark_failed() {
	[ "$(cat "$state/run/build" 2>/dev/null)" = "$id" ] || return 0
	[ -d "$root/builds/$id" ] && [ "$live" != "$id" ] || return 0
	printf '%s\n' "$reason" 2>/dev/null >"$root/builds/$id/.failed" || :
	[ ! -e "$root/builds/$id/.failed" ] || rm -f -- "$root/builds/$id/.incomplete"
	journal failed "$id" || :
}

serve_previous() {
	if [ -n "$previous" ]; then
		serves "$id" "$previous" || reload "$id" "$previous" || refuse "$wrong"
		hook_healthy "$previous" || refuse "builds/$previous is live again, and not healthy"
	else
		reload "$id" "" || warn "there was no build before this one: nothing is live"
	fi
	rm -f -- "$state/run/flipped"
}

go_back() {
	own_step
	# Without the note nothing has been changed yet.
	previous=$(cat "$state/run/previous" 2>/dev/null) || previous=$(live_build)
	if [ -e "$state/run/flipped" ]; then
		watch_build "$previous"
		link_back || warn "the live link could not be put back"
	fi
	live=$(live_build)
	answer live "${live:-none}"
	[ "$fresh" != 1 ] || mark_failed
	if [ -e "$state/run/flipped" ]; then
		case $live in
		"$previous") ;;
		"$id") refuse "builds/$id is still live" ;;
		*) refuse "something else made $live live: it was left so" ;;
		esac
		serve_previous
		[ -z "$previous" ] || journal restored "$previous" "$id" || :
	fi
	answer restored "${previous:-none}"
}

lock_is_ours() { deploy-lock check --token "$token" "$state/lock" >/dev/null 2>&1; }

# The session that held this host's lock was lost. Unless another deploy has been here since, or
# somebody let the lock go by slipway unlock, the lock is held again for as long as this takes.
hold_and_go_back() {
	exec 3>&1
	{
		for _ in 1 2 3 4 5 6 7 8 9 10; do
			lock_is_ours || sleep 0.2
		done
		go_back >&3
	} | deploy-lock hold --token "$token" --owner "$owner" --lease 86400 "$state/lock" >/dev/null
}

main() {
	answer live "$(live_build)"
	if [ "$(cat "$state/run/token" 2>/dev/null)" = "$token" ]; then
		# What of this deploy is still on its way comes too late; if we are late ourselves, and another
		# deploy has begun, it is not meant.
		printf "" 2>/dev/null >"$state/run/given_up-$token" || :
		lock_is_ours || {
			hold_and_go_back
			return
		}
	fi
	go_back
}
