# shellcheck shell=sh disable=SC2154
# SPDX-License-Identifier: MIT
# prepare.sh: everything that a pushed build lacks: its environment, what it shares, bytecode, the static
# files of the build before.
# Input: id, hooks, revision.

# up PATH: "../" for each folder in PATH.
up() {
	rest=$1
	while [ "$rest" != "${rest#*/}" ]; do
		rest=${rest#*/}
		printf '../'
	done
}

# share BUILD PATH: PATH in the build becomes a link to shared/PATH. A folder ("PATH/") is made if
# need be; a file is never made up.
share() {
	path=${2%/}
	case /$path/ in */../* | */./* | *//*) refuse "shared_paths: \"$2\" is not a plain relative path" ;; esac
	link=$(up "$path")../../shared/$path
	[ "$path" = "$2" ] || mkdir -p -- "$root/shared/$path"
	[ -e "$root/shared/$path" ] ||
		refuse "shared/$path: not there: put it there, or name it \"$path/\" for an empty folder"
	mkdir -p -- "$(dirname "$1/$path")"
	[ ! -d "$1/$path" ] || [ -L "$1/$path" ] || rmdir -- "$1/$path" 2>/dev/null ||
		refuse "$path: the build has a folder with content where a shared one belongs"
	[ "$(readlink -- "$1/$path")" != "$link" ] || return 0
	if [ -e "$1/$path" ] || [ -L "$1/$path" ]; then
		refuse "$path: the build has a file where a shared one belongs: exclude it"
	fi
	ln -s "$link" "$1/$path"
}

share_all() {
	rest=$shared_paths,
	while [ -n "$rest" ]; do
		path=${rest%%,*} rest=${rest#*,}
		[ -z "$path" ] || share "$1" "$path"
	done
}

# By content, not by time: a file's time says nothing here. What cannot be compiled may be a template.
compile() {
	interpreter=$1/env/bin/python
	[ -x "$interpreter" ] || interpreter=$(command -v "$python") || return 0
	(cd "$1" && "$interpreter" -m compileall -qq -x '^\./env/' --invalidation-mode checked-hash . >&2) || :
}

keep_assets() {
	[ -n "$assets" ] || return 0
	previous=$(cat "$state/run/previous")
	"$python" "$bin/assets.py" "$1" "${previous:+$root/builds/$previous}" "$assets" ||
		refuse "assets: those of the build before could not be kept"
}

main() {
	own_step
	build=$root/builds/$id
	[ -e "$build/.incomplete" ] || refuse "builds/$id is not a build that is being made"
	printf '%s\n' "$revision" >"$build/REVISION"
	hooks_are_there
	inherit_group "$build"
	own_files "$build"
	env_of_build "$build"
	share_all "$build"
	guarded_hook "$build"
	compile "$build"
	keep_assets "$build"
	not_writable "$build"
	has_room || exit 1
	durable "$build" || refuse "builds/$id: could not be made durable"
	came_to prepared
	[ "$try" != none ] || came_to_stage
	answer prepared "$id"
}
