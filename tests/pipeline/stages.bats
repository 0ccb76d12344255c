#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2030,SC2031,SC2034,SC2154
# slipway on two real hosts: the stages of a deploy as commands, hosts in shards, the locks of a job.

load deploy

setup_file() { deploy_hosts_up; }
teardown_file() { deploy_hosts_down; }
setup() { deploy_setup; }

# What a job may have left, at the end of its container.
teardown() {
	cd "$BATS_TEST_TMPDIR/app" || return
	slipway unlock >/dev/null 2>&1 || :
}

# node I N: we are this container of a parallel job, in one workflow.
node() {
	export CIRCLE_NODE_INDEX=$1 CIRCLE_NODE_TOTAL=$2 CIRCLE_WORKFLOW_ID=5e1f-77
	export CIRCLE_BUILD_URL=https://ci.example/job/$1
}

# join: we are the job that waits for them.
join() {
	unset CIRCLE_NODE_INDEX CIRCLE_NODE_TOTAL
	export CIRCLE_BUILD_URL=https://ci.example/job/activate
}

# state_of HOST: the live build as it is, and the last two lines of the journal, whatever builds are
# called and whenever they were made.
state_of() {
	on "$1" "cd $root && ls -A && ls -A builds/*/.incomplete .slipway/names 2>/dev/null
		cd current/ && find . -printf '%p %y %m %u %g %n %l\n' | sort && cat page.txt && grep -v ^time REVISION
		tail -n 2 $root/.slipway/journal | sed -E 's/\"time\":\"[^\"]*\"/T/; s/[0-9]{14}/ID/g'"
}

@test "slipway stage, activate: end in the same state as a deploy, and so do single stages under one lock" {
	settings "project_root=$root" restart=none shared_paths=uploads/ keep_releases=2
	: >requirements.txt
	printf '%s\n' 'def app(environ, start_response):' '    start_response("200 OK", [])' '    return [b"one"]' >app.py
	unset SLIPWAY_TRY
	export SLIPWAY_TRY_SETTLE=0
	hook migrate 'touch ../../migrated'
	deploy_first
	slipway deploy
	expected=$(state_of web1)
	[ "$(state_of web2)" = "$(grep -vx migrated <<<"$expected")" ]

	run --separate-stderr slipway stage
	expect_status 0
	[[ $output =~ ^[0-9]{14}$ ]]
	[[ $(on web2 "head -n 1 $root/builds/$output/.incomplete") == 'staged '* ]]
	run slipway activate --build "$output"
	expect_status 0
	[ "$(state_of web1)" = "$expected" ]

	slipway lock
	build=$(slipway push)
	slipway prepare
	slipway try
	slipway migrate
	run slipway activate
	expect_status 0
	expect_line "the migration of $build is done already"
	slipway unlock
	expect_live "$build"
	[ "$(state_of web1)" = "$expected" ]
	[ -z "$(ls -A "$TMPDIR")" ]

	# It removes what activate would have kept.
	slipway prune --keep-releases 1
	[ "$(on web2 "ls $root/builds")" = "$build" ]
}

@test "slipway stage: two shards agree on a name; activate makes all of it live, the migration once" {
	hook migrate "echo \"\$SLIPWAY_RELEASE\" >>$root/migrations"
	deploy_first
	echo two >page.txt
	node 0 2
	run slipway stage
	expect_status 0
	expect_line 'slipway: shard 1/2: web1'
	[ "$(on web2 "ls $root/builds")" = "$first" ]

	join
	run slipway activate
	expect_status 6
	expect_line 'is not there'
	expect_line 'is not staged on every host: nothing was changed'
	expect_live "$first"

	node 1 2
	run --separate-stderr slipway stage
	expect_status 0
	build=$output
	[ "$(on web1 "head -n 1 $root/builds/$build/.incomplete | cut -c 1-7")" = 'staged ' ]

	join
	run slipway activate
	expect_status 0
	expect_live "$build"
	[ "$(on web1 "cat $root/current/page.txt")" = two ]
	[ "$(on web1 "cat $root/migrations")" = "$first"$'\n'"$build" ]
	on web1 "! ls $root/.slipway/names/* 2>/dev/null"

	# A rerun of that job.
	run slipway activate --build "$build"
	expect_status 0
	expect_line "$build is live already: nothing to do"
}

