#!/usr/bin/env bats
# shellcheck shell=bats disable=SC2016,SC2030,SC2031,SC2034,SC2154,SC2164
# SPDX-License-Identifier: MIT
# deploy-lock.bats: one holder at a time, and no lock that outlives it.
bats_require_minimum_version 1.5.0
load helper

setup() {
	cd "$BATS_TEST_TMPDIR"
}

teardown() {
	local pid
	touch stop # ends what runs beside a test
	for pid in "${holders[@]}"; do kill -TERM "$pid" && kill -CONT "$pid"; done 2>/dev/null || true
}

holders=()

# hold NAME OPTION...: a holder in the background, its heartbeats from the FIFO NAME.beat, which stays
# open as descriptor $beat; its output in NAME.out, NAME.err, its exit status later in NAME.status.
# Returns when it has the lock. Sets holder to its process.
hold() {
	local name=$1
	shift
	mkfifo "$name.beat"
	"$bin/deploy-lock" hold "$@" lock <"$name.beat" >"$name.out" 2>"$name.err" 3>&- &
	holder=$!
	holders+=("$holder")
	exec {beat}>"$name.beat"
	wait_for test -s "$name.out"
}

# wait_holder: sets status to how it ended. (`run wait` would wait in another shell, whose child it is not.)
wait_holder() {
	status=0
	output=
	wait "$holder" || status=$?
}

let_go() {
	exec {beat}>&-
}

free() {
	run "$bin/deploy-lock" show lock
	[ "$status" = 1 ]
}

@test "deploy-lock: hold prints a token that check accepts" {
	hold a

	run "$bin/deploy-lock" check --token "$(cat a.out)" lock

	expect_status 0
	grep -qE '^[0-9a-f]{32}$' a.out
	let_go
}

@test "deploy-lock: check refuses another token" {
	hold a --owner alice

	run "$bin/deploy-lock" check --token other lock

	expect_status 1
	[ "$output" = 'deploy-lock: lock lock: it is no longer yours: alice' ]
	let_go
}

@test "deploy-lock: check refuses when nobody holds it" {
	run "$bin/deploy-lock" check --token other lock
	expect_status 1

	printf 'token: other\n' >lock
	run "$bin/deploy-lock" check --token other lock

	expect_status 1
	[ "$output" = 'deploy-lock: lock lock: nobody holds it' ]
}

@test "deploy-lock: hold takes the token it is given" {
	hold a --token deploy-42

	[ "$(cat a.out)" = deploy-42 ]
	run "$bin/deploy-lock" check --token deploy-42 lock
	expect_status 0
	let_go
}

@test "deploy-lock: hold refuses a token that could be taken for something else" {
	for token in '' -x 'a b' $'a\nb' a/b; do
		run "$bin/deploy-lock" hold --token="$token" lock </dev/null
		expect_status 2
	done
	[ ! -e lock ]
}

@test "deploy-lock: the end of standard input frees it, with status 0" {
	hold a
	let_go

	wait_holder

	expect_status 0
	free
	[ ! -s lock ]
}

@test "deploy-lock: a second hold says who has it, since when and from which job" {
	hold a --owner alice --url https://ci/job/1

	run "$bin/deploy-lock" hold lock < <(sleep 5)

	expect_status 1
	expect_match '^deploy-lock: lock lock: held by alice since 20[0-9-]+T[0-9:]+Z, https://ci/job/1, process [0-9]+ on '
	let_go
}

@test "deploy-lock: --wait takes over when the first lets go" {
	hold a --owner alice
	first=$beat
	mkfifo b.beat
	"$bin/deploy-lock" hold --wait 30 --token b lock <b.beat >b.out 2>b.err 3>&- {first}>&- &
	second=$!
	holders+=("$second")
	exec {beat}>b.beat
	wait_for grep -q 'waiting: lock lock: held by alice' b.err
	[ ! -s b.out ]

	exec {first}>&-
	wait_for test -s b.out

	run "$bin/deploy-lock" check --token b lock
	expect_status 0
	let_go
	wait "$second"
	[ "$(wc -l <b.err)" = 1 ]
}

@test "deploy-lock: --wait ends when its own owner is gone" {
	hold a --owner alice

	run timeout 10 "$bin/deploy-lock" hold --wait 30 lock < <(:)

	expect_status 1
	let_go
}

@test "deploy-lock: --wait gives up in the end" {
	hold a --owner alice

	run timeout 10 "$bin/deploy-lock" hold --wait 1 lock < <(sleep 9)

	expect_status 1
	expect_match 'held by alice'
	let_go
}

@test "deploy-lock: without a heartbeat the lease ends" {
	run timeout 10 "$bin/deploy-lock" hold --lease 1 lock < <(sleep 9)

	expect_status 1
	expect_line 'deploy-lock: lock lock: no heartbeat for 1 s'
	free
}

