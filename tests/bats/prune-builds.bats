#!/usr/bin/env bats
# shellcheck shell=bats disable=SC2016,SC2030,SC2031,SC2034,SC2154,SC2164
# SPDX-License-Identifier: MIT
# prune-builds.bats: what goes, what stays, whatever happens in between.
bats_require_minimum_version 1.5.0
load helper

setup() {
	cd "$BATS_TEST_TMPDIR"
	mkdir builds
	for i in {1..8}; do
		mkdir "builds/2026010100000$i"
		echo "$i" >"builds/2026010100000$i/file"
	done
}

teardown() {
	local pid mount
	touch stop # ends what runs beside a test
	for pid in "${users[@]}"; do kill "$pid" 2>/dev/null || true; done
	while read -r mount; do
		umount "$mount"
	done < <(findmnt -nro TARGET | grep -F "$BATS_TEST_TMPDIR/" || true)
}

users=()

builds() {
	find builds -mindepth 1 -maxdepth 1 -printf '%f\n' | LC_ALL=C sort | xargs
}

names() {
	printf '2026010100000%s\n' "$@" | xargs
}

env_of() { # env_of BUILD ENV: make the environment and the build's link to it
	mkdir -p "envs/$2"
	touch "envs/$2/pyvenv.cfg"
	ln -s "../../envs/$2" "builds/$1/env"
}

@test "prune-builds: keeps the newest five and prints the names of the others" {
	run "$bin/prune-builds" builds

	expect_status 0
	[ "$(xargs <<<"$output")" = "$(names 1 2 3)" ]
	[ "$(builds)" = "$(names 4 5 6 7 8)" ]
}

@test "prune-builds: --keep says how many" {
	run "$bin/prune-builds" --keep 2 builds

	expect_status 0
	[ "$(builds)" = "$(names 7 8)" ]
}

@test "prune-builds: --keep 0 keeps all complete builds" {
	touch builds/20260101000003/.incomplete

	run "$bin/prune-builds" --keep 0 builds

	expect_status 0
	[ "$output" = 20260101000003 ]
}

@test "prune-builds: goes by name, not by time" {
	touch -d 2040-01-01 builds/20260101000001
	touch -d 2001-01-01 builds/20260101000008

	run "$bin/prune-builds" --keep 1 builds

	expect_status 0
	[ "$(builds)" = "$(names 8)" ]
}

@test "prune-builds: keeps the build that current points to" {
	ln -s builds/20260101000002 current

	run "$bin/prune-builds" --keep 1 --protect current builds

	expect_status 0
	[ "$(builds)" = "$(names 2 8)" ]
}

@test "prune-builds: keeps what a protected link leads into, through other links" {
	mkdir builds/20260101000002/app
	ln -s builds/20260101000002/app live
	ln -s "$PWD/live" outer
	ln -s builds/20260101000004 previous

	run "$bin/prune-builds" --keep 1 --protect outer --protect previous builds

	expect_status 0
	[ "$(builds)" = "$(names 2 4 8)" ]
}

@test "prune-builds: a protected link may be missing, a dangling one is a warning" {
	ln -s builds/gone current

	run "$bin/prune-builds" --keep 1 --protect current --protect missing builds

	expect_status 0
	expect_match '^prune-builds: warning: current leads nowhere: '
	[ "$(builds)" = "$(names 8)" ]
}

@test "prune-builds: a protected link in a directory that is not there removes nothing" {
	run "$bin/prune-builds" --keep 1 --protect wrong/current builds

	expect_status 3
	[ "$(builds)" = "$(names 1 2 3 4 5 6 7 8)" ]
}

@test "prune-builds: keeps a build that a process works in" {
	(cd builds/20260101000002 && exec sleep 60) 3>&- &
	users+=($!)
	wait_for test "/proc/$!/cwd" -ef builds/20260101000002

	run "$bin/prune-builds" -v --keep 1 builds

	expect_status 0
	expect_line "prune-builds: keep 20260101000002: a process runs from it: ${users[0]}"
	[ "$(builds)" = "$(names 2 8)" ]
}

@test "prune-builds: keeps a build whose program runs" {
	cp "$(command -v sleep)" builds/20260101000003/worker
	builds/20260101000003/worker 60 3>&- &
	users+=($!)

	run "$bin/prune-builds" --keep 1 builds

	expect_status 0
	[ "$(builds)" = "$(names 3 8)" ]
}

@test "prune-builds: keeps a build of which a process maps a file" {
	/usr/bin/python3 -c 'import mmap, sys, time
f = open(sys.argv[1] + "/file", "rb")
m = mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ)
print(flush=True)
time.sleep(60)' builds/20260101000004 >ready 3>&- &
	users+=($!)
	wait_for test -s ready

	run "$bin/prune-builds" --keep 1 builds

	expect_status 0
	[ "$(builds)" = "$(names 4 8)" ]
}

@test "prune-builds: removes incomplete and failed builds, whatever their age" {
	touch builds/20260101000008/.incomplete builds/20260101000006/.failed

	run "$bin/prune-builds" --keep 2 builds

	expect_status 0
	[ "$(builds)" = "$(names 5 7)" ]
}

