#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# helpers/deps/fetch.sh: what it takes, and what it says when something is missing.
# shellcheck shell=bash disable=SC2034,SC2154

bats_require_minimum_version 1.5.0

checkout=$(cd "$BATS_TEST_DIRNAME/../.." && pwd -P)
fetched=$checkout/build/fetched

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	cp -R "$checkout/helpers/deps" deps
	mkdir tarballs
	cp "$fetched"/*.orig.tar.* "$fetched"/*-*.debian.tar.xz tarballs
	pinned=$(awk '!/^#/ { print $3 }' deps/pins)
	patches=$(printf '%s\n' "$pinned" | grep debian.tar.xz)
	known=$(awk '$3 ~ /^libssh2.*debian/ { print $3 }' deps/pins)
	# no archive is asked unless a test says so
	mkdir offline
	printf '#!/bin/sh\nexit 1\n' >offline/apt-get
	cp offline/apt-get offline/apt-cache
	chmod 755 offline/*
}

fetch() {
	PATH=$PWD/offline:$PATH SLIPWAY_TARBALLS=$PWD/tarballs deps/fetch.sh dest
}

@test "fetch: a folder with all the tarballs is enough, without any archive" {
	for file in $pinned; do
		[ -e "tarballs/$file" ] || skip "the archive has a newer revision than $file"
	done

	run fetch

	[ "$status" -eq 0 ]
	for file in $pinned; do cmp "dest/$file" "tarballs/$file"; done
	for package in musl libsodium libssh2; do [ -f "dest/$package.debian.tar.xz" ]; done
}

@test "fetch: says which file is missing, its digest, and how to supply it" {
	rm tarballs/bearssl*.orig.tar.xz

	run --separate-stderr fetch

	[ "$status" -eq 3 ]
	[[ $stderr == *"fetch.sh: bearssl_0.6+dfsg.1.orig.tar.xz: "*"102a625bd8f6155260867a50c508df8d"* ]]
	[[ $stderr == *"fetch.sh: hint: "*"make SLIPWAY_TARBALLS="* ]]
}

@test "fetch: a tarball with another digest is not taken" {
	printf x >>"$(echo tarballs/xxhash*.orig.tar.gz)"

	run --separate-stderr fetch

	[ "$status" -eq 3 ]
	[[ $stderr == *"fetch.sh: xxhash_0.8.3.orig.tar.gz: "* ]]
	[ ! -e dest/xxhash_0.8.3.orig.tar.gz ]
}

@test "fetch: security patches that lack one of the required are refused" {
	[ -e "tarballs/$known" ] || skip "the archive has a newer revision than $known"
	echo 'libssh2 CVE-2099-0001' >>deps/required-patches

	run --separate-stderr fetch

	[ "$status" -eq 3 ]
	[[ $stderr == *"libssh2"*"security patches"*"required-patches"* ]]
	[ ! -e dest/libssh2.debian.tar.xz ]
}

@test "fetch: what is there already is not fetched again" {
	mkdir dest
	cp tarballs/* dest
	rm tarballs/*
	for file in $patches; do
		[ -e "dest/$file" ] || skip "the archive has a newer revision than $file"
	done

	run fetch

	[ "$status" -eq 0 ]
}

@test "fetch: takes everything from the machine's package archive" {
	SLIPWAY_TARBALLS='' run deps/fetch.sh dest

	[ "$status" -eq 0 ]
	awk '!/^#/ && /orig/ { print $1 "  dest/" $3 }' deps/pins | sha256sum -c --quiet
	for package in musl libsodium libssh2; do [ -f "dest/$package.debian.tar.xz" ]; done
}