@test "slipway stage: a shard without hosts is none to wait for; a shard that is none is refused" {
	node 2 3
	run slipway stage
	expect_status 0
	expect_line 'nothing for shard 3/3: there are only 2 hosts'

	join
	run slipway stage --shard 3/2
	expect_status 2
	expect_line 'shard: "3/2" is not I/N'
}

@test "slipway stage: twice in one workflow is one build, from the second source" {
	node 0 1
	echo one >page.txt
	build=$(slipway stage)
	echo two >page.txt
	run --separate-stderr slipway stage
	expect_status 0
	[ "$output" = "$build" ]
	slipway activate
	expect_live "$build"
	[ "$(on web1 "cat $root/current/page.txt; ls $root/builds")" = two$'\n'"$build" ]
}

@test "slipway activate: is refused when another deploy went live in between; no deploy prunes what may go live" {
	deploy_first
	older=$(slipway stage)
	newer=$(slipway stage)
	[ "$(on web1 "ls $root/builds")" = "$first"$'\n'"$older"$'\n'"$newer" ]

	slipway activate --build "$newer"
	run slipway activate --build "$older"

	expect_status 6
	expect_line "builds/$older is not there"
	expect_line 'hint: stage again: run the workflow from its start'
	expect_live "$newer"

	staged=$(slipway stage)
	slipway rollback
	run slipway activate --build "$staged"
	expect_status 6
	expect_line 'another deploy or rollback has gone live since'
	expect_live "$first"
}

@test "slipway activate: a host that fails takes all back, and the build is failed" {
	deploy_first
	hook healthcheck "[ \$(hostname) != web2 ]"
	staged=$(slipway stage)

	run slipway activate --build "$staged" --health-retries 1

	expect_status 6
	expect_line "slipway: web1: restored: $first"
	expect_line "slipway: web2: restored: $first"
	expect_live "$first"
	[ "$(on web1 "cat $root/builds/$staged/.failed")" = 'not healthy on every host' ]
	run slipway activate --build "$staged"
	expect_status 6
	expect_line "builds/$staged has failed: not healthy on every host"
}

@test "slipway push, prepare, try: each with a lock of its own, in their order, and what fails is failed" {
	export SLIPWAY_TRY=import
	printf '%s\n' 'def app(environ, start_response):' '    start_response("500 Bad", [])' '    return [b""]' >app.py
	build=$(slipway push)
	run slipway try --build "$build"
	expect_status 6
	expect_line "builds/$build is not prepared"
	run slipway activate --build "$build"
	expect_status 6
	expect_line "builds/$build is not staged"
	slipway prepare --build "$build"
	run slipway activate --build "$build"
	expect_status 6
	run slipway try --build "$build" --try-settle 0
	expect_status 6
	expect_line "builds/$build was not found good on web1, web2"
	[ "$(on web1 "cat $root/builds/$build/.failed")" = 'given up before it was live: try' ]
	on web1 "! ls $root/current 2>/dev/null"
	run slipway prepare
	expect_status 2
	expect_line 'which build?'
}

# The processes that keep the locks of this job.
holders() { sed 's/-.*//' "$TMPDIR"/slipway-*/*/holder; }

@test "slipway lock: keeps others out, who hear of the job; unlock lets go" {
	export CIRCLE_BUILD_URL=https://ci.example/job/41
	slipway lock
	kept=$(holders)
	run slipway lock
	expect_status 0
	expect_line 'this job has the locks already'

	CIRCLE_BUILD_URL=https://ci.example/job/42 run slipway deploy --lock-wait 0
	expect_status 6
	expect_line 'web1: locked: held by'
	expect_line 'https://ci.example/job/41'

	run slipway deploy
	expect_status 0
	run slipway unlock
	expect_status 0
	# Dead, though perhaps nobody has asked yet how it ended.
	for process in $kept; do [[ $(ps -o stat= -p "$process") != [!Z]* ]]; done
	CIRCLE_BUILD_URL=https://ci.example/job/42 slipway deploy --lock-wait 0
	[ -z "$(ls -A "$TMPDIR")" ]
}

@test "slipway lock: does not keep a step from ending, and ends by itself after lock_hold" {
	timeout 60 bash -c 'slipway lock 2>&1 | cat >/dev/null'
	for process in $(holders); do
		[ "$(ps -o sid= -p "$process" | tr -d ' ')" = "$process" ]
	done
	[ "$(stat -c %a "$TMPDIR"/slipway-*)" = 700 ]
	slipway unlock

	slipway lock --lock-hold 1
	ended() { ls "$TMPDIR"/slipway-*/*/ended >/dev/null 2>&1; }
	await 60 ended
	run slipway deploy

	expect_status 6
	expect_line 'this job has lost its locks: lock_hold is over: nothing was changed'
	on web1 "! ls $root/builds/* 2>/dev/null"
	run slipway unlock
	expect_status 0
	expect_line 'this job had lost its locks'
	slipway deploy
}