@test "prune-builds: --lock removes nothing while a deploy holds it" {
	touch builds/20260101000008/.incomplete
	mkfifo beat
	"$bin/deploy-lock" hold --token t --owner me lock <beat >token 3>&- &
	exec 9>beat
	wait_for grep -q t token

	run --separate-stderr "$bin/prune-builds" --keep 1 --lock lock builds
	expect_status 0
	[ "$output" = '' ]
	[ "$stderr" = 'prune-builds: warning: a deploy holds lock: nothing was removed' ]
	[ "$(builds)" = "$(names 1 2 3 4 5 6 7 8)" ]

	exec 9>&-
	wait $!
	run "$bin/prune-builds" --keep 1 --lock lock builds
	expect_status 0
	[ "$(builds)" = "$(names 7)" ]
	run "$bin/prune-builds" --keep 1 --lock none builds
	expect_status 0
}

@test "prune-builds: --active keeps an incomplete build" {
	touch builds/20260101000008/.incomplete

	run "$bin/prune-builds" --keep 1 --active 20260101000008 builds

	expect_status 0
	[ "$(builds)" = "$(names 7 8)" ]
}

@test "prune-builds: touches nothing whose name is not 14 digits" {
	mkdir builds/2026010100000 builds/202601010000011 builds/2026010100000x builds/.hidden
	touch builds/README

	run "$bin/prune-builds" --keep 1 builds

	expect_status 0
	[ "$(builds)" = \
		'.hidden 2026010100000 202601010000011 20260101000008 2026010100000x README' ]
}

@test "prune-builds: a link with a build's name is left alone and not followed" {
	mkdir precious
	touch precious/file
	ln -s ../precious builds/20250101000000

	run "$bin/prune-builds" --keep 1 builds

	expect_status 0
	expect_line 'prune-builds: warning: builds/20250101000000: no directory: left alone'
	[ -e precious/file ]
	[ -L builds/20250101000000 ]
}

@test "prune-builds: removes links in a build, not what they lead to" {
	mkdir precious
	touch precious/file
	ln -s "$PWD/precious" builds/20260101000001/uploads
	ln -s "$PWD/precious/file" builds/20260101000001/link

	run "$bin/prune-builds" --keep 1 builds

	expect_status 0
	[ -e precious/file ]
	[ "$(builds)" = "$(names 8)" ]
}

@test "prune-builds: files hard-linked into a kept build keep their content" {
	ln builds/20260101000001/file builds/20260101000008/shared
	before=$(stat -c '%Y %a' builds/20260101000008/shared)

	run "$bin/prune-builds" --keep 1 builds

	expect_status 0
	[ "$(cat builds/20260101000008/shared)" = 1 ]
	[ "$(stat -c '%Y %a' builds/20260101000008/shared)" = "$before" ]
}

@test "prune-builds: --dry-run prints the same names and removes nothing" {
	run "$bin/prune-builds" --dry-run --keep 2 builds

	expect_status 0
	[ "$(xargs <<<"$output")" = "$(names 1 2 3 4 5 6)" ]
	[ "$(builds)" = "$(names 1 2 3 4 5 6 7 8)" ]
}

@test "prune-builds: --json says what went, what stays and why" {
	ln -s builds/20260101000001 current

	run "$bin/prune-builds" --json --keep 1 --protect current builds

	expect_status 0
	[ "$(jq -r '.removed | join(" ")' <<<"$output")" = "$(names 2 3 4 5 6 7)" ]
	[ "$(jq -r '.kept[] | .name + " " + .why' <<<"$output" | head -n 1)" = \
		'20260101000001 a link leads to it' ]
	[ "$(jq -r '.dry_run, (.warnings|length)' <<<"$output" | xargs)" = 'false 0' ]
}

@test "prune-builds: takes up what a killed run left" {
	mkdir -p builds/.pruning-20250101000000/sub
	touch builds/.pruning-20250101000000/sub/file

	run "$bin/prune-builds" builds

	expect_status 0
	expect_line 20250101000000
	[ "$(builds)" = "$(names 4 5 6 7 8)" ]
}

@test "prune-builds: killed at any moment leaves whole builds and a next run that finishes" {
	for i in {1..7}; do
		mkdir -p "builds/2026010100000$i/d"{1..40}
		touch "builds/2026010100000$i/d"{1..40}/{1..25}
	done

	for ms in 2 5 10 20 40; do
		timeout -s KILL "0.0$(printf %02d "$ms")" "$bin/prune-builds" --keep 1 builds || true
		for build in builds/2026*; do
			if [ "$build" != builds/20260101000008 ]; then
				[ "$(find "$build" -type f | wc -l)" = 1001 ]
			fi
		done
	done
	run "$bin/prune-builds" --keep 1 builds

	expect_status 0
	[ "$(builds)" = "$(names 8)" ]
}

