#!/usr/bin/env bats
# shellcheck shell=bats disable=SC2016,SC2030,SC2031,SC2034,SC2154,SC2164
# SPDX-License-Identifier: MIT
# atomic-link.bats: one link, flipped in one step or left alone.
bats_require_minimum_version 1.5.0
load helper

setup() {
	cd "$BATS_TEST_TMPDIR"
	mkdir -p builds/2026010100000{1,2,3,4}
}

teardown() {
	touch stop # ends what runs beside a test
}

# Every file name here but builds: nothing may be left over.
others() {
	find . -mindepth 1 -maxdepth 1 ! -name builds -printf '%f\n'
}

@test "atomic-link: creates a link" {
	run "$bin/atomic-link" builds/20260101000001 current

	expect_status 0
	[ "$output" = '' ]
	[ "$(readlink current)" = builds/20260101000001 ]
	[ "$(others)" = current ]
}

@test "atomic-link: replaces an existing link" {
	ln -s builds/20260101000001 current

	run "$bin/atomic-link" builds/20260101000002 current

	expect_status 0
	[ "$(readlink current)" = builds/20260101000002 ]
	[ "$(others)" = current ]
}

@test "atomic-link: replaces a link that leads nowhere" {
	ln -s builds/gone current

	run "$bin/atomic-link" builds/20260101000002 current

	expect_status 0
	[ "$(readlink current)" = builds/20260101000002 ]
}

@test "atomic-link: never follows the link that it replaces" {
	ln -s builds/20260101000001 current

	run "$bin/atomic-link" builds/20260101000002 current

	expect_status 0
	[ -z "$(ls -A builds/20260101000001)" ]
}

@test "atomic-link: makes the link relative when target and link share a root" {
	mkdir -p envs/k

	run "$bin/atomic-link" "$PWD/envs/k" builds/20260101000001/env

	expect_status 0
	[ "$(readlink builds/20260101000001/env)" = ../../envs/k ]
}

@test "atomic-link: keeps the link absolute when only / is shared" {
	run "$bin/atomic-link" /etc etc

	expect_status 0
	[ "$(readlink etc)" = /etc ]
}

@test "atomic-link: takes names with spaces and line breaks" {
	mkdir -p 'my app/builds/20260101000001'

	run "$bin/atomic-link" 'my app/builds/20260101000001' $'my app/cur\nrent'

	expect_status 0
	[ "$(readlink $'my app/cur\nrent')" = builds/20260101000001 ]
}

@test "atomic-link: refuses a target that is not there" {
	ln -s builds/20260101000001 current

	run "$bin/atomic-link" builds/20260101000009 current

	expect_status 3
	[ "$output" = 'atomic-link: target builds/20260101000009: No such file or directory' ]
	[ "$(readlink current)" = builds/20260101000001 ]
}

@test "atomic-link: refuses an incomplete target" {
	ln -s builds/20260101000001 current
	touch builds/20260101000002/.incomplete

	run "$bin/atomic-link" builds/20260101000002 current

	expect_status 3
	[ "$output" = 'atomic-link: target builds/20260101000002: it is marked .incomplete' ]
	[ "$(readlink current)" = builds/20260101000001 ]
}

@test "atomic-link: refuses a failed target" {
	ln -s builds/20260101000001 current
	touch builds/20260101000002/.failed

	run "$bin/atomic-link" builds/20260101000002 current

	expect_status 3
	[ "$(readlink current)" = builds/20260101000001 ]
}

@test "atomic-link: refuses a directory in the link's place" {
	mkdir current

	run "$bin/atomic-link" builds/20260101000001 current

	expect_status 3
	[ "${lines[0]}" = 'atomic-link: replace current: it is a directory, not a symbolic link' ]
	[ -z "$(ls -A current)" ]
}

@test "atomic-link: refuses a file in the link's place" {
	echo precious >current

	run "$bin/atomic-link" builds/20260101000001 current

	expect_status 3
	[ "$(cat current)" = precious ]
}

@test "atomic-link: refuses a link in a directory that is not there" {
	run "$bin/atomic-link" builds/20260101000001 nowhere/current

	expect_status 3
	expect_match '^atomic-link: open directory nowhere/: No such file'
}