@test "deploy-lock: heartbeats keep it beyond the lease" {
	hold a --lease 2
	end=$((SECONDS + 4))
	while ((SECONDS < end)); do
		printf . >&"$beat"
		read -rt 0.2 <> <(:) || true
	done

	run "$bin/deploy-lock" check --token "$(cat a.out)" lock

	expect_status 0
	let_go
}

# stopped NAME: a holder with a lease of 1 s that is stopped, and silent for longer.
stopped() {
	hold "$1" --owner alice --lease 1 --token "$1"
	kill -STOP "$holder"
	wait_for bash -c '"$1" show lock | grep -qE "^silent: [2-9]$"' _ "$bin/deploy-lock"
}

@test "deploy-lock: hold ends a holder that is stopped beyond its lease, and says so" {
	stopped a

	run timeout 10 "$bin/deploy-lock" hold --token b lock < <(sleep 3)

	expect_status 0
	expect_line "deploy-lock: lock lock: process $holder of alice was stopped beyond its lease of 1 s: ended"
	expect_line b
	run ! kill -0 "$holder"
	let_go
}

@test "deploy-lock: hold leaves a stopped holder alone within its lease" {
	hold a --lease 60
	kill -STOP "$holder"

	run timeout 10 "$bin/deploy-lock" hold lock < <(sleep 5)

	expect_status 1
	expect_match 'held by'
	kill -CONT "$holder"
	run "$bin/deploy-lock" check --token "$(cat a.out)" lock
	expect_status 0
	let_go
}

@test "deploy-lock: a holder that was stopped for a while keeps its lock when nobody wanted it" {
	stopped a
	printf . >&"$beat"
	kill -CONT "$holder"

	wait_for bash -c '"$1" show lock | grep -qx "silent: 0"' _ "$bin/deploy-lock"

	run "$bin/deploy-lock" check --token a lock
	expect_status 0
	let_go
}

@test "deploy-lock: a holder that stirs while it is watched is not ended" {
	stopped a
	(sleep 0.8; printf . >&"$beat"; kill -CONT "$holder") 3>&- &

	run timeout 10 "$bin/deploy-lock" hold --lease 60 lock < <(sleep 3)

	expect_status 1
	expect_match 'held by alice'
	kill -0 "$holder"
	let_go
}

@test "deploy-lock: hold ends nobody whom a record names by mistake" {
	sleep 100 3>&- &
	innocent=$!
	holders+=("$innocent")
	stopped a
	for line in "s/^pid: .*/pid: $innocent/" 's/^started: .*/started: 1/' 's/^boot: .*/boot: x/'; do
		cp lock saved
		sed "$line" saved | dd of=lock conv=notrunc status=none

		run timeout 10 "$bin/deploy-lock" hold lock < <(sleep 5)

		expect_status 1
		expect_match 'held by alice'
		kill -0 "$holder" "$innocent"
		truncate -s 0 lock
		cat saved >>lock
	done
	let_go
}

@test "deploy-lock: kill -9 of the holder frees it at once" {
	hold a
	kill -KILL "$holder"
	wait_holder

	free
	run timeout 10 "$bin/deploy-lock" hold --token next lock </dev/null

	expect_status 0
	[ "$output" = next ]
	let_go
}

@test "deploy-lock: SIGTERM and SIGHUP free it and empty the file" {
	for signal in TERM HUP INT; do
		hold "$signal"
		kill "-$signal" "$holder"
		wait_holder
		expect_status 1
		free
		[ ! -s lock ]
		let_go
	done
}

@test "deploy-lock: hold lets go when nobody can read its token" {
	into_broken_pipe() {
		trap '' PIPE
		while echo 2>/dev/null; do :; done # until the reader is gone
		if "$bin/deploy-lock" hold lock < <(sleep 9); then echo 0 >status; else echo $? >status; fi
	}

	into_broken_pipe 2>err | true

	[ "$(cat status)" = 3 ]
	grep -q 'print the token: Broken pipe' err
	free
}

@test "deploy-lock: ten at once have one holder" {
	for i in {0..9}; do
		(exec 3>&-; "$bin/deploy-lock" hold lock < <(sleep 3) >>tokens 2>/dev/null || true) &
	done
	wait

	[ "$(wc -l <tokens)" = 1 ]
}

@test "deploy-lock: looking does not make a hold fail" {
	(while [ ! -e stop ]; do "$bin/deploy-lock" check --token x lock; done >/dev/null 2>&1) 3>&- &

	for i in {1..50}; do
		run "$bin/deploy-lock" hold --token t lock </dev/null
		[ "$status" = 0 ] || break
	done
	touch stop
	wait

	expect_status 0
}

