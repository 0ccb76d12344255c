#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What make leaves, and what it does not do twice.
# shellcheck shell=bash disable=SC2034,SC2154

bats_require_minimum_version 1.5.0

checkout=$(cd "$BATS_TEST_DIRNAME/../.." && pwd -P)
build=${BUILD:-build}
tools='atomic-link deploy-lock prune-builds remote-run req-checksum rsync-push'
version=$(cat "$checkout/VERSION")

setup() {
	cd "$checkout" || return
	bin=${SLIPWAY_BIN:-$build/bin}
	unset MAKEFLAGS MAKELEVEL MFLAGS
}

# what make would do if these files had changed: lines "CC x" and "LINK x"
would() {
	local args=() file
	for file; do args+=(-W "$file"); done
	make -n "BUILD=$build" "${args[@]}" helpers | sed -n "s/^echo '  \(CC\|LINK\) .*\/\([^/']*\)'\$/\1 \2/p" | sort
}

@test "build: every helper is static, stripped and position-independent" {
	for tool in $tools; do
		run readelf --wide --dynamic --program-headers --sections "$bin/$tool"

		[ "$status" -eq 0 ]
		[[ $output == *DYN* ]]
		[[ $output != *NEEDED* ]]
		[[ $output != *INTERP* ]]
		[[ $output != *.symtab* ]]
		[[ $output != *.debug_info* ]]
	done
}

@test "build: 1.5 MB for the two that carry SSH, 250 KB for the others" {
	for tool in $tools; do
		limit=250000
		case $tool in rsync-push | remote-run) limit=1500000 ;; esac
		for file in "$bin/$tool" "$build/aarch64/bin/$tool"; do
			size=$(stat -c %s "$file")
			[ "$size" -le "$limit" ] || { echo "$file has $size bytes" && false; }
		done
	done
}

@test "build: the helpers of both architectures run and say the version" {
	for tool in $tools; do
		[ "$("$bin/$tool" --version)" = "$tool $version" ]
		[ "$(qemu-aarch64-static "$build/aarch64/bin/$tool" --version)" = "$tool $version" ]
	done
}

@test "build: a second make has nothing to do and says nothing" {
	run make "BUILD=$build" helpers

	[ "$status" -eq 0 ]
	[[ -z $output || $output == "make: Nothing to be done for 'helpers'." ]]
}

@test "build: a changed tool is compiled and linked, and nothing else" {
	run would helpers/atomic-link/atomic-link.c

	[ "$output" = "CC atomic-link.o
LINK atomic-link" ]
}

@test "build: a changed library file relinks the tools that have the library" {
	run would helpers/lib/ssh/session.c

	[ "$output" = "CC session.o
LINK remote-run
LINK rsync-push" ]
}

@test "build: no source of ours makes a dependency be built again" {
	run make -n "BUILD=$build" -W helpers/lib/base/err.h -W helpers/lib/crypto/rsa.c helpers

	[ "$status" -eq 0 ]
	[[ $output != *helpers/deps/*.sh* ]]
}

@test "build: another folder, umask, time zone, locale and number of jobs give the same archive" {
	# the libraries, built once, serve both: make reproducible builds these anew too
	mkdir -p "$BATS_TEST_TMPDIR/checkout/tests"
	# with their times: the libraries are to count as new enough
	cp -a Makefile VERSION LICENSE helpers scripts "$BATS_TEST_TMPDIR/checkout"
	cp -a tests/install.sh tests/tests.mk "$BATS_TEST_TMPDIR/checkout/tests"
	archive=dist/slipway-helpers-$version-linux-$(uname -m).tar.gz

	umask 077
	run env TZ=Pacific/Kiritimati LC_ALL=C.UTF-8 HOME="$BATS_TEST_TMPDIR" make -j1 -C "$BATS_TEST_TMPDIR/checkout" "DEPS=$PWD/build/deps" "FETCHED=$PWD/build/fetched" BUILD=build dist-one

	[ "$status" -eq 0 ]
	cmp "$BATS_TEST_TMPDIR/checkout/build/$archive" "$build/$archive"
}

@test "build: the archive holds programs, man pages and every licence" {
	run tar -tzf "$build/dist/slipway-helpers-$version-linux-aarch64.tar.gz"

	[ "$status" -eq 0 ]
	for tool in $tools; do
		[[ $output == *"bin/$tool"* ]]
		[[ $output == *"share/man/man1/$tool.1"* ]]
	done
	for library in bearssl libsodium libssh2 musl xxhash zlib zstd; do
		[[ $output == *"share/doc/slipway/licenses/$library"* ]]
	done
	[[ $output == *share/doc/slipway/LICENSE* ]]
}

@test "build: make help lists the targets" {
	run make help

	[ "$status" -eq 0 ]
	for target in helpers dist orb image test unit bats interop pipeline lint fuzz demo bench clean distclean; do
		[[ $output == *"make $target "* ]]
	done
}