@test "slipway lock: when its holder was killed, later commands say so and take no new lock" {
	slipway lock
	build=$(slipway push)
	read -r beat connection <<<"$(holders | paste -s -d ' ')"
	kill -KILL "$connection"
	await 20 bash -c "[[ \$(ps -o stat= -p $connection) != [!Z]* ]]"

	for command in prepare activate deploy; do
		run slipway "$command"
		expect_status 6
		expect_line 'this job has lost its locks: their holder was killed'
	done
	[ "$(on web1 "ls $root/builds; ls $root/current 2>/dev/null")" = "$build" ]
	run slipway status
	expect_line free
}

@test "slipway lock: a command that is killed leaves nothing at work, and the job goes on" {
	seconds=$((1000 + RANDOM))
	hook prepare "touch ../../preparing; sleep $seconds"
	slipway lock
	slipway push
	slipway prepare 3>&- &
	victim=$!
	await 30 on web1 "ls $root/preparing 2>/dev/null"
	kill -KILL "$victim"
	wait "$victim" || :

	hook prepare true
	build=$(slipway push)
	on web1 "! pgrep -f '[s]leep $seconds'"
	slipway prepare
	slipway activate
	expect_live "$build"
}

@test "slipway lock: a shard is enough for its stages, and for nothing that is for all hosts" {
	node 1 2
	slipway lock
	build=$(slipway push)
	slipway prepare
	for command in activate deploy migrate; do
		run slipway "$command"
		expect_status 2
		expect_line "$command: is for all hosts, and this job has locked only shard 2/2"
	done
	[ "$(on web2 "ls $root/builds")" = "$build" ]
	run on web1 "ls -d $root/builds/*"
	[ "$status" != 0 ]
}

@test "slipway deploy: a commit that is live and well on every host is nothing to do, in CI" {
	export CIRCLE_SHA1=3f9c0123456789abcdef0123456789abcdef0123
	deploy_first
	run slipway deploy
	expect_status 0
	expect_line "$CIRCLE_SHA1 is live already as $first: nothing to do"
	expect_live "$first"

	run slipway deploy --health-url http://127.0.0.1:9/ --health-retries 1
	expect_status 6
	expect_line 'is not healthy on'
	run slipway deploy --redeploy
	expect_status 0
	[ "$(live web1)" != "$first" ]
	CIRCLE_SHA1=$(tr 0-9 1-90 <<<"$CIRCLE_SHA1") run slipway deploy
	expect_line 'is live on web1, web2'
	unset CIRCLE_SHA1
	run slipway deploy
	expect_line 'is live on web1, web2'
}

@test "slipway run: in the live build of every host, output by host, the status of the worst" {
	run slipway run true
	expect_status 6
	expect_line 'web1 | slipway: nothing is live here'
	deploy_first

	run --separate-stderr slipway run -- printf '%s\n' 'a  b' "it's"
	expect_status 0
	[ "$(sort <<<"$output")" = $'web1 | a  b\nweb1 | it\'s\nweb2 | a  b\nweb2 | it\'s' ]
	# shellcheck disable=SC2016
	run --separate-stderr slipway run 'cat page.txt; basename "$PWD"; [ "$(hostname)" = web1 ]'
	expect_status 6
	[ "$(grep web2 <<<"$output")" = $'web2 | one\nweb2 | '"$first" ]
	grep -q '^remote-run: web2: .*exit status 1' <<<"$stderr"
	run slipway run
	expect_status 2
}