@test "atomic-link: says what it did with -v" {
	ln -s builds/20260101000001 current

	run --separate-stderr "$bin/atomic-link" -v builds/20260101000002 current

	expect_status 0
	[ "$output" = '' ]
	[ "$stderr" = 'atomic-link: current -> builds/20260101000002 (was builds/20260101000001)' ]
}

@test "atomic-link: prints JSON" {
	ln -s builds/20260101000001 current

	run "$bin/atomic-link" --json builds/20260101000002 current

	expect_status 0
	[ "$(jq -r '.previous + " " + .target + " " + (.changed|tostring)' <<<"$output")" = \
		'builds/20260101000001 builds/20260101000002 true' ]
}

@test "atomic-link: changes nothing when the link is right already" {
	ln -s builds/20260101000001 current
	before=$(stat -c %i current)

	run "$bin/atomic-link" --json builds/20260101000001 current

	expect_status 0
	[ "$(jq .changed <<<"$output")" = false ]
	[ "$(stat -c %i current)" = "$before" ]
}

@test "atomic-link: --expect takes a build's name, the link's text, a path" {
	for expect in 20260101000001 builds/20260101000001 "$PWD/builds/20260101000001"; do
		ln -sfn builds/20260101000001 current

		run "$bin/atomic-link" --expect "$expect" builds/20260101000002 current

		expect_status 0
		[ "$(readlink current)" = builds/20260101000002 ]
	done
}

@test "atomic-link: --expect leaves the link alone when it is something else" {
	ln -s builds/20260101000003 current

	run "$bin/atomic-link" --expect 20260101000001 builds/20260101000002 current

	expect_status 1
	[ "$output" = 'atomic-link: link current: it is builds/20260101000003, expected 20260101000001' ]
	[ "$(readlink current)" = builds/20260101000003 ]
}

@test "atomic-link: --expect none wants no link there" {
	run "$bin/atomic-link" --expect none builds/20260101000001 current
	expect_status 0

	run "$bin/atomic-link" --expect none builds/20260101000002 current
	expect_status 1

	run "$bin/atomic-link" --expect '' builds/20260101000002 current
	expect_status 1
	[ "$(readlink current)" = builds/20260101000001 ]
}

@test "atomic-link: a hundred at once that expect the same have one winner" {
	ln -s builds/20260101000001 current
	for i in {100..199}; do mkdir "builds/20260202000$i"; done

	for i in {100..199}; do
		(if "$bin/atomic-link" --expect 20260101000001 "builds/20260202000$i" current 2>/dev/null; then
			echo "$i" >>winners
		fi) &
	done
	wait

	[ "$(wc -l <winners)" = 1 ]
	[ "$(readlink current)" = "builds/20260202000$(cat winners)" ]
	[ "$(others | sort | xargs)" = 'current winners' ]
}

@test "atomic-link: current is never missing while it is flipped" {
	ln -s builds/20260101000001 current
	touch builds/2026010100000{1,2}/here
	(while [ ! -e stop ]; do [ -e current/here ] || echo missing >>failures; done) &

	for i in {1..100}; do
		"$bin/atomic-link" "builds/2026010100000$((i % 2 + 1))" current
	done
	touch stop
	wait

	[ ! -e failures ]
}

@test "atomic-link: is not led astray by a temporary link that a killed run left" {
	ln -s builds/20260101000001 current
	ln -s builds/20260101000003 .current.atomic-link-1-1

	run "$bin/atomic-link" builds/20260101000002 current

	expect_status 0
	[ "$(readlink current)" = builds/20260101000002 ]
	[ -z "$(ls -A builds/20260101000003)" ]
	[ "$(others)" = current ]
}

@test "atomic-link: --sync makes the target durable before and the link after" {
	if ! command -v strace >/dev/null; then skip 'no strace'; fi
	ln -s builds/20260101000001 current

	run strace -o trace -e trace=syncfs,fsync,renameat,renameat2,rename \
		"$bin/atomic-link" --sync builds/20260101000002 current

	expect_status 0
	[ "$(grep -oE '^[a-z]+' trace | xargs)" = 'syncfs fsync renameat fsync' ] ||
		[ "$(grep -oE '^[a-z]+' trace | xargs)" = 'syncfs fsync rename fsync' ]
}