@test "deploy-lock: show prints the holder, as lines and as JSON" {
	hold a --owner $'al\nice "x"' --url https://ci/1 --token t

	run "$bin/deploy-lock" show lock
	expect_status 0
	expect_line 'owner: al\x0aice "x"'
	expect_line 'url: https://ci/1'
	expect_line "pid: $holder"
	run "$bin/deploy-lock" show --json lock
	expect_status 0
	[ "$(jq -r '.held,.token,.url,.pid' <<<"$output" | xargs)" = "true t https://ci/1 $holder" ]
	let_go
}

@test "deploy-lock: show of a free lock says so and exits 1" {
	run "$bin/deploy-lock" show lock
	expect_status 1
	[ "$output" = free ]
	[ ! -e lock ]

	run "$bin/deploy-lock" show --json lock
	expect_status 1
	[ "$output" = '{"held":false}' ]
}

@test "deploy-lock: break ends the holder, whose token is void" {
	hold a --owner alice

	run "$bin/deploy-lock" break lock

	expect_status 0
	expect_match '^lock is free, it was held by alice since '
	run "$bin/deploy-lock" check --token "$(cat a.out)" lock
	expect_status 1
	wait_holder
	expect_status 1
	grep -q 'let go on signal 15' a.err
	let_go
}

@test "deploy-lock: break ends a holder that is stopped" {
	hold a
	kill -STOP "$holder"

	run "$bin/deploy-lock" break --grace 0 lock

	expect_status 0
	free
	let_go
}

@test "deploy-lock: break of a free lock is no error" {
	run "$bin/deploy-lock" break lock

	expect_status 0
	[ "$output" = 'lock was free' ]
}

@test "deploy-lock: break never signals a process that does not hold the file" {
	sleep 100 3>&- &
	innocent=$!
	holders+=("$innocent")
	printf 'token: x\npid: %s\n' "$innocent" >lock
	flock --no-fork lock sleep 100 3>&- &
	holders+=($!)
	wait_for bash -c '! flock -n lock true'

	run "$bin/deploy-lock" break lock

	expect_status 3
	expect_match "of process $innocent on this host: that process does not have it open"
	kill -0 "$innocent"
	[ "$(head -n 1 lock)" = 'token: x' ]
}

@test "deploy-lock: break by another user is refused" {
	if [ "$(id -u)" != 0 ]; then skip 'not root'; fi
	hold a

	run as_nobody deploy-lock break lock

	expect_status 3
	expect_match 'Permission denied'
	expect_line 'deploy-lock: hint: it belongs to another user; run as that user'
	run "$bin/deploy-lock" check --token "$(cat a.out)" lock
	expect_status 0
	let_go
}

@test "deploy-lock: refuses a link in the file's place" {
	echo precious >target
	ln -s target lock

	run "$bin/deploy-lock" hold lock </dev/null

	expect_status 3
	[ "$output" = 'deploy-lock: open lock lock: it is a symbolic link' ]
	[ "$(cat target)" = precious ]
}

@test "deploy-lock: refuses a directory and a FIFO" {
	mkdir d
	mkfifo f

	run timeout 10 "$bin/deploy-lock" hold d </dev/null
	expect_status 3
	run timeout 10 "$bin/deploy-lock" hold f </dev/null
	expect_status 3
}

@test "deploy-lock: a removed lock file voids its holder's token" {
	hold a --token a
	rm lock

	run "$bin/deploy-lock" hold --token b lock </dev/null
	expect_status 0
	run "$bin/deploy-lock" check --token a lock
	expect_status 1
	let_go
}

@test "deploy-lock: is not held on a full disk" {
	mkdir small
	if ! mount -t tmpfs -o size=16k none small; then skip 'no mount'; fi
	head -c 16k /dev/zero >small/fill 2>/dev/null || true

	run "$bin/deploy-lock" hold small/lock </dev/null
	umount small

	expect_status 3
	expect_match '^deploy-lock: write small/lock: No space left on device$'
}

@test "deploy-lock: closed standard descriptors are no other file" {
	run timeout 10 bash -c '"$1" hold --token t lock <&- ' _ "$bin/deploy-lock"
	expect_status 0
	[ "$output" = t ]

	run timeout 10 bash -c '"$1" hold --token t lock </dev/null >&- ' _ "$bin/deploy-lock"
	expect_status 3
	[ ! -s lock ]
}

@test "deploy-lock: junk in the file is no obstacle" {
	head -c 20000 /dev/urandom >lock

	run "$bin/deploy-lock" show lock
	expect_status 1
	run "$bin/deploy-lock" hold --token t lock </dev/null

	expect_status 0
	[ "$output" = t ]
	[ ! -s lock ]
}

@test "deploy-lock: refuses usage that makes no sense" {
	run "$bin/deploy-lock"
	expect_status 2
	run "$bin/deploy-lock" hodl lock
	expect_status 2
	expect_line 'deploy-lock: hint: did you mean hold?'
	run "$bin/deploy-lock" check lock
	expect_status 2
	run "$bin/deploy-lock" hold --lease 0 lock
	expect_status 2
	run "$bin/deploy-lock" show lock extra
	expect_status 2
}
