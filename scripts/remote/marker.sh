# shellcheck shell=sh disable=SC2154
# SPDX-License-Identifier: MIT
# marker.sh: the marker .incomplete of a build that is being made. Its first line is for people; "key: value"
# lines below it say how far the build has come: previous (what was live when it began), pushed, prepared,
# staged, migrated.

marker() { printf '%s\n' "$root/builds/$1/.incomplete"; }

# said BUILD KEY: what its marker says of it; nothing if it does not.
said() { sed -n "s/^$2: //p" "$(marker "$1")" 2>/dev/null || :; }

# came_to KEY [REASON]: the build $id has come so far; REASON is the new first line.
came_to() {
	file=$(marker "$id")
	{
		if [ $# = 2 ]; then printf '%s\n' "$2"; else head -n 1 "$file"; fi
		sed 1d "$file"
		printf '%s: yes\n' "$1"
	} >"$root/builds/.marker"
	mv -f -- "$root/builds/.marker" "$file"
}

came_to_stage() { came_to staged "staged $(date +%Y-%m-%dT%H:%M:%SZ): slipway activate makes it live"; }

# What is staged on top of the live build can still go live.
staged_builds() {
	live=$(live_build)
	for build in "$root/builds"/*; do
		name=${build##*/}
		[ -z "$(said "$name" staged)" ] || [ "$(said "$name" previous)" != "${live:-none}" ] || printf '%s\n' "$name"
	done
}
