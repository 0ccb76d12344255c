# shellcheck shell=sh disable=SC2154
# SPDX-License-Identifier: MIT
# adopt.sh: what is in a project root that something else than slipway has made; and, under the lock,
# the journal's line that its live build is proven. Input: id (empty: only look).

# What pip would be asked for and the environment at $1 lacks, one name; for the requirements on stdin.
# A line that is more than a name and versions is passed over: it may not apply here.
lacking() {
	timeout 20 "$1/bin/python" -B -c 'import re, sys
from importlib import metadata
for line in sys.stdin.read(1 << 20).splitlines():
    name = re.match(r"([A-Za-z0-9][A-Za-z0-9._-]*)\s*([=<>!~][^;]*)?(#.*)?$", line.strip())
    if name:
        try:
            metadata.version(name.group(1))
        except metadata.PackageNotFoundError:
            print(name.group(1))
            break'
}

# half_made BUILD: why it looks as if its making was cut short; nothing if it does not.
half_made() {
	[ -n "$(find "$1" -mindepth 1 -path "$1/env" -prune -o -type f -print -quit)" ] || {
		printf 'it has no files\n'
		return
	}
	[ "$requirements_file" != none ] && [ -f "$1/$requirements_file" ] || [ -e "$1/env" ] || return 0
	if [ ! -e "$1/env" ]; then
		printf 'it has no env\n'
	elif ! lacks=$(lacking "$1/env" 2>/dev/null <"$([ -f "$1/$requirements_file" ] &&
		printf %s "$1/$requirements_file" || printf /dev/null)"); then
		printf 'the Python of its env does not run\n'
	elif [ -n "$lacks" ]; then
		printf 'its env lacks %s\n' "$lacks"
	fi
}

# refused WHAT HOW-TO-MEND
refused() {
	answer refused "$1"
	answer mend "$2"
}

look_at_current() {
	live=
	if [ ! -L "$root/current" ]; then
		if [ -e "$root/current" ]; then
			refused "current is not a link" "move it into builds as YYYYmmddHHMMSS, and link current to that"
		else
			refused "there is no current: nothing is live" "slipway deploy makes the first build"
		fi
		return
	fi
	target=$(readlink -f -- "$root/current") || target=
	if [ ! -d "$target" ]; then
		refused "current leads nowhere: $(readlink -- "$root/current")" "link it to a build that is whole"
	elif [ "${target%/*}" != "$(readlink -f -- "$root/builds")" ]; then
		refused "current does not lead into builds: $target" "move that into builds as YYYYmmddHHMMSS, and link current to it"
	elif ! is_build_name "${target##*/}"; then
		refused "the live build is named ${target##*/}, which is no name of a build" \
			"rename it to the time it was made, as YYYYmmddHHMMSS, and link current to that"
	else
		live=${target##*/}
		answer current "$live"
	fi
}

look_at_builds() {
	for build in "$root/builds"/* "$root/builds"/.[!.]*; do
		name=${build##*/}
		[ -e "$build" ] || [ -L "$build" ] || continue
		if ! is_build_name "$name" || [ ! -d "$build" ] || [ -L "$build" ]; then
			answer foreign "$(printf %s "$name" | tr '[:cntrl:]' '?')"
			continue
		fi
		if [ -e "$build/.incomplete" ]; then
			why='it is marked incomplete'
		elif [ -e "$build/.failed" ]; then
			why='it is marked failed'
		else
			why=$(half_made "$build")
		fi
		answer build "$name ${why:-whole}"
	done
}

# Who does not own a folder cannot remove what is in it.
look_at_owners() {
	[ "$(id -u)" != 0 ] || return 0
	me=$(id -un)
	for path in "$root" "$root/builds" "$root/builds"/*; do
		[ ! -d "$path" ] || [ -O "$path" ] || {
			refused "$path belongs to $(stat -c %U -- "$path"), not to $me, who could not prune it" \
				"chown -R -h $me: $root, as root; shared folders that the application writes go back to it"
			return
		}
	done
	strange=$(find "$root/builds" -type d ! -user "$me" -print -quit)
	[ -z "$strange" ] || answer strange "$strange belongs to $(stat -c %U -- "$strange")"
}

look() {
	[ -d "$root/builds" ] || {
		refused "there is no folder builds" "is project_root right?"
		return
	}
	look_at_current
	look_at_builds
	look_at_owners
	[ -z "$live" ] || [ "$(journal_known)" != "$live" ] || answer known yes
}

adopt() {
	own_step
	[ "$(live_build)" = "$id" ] || refuse "builds/$id is not live any more: nothing was changed"
	journal_live "$id" 0 || refuse "the journal could not be written"
	answer adopted "$id"
}

main() {
	[ -d "$root" ] || refuse "$root: no such folder"
	if [ -n "$id" ]; then adopt; else look; fi
}
