# shellcheck shell=sh disable=SC2154
# SPDX-License-Identifier: MIT
# back.sh: give up the build $id: what was live before is live again, and a new build is marked failed.
# Input: id, fresh (1: it is a new build), reason, owner.

# Only what this deploy did is undone: it may not have come to that yet.
link_back() {
	[ "$(live_build)" = "$id" ] || return 0
	if [ -n "$previous" ]; then
		atomic-link --sync --expect "$id" "$root/builds/$previous" "$root/current"
	else
		rm -f -- "$root/current"
	fi
}

# The first marker is there before the other goes: the build never looks complete.
mark_failed() {
	[ -d "$root/builds/$id" ] || return 0
	printf '%s\n' "$reason" 2>/dev/null >"$root/builds/$id/.failed" || :
	[ ! -e "$root/builds/$id/.failed" ] || rm -f -- "$root/builds/$id/.incomplete"
}

serve_previous() {
	if [ -n "$previous" ]; then
		reload "$id" "$previous" || refuse "restart: $restart: did not succeed"
		healthy || refuse "builds/$previous is live again, and not healthy"
	else
		reload "$id" "" || warn "there was no build before this one: nothing is live"
	fi
	rm -f -- "$state/run/flipped"
}

main() {
	own_step
	# Without the note nothing has been changed yet.
	previous=$(cat "$state/run/previous" 2>/dev/null) || previous=$(live_build)
	[ ! -e "$state/run/flipped" ] || link_back
	[ "$fresh" != 1 ] || mark_failed
	if [ -e "$state/run/flipped" ]; then
		[ "$(live_build)" = "$previous" ] ||
			refuse "something else made $(live_build) live: it was left so"
		journal failed "$id" || :
		serve_previous
	fi
	answer restored "${previous:-none}"
}