@test "atomic-link: --previous goes one back each time, then says there is none" {
	ln -s builds/20260101000004 current
	touch builds/20260101000003/.failed

	run "$bin/atomic-link" --builds builds --previous current
	expect_status 0
	[ "$(readlink current)" = builds/20260101000002 ]
	run "$bin/atomic-link" --builds builds --previous current
	expect_status 0
	[ "$(readlink current)" = builds/20260101000001 ]

	run "$bin/atomic-link" --builds builds --previous current

	expect_status 1
	[ "$output" = 'atomic-link: complete build older than 20260101000001 in builds: there is none' ]
	[ "$(readlink current)" = builds/20260101000001 ]
}

@test "atomic-link: --previous goes by name, not by time" {
	ln -s builds/20260101000004 current
	touch -d 2030-01-01 builds/20260101000001
	touch -d 2001-01-01 builds/20260101000003

	run "$bin/atomic-link" --builds builds --previous current

	expect_status 0
	[ "$(readlink current)" = builds/20260101000003 ]
}

@test "atomic-link: --previous passes over incomplete builds, links and foreign folders" {
	ln -s builds/20260101000004 current
	touch builds/20260101000003/.incomplete
	rmdir builds/20260101000002
	ln -s 20260101000001 builds/20260101000002
	mkdir builds/2026010100000 builds/2026010100000x

	run "$bin/atomic-link" --builds builds --previous current

	expect_status 0
	[ "$(readlink current)" = builds/20260101000001 ]
}

@test "atomic-link: --print-previous only prints" {
	ln -s builds/20260101000004 current

	run "$bin/atomic-link" --builds builds --print-previous current

	expect_status 0
	[ "$output" = 20260101000003 ]
	[ "$(readlink current)" = builds/20260101000004 ]
}

@test "atomic-link: --previous refuses a link that leads elsewhere" {
	mkdir other
	ln -s other current

	run "$bin/atomic-link" --builds builds --previous current

	expect_status 3
	[ "$output" = 'atomic-link: link current into builds: it does not lead to a build' ]
	[ "$(readlink current)" = other ]
}

@test "atomic-link: --to goes to the build named" {
	ln -s builds/20260101000001 current

	run "$bin/atomic-link" --builds builds --to 20260101000003 current

	expect_status 0
	[ "$(readlink current)" = builds/20260101000003 ]
}

@test "atomic-link: --to refuses a build that is missing, incomplete or none" {
	ln -s builds/20260101000001 current
	touch builds/20260101000002/.incomplete

	run "$bin/atomic-link" --builds builds --to 20260101000009 current
	expect_status 3
	[ "$output" = 'atomic-link: build 20260101000009 in builds: there is no such build' ]
	run "$bin/atomic-link" --builds builds --to 20260101000002 current
	expect_status 3
	run "$bin/atomic-link" --builds builds --to ../etc current
	expect_status 2

	[ "$(readlink current)" = builds/20260101000001 ]
}

@test "atomic-link: refuses operands and options that make no sense" {
	run "$bin/atomic-link" builds/20260101000001
	expect_status 2
	run "$bin/atomic-link" --previous current
	expect_status 2
	run "$bin/atomic-link" --builds builds --previous --to 20260101000001 current
	expect_status 2
	run "$bin/atomic-link" --expct x a b
	expect_status 2
	expect_line 'atomic-link: hint: did you mean --expect?'
}

@test "atomic-link: leaves the link alone on a full disk" {
	mkdir small
	if ! mount -t tmpfs -o size=64k,nr_inodes=6 none small; then skip 'no mount'; fi
	mkdir small/b1 small/b2
	ln -s b1 small/current
	until ! mkdir "small/fill$((n++))" 2>/dev/null; do :; done

	run "$bin/atomic-link" small/b2 small/current
	now=$(readlink small/current)
	umount small

	expect_status 3
	expect_match '^atomic-link: create link .*: No space left on device$'
	[ "$now" = b1 ]
}

@test "atomic-link: says so when the directory may not be written" {
	ln -s builds/20260101000001 current
	if [ "$(id -u)" != 0 ]; then skip 'not root'; fi

	run as_nobody atomic-link builds/20260101000002 current

	expect_status 3
	[ "$(readlink current)" = builds/20260101000001 ]
}

@test "atomic-link: a full standard output is an error" {
	run bash -c '"$1" --json builds/20260101000001 current >/dev/full' _ "$bin/atomic-link"

	expect_status 3
	expect_match '^atomic-link: write standard output: '
}
