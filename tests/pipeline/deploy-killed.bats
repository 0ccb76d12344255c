#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154
# slipway on two real hosts: killed in the middle of each of its steps. Whatever the moment, the live
# build stays complete, and the next deploy succeeds without a human.

load deploy

setup_file() { deploy_hosts_up; }
teardown_file() { deploy_hosts_down; }
setup() {
	deploy_setup
	deploy_first
	echo two >page.txt
}

# running STEP PID: the slipway of this test has begun to run remote/STEP.sh, or to push.
running() {
	case $1 in
	push) pgrep -P "$2" -f "rsync-push .*$root/builds/" >/dev/null ;;
	lock) compgen -G "$TMPDIR/*/lock.err" >/dev/null ;;
	*) compgen -G "$TMPDIR/*/$1.raw" >/dev/null ;;
	esac
}

# kill_in STEP SIGNAL: a deploy, killed when STEP begins. Sets status, output and build (its name).
kill_in() {
	local pid restart=none
	case $1 in
	prepare | migrate) hook "$1" 'sleep 20 && touch "$SLIPWAY_ROOT/late"' ;;
	activate) restart='command:[ "$(hostname)" = web1 ] || sleep 20' ;;
	esac
	slipway deploy --restart "$restart" >../log 2>&1 3>&- &
	pid=$!
	until running "$1" "$pid"; do
		# Missed: it was too quick.
		if ! kill -0 "$pid" 2>/dev/null; then
			first=$(live web1)
			slipway deploy --restart "$restart" >../log 2>&1 3>&- &
			pid=$!
		fi
	done
	kill -s "$2" "$pid"
	status=0
	wait "$pid" || status=$?
	output=$(cat ../log)
	build=$(sed -n 's/^slipway: build //p' ../log)
	rm -f deploy/hooks/*
}

# Every host's live build is complete.
expect_complete() {
	for host in web1 web2; do
		on "$host" "cd $root/current && test -e page.txt && test ! -e .incomplete && test ! -e .failed"
	done
}

expect_next_deploy_succeeds() {
	run slipway deploy
	expect_status 0
	expect_live "$(sed -n 's/^slipway: build //p' <<<"$output")"
	for host in web1 web2; do
		[ "$(on "$host" "cd $root; cat current/page.txt; ls -d builds/*/.incomplete 2>/dev/null")" = two ]
	done
}

# Nothing of the killed deploy is at work on this side.
nothing_runs() { ! pgrep -f "$TMPDIR" >/dev/null; }

expect_undone_by_term() {
	kill_in "$1" TERM

	expect_status 143
	nothing_runs
	[ -z "$(ls -A "$TMPDIR")" ]
	expect_live "$first"
	expect_next_deploy_succeeds
}

expect_survives_kill() {
	kill_in "$1" KILL

	expect_status 137
	await 5 nothing_runs
	expect_complete
	expect_next_deploy_succeeds
}

@test "slipway deploy: SIGTERM while it connects leaves all as it was" { expect_undone_by_term inspect; }
@test "slipway deploy: SIGTERM while it takes the lock leaves all as it was" { expect_undone_by_term lock; }
@test "slipway deploy: SIGTERM while it makes the build's folder leaves all as it was" { expect_undone_by_term begin; }
@test "slipway deploy: SIGTERM while it pushes leaves all as it was" { expect_undone_by_term push; }
@test "slipway deploy: SIGTERM while it prepares leaves all as it was" { expect_undone_by_term prepare; }
@test "slipway deploy: SIGTERM while it migrates leaves all as it was" { expect_undone_by_term migrate; }
@test "slipway deploy: SIGTERM while it goes live takes all back" { expect_undone_by_term activate; }

@test "slipway deploy: SIGTERM when all is live leaves the new build live" {
	kill_in finish TERM

	expect_status 143
	nothing_runs
	expect_live "$build"
	expect_next_deploy_succeeds
}

@test "slipway deploy: after SIGKILL while it connects, the next succeeds" { expect_survives_kill inspect; }
@test "slipway deploy: after SIGKILL while it takes the lock, the next succeeds" { expect_survives_kill lock; }
@test "slipway deploy: after SIGKILL while it makes the build's folder, the next succeeds" { expect_survives_kill begin; }
@test "slipway deploy: after SIGKILL while it pushes, the next succeeds" { expect_survives_kill push; }
@test "slipway deploy: after SIGKILL while it prepares, the next succeeds" { expect_survives_kill prepare; }
@test "slipway deploy: after SIGKILL while it migrates, the next succeeds" { expect_survives_kill migrate; }
@test "slipway deploy: after SIGKILL while it goes live, the next succeeds" { expect_survives_kill activate; }
@test "slipway deploy: after SIGKILL when all is live, the next succeeds" { expect_survives_kill finish; }

@test "slipway rollback: SIGTERM while it goes live takes all back, and spoils no build" {
	slipway deploy
	second=$(live web1)
	slipway rollback --restart 'command:sleep 1' >../log 2>&1 3>&- &
	pid=$!
	until running activate "$pid"; do kill -0 "$pid"; done
	kill -s TERM "$pid"

	wait "$pid" && status=0 || status=$?

	[ "$status" = 143 ]
	expect_live "$second"
	slipway rollback
	expect_live "$first"
}

@test "slipway deploy: a step that a killed deploy left at work is ended by the next" {
	kill_in prepare KILL

	expect_next_deploy_succeeds

	for host in web1 web2; do
		run ! on "$host" "pgrep -u deploy -f 'sleep 20'"
		run ! on "$host" "test -e $root/late"
	done
}
