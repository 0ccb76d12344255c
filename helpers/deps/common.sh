# shellcheck shell=sh disable=SC2034
# SPDX-License-Identifier: MIT
# common.sh: what the dependency build scripts share; sourced by NAME.sh.
# Every script is called as: NAME.sh FETCHED PREFIX, with CC, AR, CFLAGS, JOBS and ARCH in
# the environment, and leaves PREFIX/lib/*.a, PREFIX/include and PREFIX/licenses/NAME.
set -eu
export LC_ALL=C SOURCE_DATE_EPOCH=0

deps=$(cd "$(dirname "$0")" && pwd)
fetched=$(cd "$1" && pwd)
mkdir -p "$2/src" "$2/lib" "$2/include" "$2/licenses"
prefix=$(cd "$2" && pwd)
name=$(basename "$0" .sh)
src=$prefix/src/$name

say() {
	printf '%s: %s for %s\n' "$name" "$1" "$ARCH"
}

# Unpack PACKAGE's pinned tarball into $src and apply Debian's series, then our patches.
unpack() { # PACKAGE
	file=$(awk -v package="$1" '$2 == package && $3 ~ /\.orig\.tar\./ { print $3 }' "$deps/pins")
	rm -rf "$src"
	mkdir -p "$src"
	tar -xf "$fetched/$file" -C "$src" --strip-components=1 --no-same-owner
	cd "$src"
	if grep -q "^$1 " "$deps/required-patches"; then
		tar -xJf "$fetched/$1.debian.tar.xz" --no-same-owner
		grep -v '^#' debian/patches/series | while read -r patch _; do
			[ -z "$patch" ] || apply "debian/patches/$patch"
		done
	fi
	for patch in "$deps/patches/$name"/*.patch; do
		[ ! -f "$patch" ] || apply "$patch"
	done
}

apply() { # PATCHFILE
	patch -s -p1 --no-backup-if-mismatch <"$1" || {
		printf '%s: apply %s: it does not fit the source\n' "$name" "$1" >&2
		exit 3
	}
}

# Compile the sources named on stdin (paths below the current directory) into one archive.
# The object names are the paths, so that two files of one name do not collide.
archive() { # LIBRARY FLAGS...
	lib=$1
	shift
	objects=$prefix/src/$lib.objects
	rm -rf "${objects:?}" "${prefix:?}/lib/$lib"
	mkdir -p "$objects"
	# shellcheck disable=SC2016  # expanded by the inner shell
	sort | xargs -P "$JOBS" -I '{}' sh -c '
		source=$1; objects=$2; shift 2
		object=$objects/$(printf %s "${source%.c}" | tr / _).o
		exec $CC $CFLAGS "-ffile-prefix-map=$PWD=." "$@" -c "$source" -o "$object"
	' sh '{}' "$objects" "$@"
	(cd "$objects" && printf "%s\\n" ./*.o | xargs "$AR" rcsD "$prefix/lib/$lib")
	rm -rf "$objects"
}