@test "prune-builds: removes read-only and very deep trees" {
	(cd builds/20260101000001 && for i in {1..300}; do mkdir d && cd d; done && touch file)
	mkdir builds/20260101000002/ro && touch builds/20260101000002/ro/file
	chmod -R a-w builds/20260101000002
	if [ "$(id -u)" != 0 ]; then skip 'not root'; fi
	chown -R 65534 builds
	ulimit -n 100

	run as_nobody prune-builds --keep 1 builds

	expect_status 0
	[ "$(builds)" = "$(names 8)" ]
}

@test "prune-builds: what belongs to another is a warning that names it, the rest goes" {
	if [ "$(id -u)" != 0 ]; then skip 'not root'; fi
	mkdir builds/20260101000001/uploads
	touch builds/20260101000001/uploads/{a,b}
	chown -R 65534 builds
	chown 0 builds/20260101000001/uploads

	run --separate-stderr as_nobody prune-builds --keep 1 builds

	expect_status 0
	[ "$(xargs <<<"$output")" = "$(names 2 3 4 5 6 7)" ]
	[ "$stderr" = 'prune-builds: warning: remove builds/.pruning-20260101000001/uploads/a: Permission denied (its directory belongs to root), and 1 more' ]
	[ "$(find builds/.pruning-20260101000001 -type f | wc -l)" = 2 ]

	run "$bin/prune-builds" --keep 1 builds
	[ "$(builds)" = "$(names 8)" ]
}

@test "prune-builds: never enters another file system" {
	mkdir -p precious builds/20260101000001/{bound,mounted}
	touch precious/file
	if ! mount --bind precious builds/20260101000001/bound; then skip 'no mount'; fi
	mount -t tmpfs none builds/20260101000001/mounted
	touch builds/20260101000001/mounted/file

	run "$bin/prune-builds" --keep 1 builds

	expect_status 0
	expect_line 'prune-builds: warning: remove builds/.pruning-20260101000001/bound: another file system is mounted there, and 1 more'
	[ -e precious/file ]
	[ -e builds/.pruning-20260101000001/mounted/file ]
}

@test "prune-builds: a build swapped for a link in between is not followed" {
	mkdir precious
	touch precious/file
	(exec 3>&-
	while [ ! -e stop ]; do
		mv builds/20260101000001 aside 2>/dev/null && ln -sfn ../precious builds/20260101000001
		rm -f builds/20260101000001 2>/dev/null
		[ -e aside ] && mv -T aside builds/20260101000001 2>/dev/null
	done) &

	for i in {1..30}; do
		mkdir -p builds/2026010100000{2,3,4}
		"$bin/prune-builds" --keep 1 builds >/dev/null 2>&1
	done
	touch stop
	wait

	[ -e precious/file ]
}

@test "prune-builds: removes environments that no build refers to" {
	env_of 20260101000007 old
	env_of 20260101000008 new
	mkdir -p envs/half envs/stray
	touch envs/half/.incomplete envs/stray/pyvenv.cfg

	run "$bin/prune-builds" --keep 1 --envs envs builds

	expect_status 0
	expect_line old
	expect_line half
	expect_line stray
	[ "$(ls -A envs)" = new ]
}

@test "prune-builds: keeps environments of protected builds, by name, and in use" {
	for i in 1 2 3 4 8; do env_of "2026010100000$i" "k$i"; done
	ln -s builds/20260101000001 current
	(cd envs/k3 && exec sleep 60) 3>&- &
	users+=($!)
	wait_for test "/proc/$!/cwd" -ef envs/k3

	run "$bin/prune-builds" --keep 1 --protect current --protect-env k2 --envs envs builds

	expect_status 0
	[ "$(echo envs/*)" = 'envs/k1 envs/k2 envs/k3 envs/k8' ]
}

@test "prune-builds: what is no environment stays in the directory of environments" {
	env_of 20260101000008 new
	mkdir envs/precious
	touch envs/precious/file

	run "$bin/prune-builds" --keep 1 --envs envs builds

	expect_status 0
	expect_line 'prune-builds: warning: envs/precious: no virtualenv: left alone'
	[ -e envs/precious/file ]
}

@test "prune-builds: does not take a build away that a rollback is going to" {
	ln -s builds/20260101000008 current

	for i in {1..40}; do
		mkdir -p builds/20260101000001
		"$bin/atomic-link" builds/20260101000008 current
		"$bin/prune-builds" --keep 1 --protect current builds >/dev/null 3>&- &
		"$bin/atomic-link" --builds builds --to 20260101000001 current 2>/dev/null || true
		wait
		[ -e current ] || return 1
	done
}

@test "prune-builds: refuses a directory that is not there" {
	run "$bin/prune-builds" nowhere

	expect_status 3
	[ "$output" = 'prune-builds: find nowhere: No such file or directory' ]
}

@test "prune-builds: refuses usage that makes no sense" {
	run "$bin/prune-builds"
	expect_status 2
	run "$bin/prune-builds" --keep -1 builds
	expect_status 2
	run "$bin/prune-builds" --keep five builds
	expect_status 2
	run "$bin/prune-builds" --active latest builds
	expect_status 2
	[ "$(builds)" = "$(names 1 2 3 4 5 6 7 8)" ]
}
