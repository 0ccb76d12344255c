# shellcheck shell=sh disable=SC2154
# SPDX-License-Identifier: MIT
# tree.sh: who may write in a build. Its files are ours, and the runtime user only reads them; older
# builds share the unchanged ones by hard link, so nobody writes into those.

# Where builds hands its group on (setgid), a build does so too: rsync has set modes without that bit.
inherit_group() {
	[ -g "$root/builds" ] || return 0
	group=$(stat -c %g -- "$root/builds")
	if find "$1" ! -group "$group" '(' -type d -o -links 1 ')' -exec chgrp -h -- "$group" {} +; then
		find "$1" -type d ! -perm -2000 -exec chmod g+s -- {} +
	else
		warn "builds hands on its group, which $(id -un) is not in: new files are of another"
	fi
}

# writable BUILD [FIND-ACTION]...: what in it the runtime user, or everyone, could write.
writable() {
	tree=$1
	shift
	set -- ')' "$@"
	if [ -n "$runtime_user" ] && [ "$runtime_user" != "$(id -un)" ]; then
		for group in $(id -G -- "$runtime_user"); do set -- -o -perm -020 -group "$group" "$@"; done
		set -- -o -user "$runtime_user" "$@"
	fi
	find "$tree" ! -type l '(' -perm -002 "$@"
}

# Files linked from a build that was made by other means may be writable: ours are copies then.
own_files() {
	# shellcheck disable=SC2016
	writable "$1" -type f -exec sh -c 'for file; do
		cp -- "$file" "$file.slipway" && touch -r "$file" -- "$file.slipway" &&
			mv -f -- "$file.slipway" "$file" || exit
	done' sh {} + || refuse "files of builds/$id that others could write could not be copied"
}

not_writable() {
	found=$(writable "$1" -print)
	[ -n "$found" ] || return 0
	printf '%s\n' "$found" | head -n 10 | while IFS= read -r path; do
		warn "${runtime_user:-everyone} could write $path"
	done
	refuse "nobody writes in a build: what the application writes belongs in shared_paths"
}

# State of the files that other builds have too.
linked_files() { find "$1" -type f -links +1 -printf '%i %s.%m.%U.%T@ %p\n'; }

# hooks/prepare, kept from writing into files that other builds have: they are read-only as long as it
# runs. That does not stop root, nor a hook that takes the right: then at least it is found out.
guarded_hook() {
	case " $hooks " in *" prepare "*) ;; *) return 0 ;; esac
	find "$1" -type f -links +1 -perm -200 -user "$(id -un)" -exec chmod a-w -- {} +
	linked_files "$1" >"$state/run/linked"
	hook_status=0
	(hook prepare "$prepare_timeout") || hook_status=$?
	linked_files "$1" | awk 'NR == FNR { was[$1] = $2; next } ($1 in was) && was[$1] != $2' \
		"$state/run/linked" - >"$state/run/touched"
	find "$1" -type f -links +1 ! -perm -200 -user "$(id -un)" -exec chmod u+w -- {} +
	while IFS=' ' read -r inode _ path; do
		warn "hooks/prepare wrote into $path, which is this file of other builds too:"
		find "$root/builds" -inum "$inode" ! -path "$path" >&2
	done <"$state/run/touched"
	[ ! -s "$state/run/touched" ] ||
		refuse "hooks/prepare has changed builds that were complete: it must replace files, not write into them"
	[ "$hook_status" = 0 ] || exit "$hook_status"
}
