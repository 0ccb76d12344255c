# shellcheck shell=sh disable=SC2154
# SPDX-License-Identifier: MIT
# resume.sh: for begin.sh: go on with the build $id, which another command has brought as far as $need, if
# what was live then still is.

resume() {
	build=$root/builds/$id
	[ -d "$build" ] || {
		# Perhaps no more: who went live has removed what cannot follow.
		[ "${previous:-0}" -lt "$id" ] || answer overtaken "$previous"
		refuse "builds/$id is not there"
	}
	[ ! -e "$build/.failed" ] || refuse "builds/$id has failed: $(head -n 1 "$build/.failed")"
	[ -e "$(marker "$id")" ] || refuse "builds/$id is complete already"
	# Before the rest: what was overtaken cannot be brought further.
	had=$(said "$id" previous)
	[ "$had" = "${previous:-none}" ] || {
		answer overtaken "$previous"
		refuse "builds/$id was begun when ${had:-another build} was live; now ${previous:-none} is"
	}
	[ -n "$(said "$id" "$need")" ] || refuse "builds/$id is not $need: $(head -n 1 "$(marker "$id")")"
	printf '%s\n' "$id" >"$state/run/build"
	! has_hook migrate "$id" || answer migration due
	[ -z "$(said "$id" migrated)" ] || answer migration 'done'
	answer begun ok
}
