# shellcheck shell=sh disable=SC2154
# SPDX-License-Identifier: MIT
# name.sh: on the first host of the inventory: the name that all shards of a workflow give their build.
# Whoever comes first has the say. Takes no lock: the note comes by one link(2), and goes with finish.sh.
# Input: key; id (what we would call it; empty: only ask).

main() {
	note=$state/names/$key
	if [ -n "$id" ] && [ ! -e "$note" ]; then
		newest=$(newest_build)
		if [ -n "$newest" ] && [ "$newest" -ge "$id" ]; then
			answer newer "$newest"
			return
		fi
		mkdir -p -- "$state/names"
		printf '%s\n' "$id" >"$state/names/.$$"
		ln -- "$state/names/.$$" "$note" 2>/dev/null || [ -e "$note" ]
		rm -f -- "$state/names/.$$"
	fi
	answer name "$(cat "$note" 2>/dev/null)"
}
