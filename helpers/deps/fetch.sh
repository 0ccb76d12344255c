#!/bin/sh
# SPDX-License-Identifier: MIT
# fetch.sh: bring every file named in `pins` to DEST, verified.
# usage: fetch.sh DEST
# Looks in DEST, then in $SLIPWAY_TARBALLS (a folder of tarballs), then in the package
# archive that this machine's apt is set up with, through an apt state of its own
# below DEST: no root needed, the machine's package lists are not touched.
# PACKAGE.debian.tar.xz in DEST is the revision of Debian's patches to build with.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
dest=$(cd "$1" && pwd)
state=$dest/.apt
index=$dest/.index # VERSION SHA256 FILE of every source file that the signed index lists
cd "$dest"

die() {
	printf 'fetch.sh: %s\n' "$1" >&2
	printf 'fetch.sh: hint: %s\n' "$2" >&2
	exit 3
}

has_sum() { # SHA256 FILE
	[ -f "$2" ] && printf '%s  %s\n' "$1" "$2" | sha256sum -c --status
}

# "URI SUITE" of every Debian archive (component main) in the machine's configuration.
configured_archives() {
	cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null | awk '
		$1 == "deb" || $1 == "deb-src" {
			sub(/\[[^]]*\]/, "")
			for (i = 4; i <= NF; i++) if ($i == "main") print $2, $3
		}'
	for file in /etc/apt/sources.list.d/*.sources; do
		[ -f "$file" ] || continue
		awk '
			function flush(  i, j) {
				if (comps ~ / main( |$)/)
					for (i = 2; i <= nu; i++) for (j = 2; j <= ns; j++) print uris[i], suites[j]
				nu = ns = 0; comps = ""
			}
			/^#/ { next }
			/^[ \t]*$/ { flush() }
			tolower($1) == "uris:" { nu = split($0, uris) }
			tolower($1) == "suites:" { ns = split($0, suites) }
			tolower($1) == "components:" { comps = $0 }
			END { flush() }' "$file"
	done
}

write_sources() {
	codename=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
	keyring=/usr/share/keyrings/debian-archive-keyring.gpg
	configured_archives | sort -u | while read -r uri suite; do
		case $suite in
		"$codename" | stable | oldstable) suites="bookworm trixie trixie-updates" ;;
		"$codename"-security | stable-security) suites="bookworm-security trixie-security" ;;
		*) continue ;;
		esac
		for s in $suites; do
			printf 'deb-src [signed-by=%s] %s %s main\n' "$keyring" "${uri%/}" "$s"
		done
	done | sort -u >"$state/sources"
	[ -s "$state/sources" ] || die "apt sources: no Debian archive is configured" \
		"configure one, or give the tarballs in a folder: make SLIPWAY_TARBALLS=DIR"
}

# Once, and only when something is missing: a private apt state and its index.
archive_ready=
open_archive() {
	[ -z "$archive_ready" ] || return 0
	archive_ready=1
	rm -rf "$state"
	mkdir -p "$state/lists/partial" "$state/cache/archives/partial" "$state/parts"
	: >"$state/status"
	write_sources
	cat >"$state/conf" <<-X
		Dir::Etc::sourcelist "$state/sources";
		Dir::Etc::sourceparts "$state/parts";
		Dir::Etc::preferencesparts "$state/parts";
		Dir::State "$state";
		Dir::State::lists "$state/lists";
		Dir::State::status "$state/status";
		Dir::Cache "$state/cache";
		APT::Sandbox::User "";
		Acquire::Languages "none";
		Acquire::Retries "3";
	X
	export APT_CONFIG="$state/conf"
	printf 'fetch: reading the package archive index\n'
	apt-get -qq update || : # a suite may be missing; what counts is what the index then lists
	awk '!/^#/ { print $2 }' "$here/pins" | sort -u | while read -r package; do
		apt-cache showsrc --only-source "$package" 2>/dev/null | awk '
			/^Version:/ { version = $2 }
			/^[A-Z]/ { in_sums = ($1 == "Checksums-Sha256:") }
			/^ / && in_sums { print version, $1, $3 }'
	done | sort -Vru >"$index"
}

# Ask for a source version until the file is there: each suite of each archive by itself, for one
# can list a file that it no longer has while another has it. apt saves what it can get even when
# another file of the version is gone, so its exit status says nothing: the sum does.
download_version() { # PACKAGE VERSION SHA256 FILE
	while read -r source; do
		printf '%s\n' "$source" >"$state/one"
		apt-get -qq -o Dir::Etc::sourcelist="$state/one" --download-only --only-source source "$1=$2" \
			>/dev/null 2>&1 </dev/null || :
		has_sum "$3" "$4" && return
	done <"$state/sources"
	return 1
}

copy_local() { # SHA256 FILE
	[ -n "${SLIPWAY_TARBALLS:-}" ] && has_sum "$1" "$SLIPWAY_TARBALLS/$2" &&
		cp -- "$SLIPWAY_TARBALLS/$2" "$2"
}

fetch_pinned() { # SHA256 PACKAGE FILE
	has_sum "$1" "$3" && return
	copy_local "$1" "$3" && return
	open_archive
	versions=$(awk -v sum="$1" -v file="$3" '$2 == sum && $3 == file { print $1 }' "$index")
	for version in $versions; do
		download_version "$2" "$version" "$1" "$3" && printf 'fetch: %s\n' "$3" && return
	done
	die "$3: the package archive does not give it (sha256 $1)" \
		"put the file into a folder and run: make SLIPWAY_TARBALLS=FOLDER"
}

holds_required() { # PACKAGE TARBALL
	series=$(tar -xJOf "$2" debian/patches/series) || return 1
	while read -r package prefix; do
		[ "$package" = "$1" ] || continue
		printf '%s\n' "$series" | grep -q "^$prefix" || return 1
	done <"$here/required-patches"
}

use_patches() { # PACKAGE TARBALL
	holds_required "$1" "$2" || return 1
	cp -- "$2" "$1.debian.tar.xz.new" && mv -- "$1.debian.tar.xz.new" "$1.debian.tar.xz"
	printf 'fetch: %s\n' "$2"
}

# Debian's patches: the newest revision of the pinned upstream version.
fetch_patches() { # PACKAGE UPSTREAM_VERSION KNOWN_SHA256 KNOWN_FILE
	copy_local "$3" "$4" && use_patches "$1" "$4" && return
	open_archive
	candidates=$(awk -v prefix="$1_$2-" 'index($3, prefix) == 1 && $3 ~ /\.debian\.tar\.xz$/' "$index")
	while read -r version sum file; do
		[ -n "$version" ] || continue
		has_sum "$sum" "$file" || download_version "$1" "$version" "$sum" "$file" || continue
		use_patches "$1" "$file" && return
	done <<-X
		$candidates
	X
	has_sum "$3" "$4" && use_patches "$1" "$4" && return
	die "$4: no revision of Debian's security patches for $1 $2 to be had that holds all of required-patches" \
		"put the file (sha256 $3) into a folder and run: make SLIPWAY_TARBALLS=FOLDER"
}

grep -v '^#' "$here/pins" >.pins
while read -r sum package file; do
	case $file in
	*.orig.tar.*) fetch_pinned "$sum" "$package" "$file" </dev/null ;;
	*.debian.tar.xz)
		upstream=${file#"$package"_}
		fetch_patches "$package" "${upstream%%-*}" "$sum" "$file" </dev/null
		;;
	*) die "pins: $file is neither an orig nor a debian tarball" "mend helpers/deps/pins" ;;
	esac
done <.pins
rm -rf .pins "$state" "$index"
