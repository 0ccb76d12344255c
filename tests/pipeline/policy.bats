#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2016,SC2154
# slipway on two real hosts: all or nothing. What one bad host means for the others, at each stage; how
# batches, spare hosts, retries, migrations and the team's own hooks behave.

load deploy

setup_file() { deploy_hosts_up; }
teardown_file() { deploy_hosts_down; }
setup() { deploy_setup; }

# ---- before any host is live: one bad host, and nothing has changed anywhere ----

# What a user of HOST could notice: the live link, and the builds that look complete.
visible() {
	on "$1" "cd $root && readlink current && for b in builds/*; do
		[ -e \$b/.failed ] || [ -e \$b/.incomplete ] || echo \$b; done"
}

# expect_nothing_changed STATUS LINE [ARGUMENT...]: a deploy fails so, and both hosts are as they were.
expect_nothing_changed() {
	local before status_wanted=$1 line=$2
	before=$(visible web1; visible web2)
	echo two >page.txt
	shift 2

	run slipway deploy "$@"

	expect_status "$status_wanted"
	expect_line "$line"
	[ "$(visible web1; visible web2)" = "$before" ]
}

@test "slipway deploy: one host that cannot be reached stops all before anything has changed" {
	deploy_first
	sed -i "s/^web2 .*/& ansible_port=2/" deploy/hosts

	expect_nothing_changed 4 'not every host can be deployed to: nothing was changed'
}

@test "slipway deploy: one host whose lock cannot be taken stops all before anything has changed" {
	deploy_first
	on web2 "chmod 0 $root/.slipway/lock"

	expect_nothing_changed 6 'the deploy lock could not be taken'
}

@test "slipway deploy: one host whose disk is full stops all before anything has changed" {
	root=$root/small
	"$lab" small-disk web2 "${root%/small}" 8
	on web1 "mkdir -p $root"
	settings "project_root=$root" requirements_file=none restart=none
	deploy_first
	head -c 12000000 /dev/zero >big.bin

	expect_nothing_changed 6 'the build did not reach every host'
}

@test "slipway deploy: one host that cannot prepare stops all before anything has changed" {
	deploy_first
	hook prepare '[ "$(hostname)" = web1 ]'

	expect_nothing_changed 6 'the build could not be prepared on every host'
}

@test "slipway deploy: one host on which the release does not start stops all before anything has changed" {
	deploy_first
	printf '%s\n' 'import socket' 'assert socket.gethostname() != "web2", "not here"' \
		'def app(environ, start_response):' '    start_response("200 OK", [])' '    return [b""]' >app.py

	SLIPWAY_TRY='' expect_nothing_changed 6 'not here' --try import --wsgi app:app
}

# ---- in activation: one bad host takes all back ----

@test "slipway deploy: a host that fails takes all back at once, whatever the others are at" {
	sed -i 's/restart=.*/restart=command:[ ! -e current\/bad ] || { [ "$(hostname)" = web1 ] \&\& sleep 30 \&\& touch late; }/' deploy/settings
	deploy_first
	touch bad

	run slipway deploy

	expect_status 6
	expect_line 'remote-run: web1: after web2 failed: stopped'
	expect_line 'is not healthy on web2'
	expect_line "slipway: web1: restored: $first"
	expect_line "slipway: web2: restored: $first"
	expect_line 'slipway: stage back: '
	# From the moment a bad host is found to all restored.
	grep -E '^slipway: stage back: [0-9]+\.[0-9] s$' <<<"$output" | sed 's/^/# /' >&3
	expect_live "$first"
	run ! on web1 "pgrep -u deploy -f 'sleep 30'"
	run ! on web1 "test -e $root/late"
}

# lose_lock HOST LINE: a restart that on HOST loses the lock, runs LINE, and fails; of a bad build alone.
lose_lock() {
	sed -i '/^restart=/d' deploy/settings
	printf 'restart=command:[ ! -e current/bad ] || [ $(hostname) != %s ] || { %s; %s; exit 1; }\n' \
		"$1" "pkill -f '[d]eploy-lock hold.*$root/'" "$2" >>deploy/settings
}

@test "slipway deploy: a host that lost its lock goes back too" {
	deploy_first
	lose_lock web2 true
	touch bad

	run slipway deploy

	expect_status 6
	expect_line "slipway: web1: restored: $first"
	expect_line "slipway: web2: restored: $first"
	expect_live "$first"
	rm bad
	run slipway deploy
	expect_status 0
}

@test "slipway deploy: a host whose lock somebody has broken is left alone, and named" {
	deploy_first
	lose_lock web2 'rm .slipway/run/token' # as slipway unlock does
	touch bad

	run slipway deploy

	expect_status 6
	build=$(sed -n 's/^slipway: build //p' <<<"$output")
	expect_line 'the deploy lock is not ours any more: nothing was changed'
	expect_line "slipway: web1: restored: $first"
	expect_line "slipway: web2: new: builds/$build is still live: finish with: slipway rollback --to $first"
	[ "$(live web2)" = "$build" ]
	slipway rollback --to "$first"
	expect_live "$first"
}

# ---- batches ----

@test "slipway deploy: --serial goes host by host, with a pause" {
	sed -i 's/restart=.*/restart=command:date +%s%N >>times/' deploy/settings

	run slipway deploy --serial 50% --serial-pause 1

	expect_status 0
	expect_live "$(sed -n 's/^slipway: build //p' <<<"$output")"
	[ "$(grep -E '^slipway: live on' <<<"$output")" = $'slipway: live on web1\nslipway: live on web2' ]
	[ "$(on web2 "cat $root/times")" -ge "$(($(on web1 "cat $root/times") + 1000000000))" ]
}

@test "slipway deploy: --serial ends at the first batch that fails, and takes the earlier ones back" {
	sed -i 's/restart=.*/restart=command:echo >>restarts; [ "$(cat current\/bad 2>\/dev\/null)" != "$(hostname)" ]/' deploy/settings
	deploy_first
	echo web1 >bad
	run slipway deploy --serial 1
	expect_status 6
	expect_line 'is not healthy on web1'
	expect_live "$first"
	[ "$(on web2 "wc -l <$root/restarts")" = 1 ]

	echo web2 >bad
	run slipway deploy --serial 1
	expect_status 6
	expect_line 'slipway: live on web1'
	expect_line 'is not healthy on web2'
	expect_line "slipway: web1: restored: $first"
	expect_live "$first"
	[ "$(on web2 "wc -l <$root/restarts")" = 3 ]

	run slipway deploy --serial 0
	expect_status 2
}

# ---- hosts that may be spared ----

@test "slipway deploy: --min-hosts leaves out a host that is down; the next status tells, the next deploy mends" {
	deploy_first
	"$lab" cut web2

	run slipway deploy --min-hosts 1 --connect-timeout 3

	"$lab" mend web2
	expect_status 0
	build=$(sed -n 's/^slipway: build //p' <<<"$output")
	expect_line "slipway: $build is live on web1"
	grep -q '^slipway: warning: web2 is left out: connect' <<<"$output"
	grep -q '^slipway: warning: left out: web2: connect' <<<"$output"
	expect_line 'brings all hosts to the same build: slipway deploy'
	[ "$(live web1) $(live web2)" = "$build $first" ]

	run slipway status
	expect_status 1
	expect_line 'hosts differ in what is live'
	run slipway deploy --min-hosts 1
	expect_status 0
	run ! grep -q 'left out' <<<"$output"
	run slipway status
	expect_status 0
}

@test "slipway deploy: --min-hosts leaves out hosts that fail at any stage before one is live, but none after" {
	deploy_first
	hook prepare '[ "$(hostname)" = web1 ]'

	run slipway deploy --min-hosts 2
	expect_status 6
	expect_line '1 would be left, and min_hosts is 2'
	expect_live "$first"

	run slipway deploy --min-hosts 1
	expect_status 0
	expect_line 'slipway: warning: web2 is left out: hooks/prepare: exit status 1'
	[ "$(live web2)" = "$first" ]
	second=$(live web1)

	rm deploy/hooks/prepare
	on web2 "chmod 0 $root/.slipway/lock"
	run slipway deploy --min-hosts 1
	expect_status 0
	grep -q '^slipway: warning: web2 is left out' <<<"$output"
	on web2 "chmod 644 $root/.slipway/lock"
	third=$(live web1)
	[ "$third" != "$second" ]

	run slipway deploy --min-hosts 1 --restart 'command:[ "$(hostname)" = web1 ]'
	expect_status 6
	[ "$(live web1) $(live web2)" = "$third $first" ]

	run slipway deploy --min-hosts 3
	expect_status 2
	expect_line 'min_hosts: 3, and there are 2 hosts'
}

@test "slipway rollback: --min-hosts goes back where it can" {
	deploy_first
	slipway deploy
	second=$(live web1)
	cp deploy/hosts ../hosts
	sed -i "s/^web2 .*/& ansible_port=2/" deploy/hosts

	run slipway rollback
	expect_status 4
	[ "$(live web1)" = "$second" ]
	run slipway rollback --min-hosts 1
	expect_status 0
	expect_line "brings all hosts to the same build: slipway rollback --to $first"
	[ "$(live web1) $(live web2)" = "$first $second" ]

	cp ../hosts deploy/hosts
	slipway rollback --to "$first"
	expect_live "$first"
}

# ---- retries ----

@test "slipway deploy: after a failure only what is missing is done again" {
	deploy_first
	sed -i '/requirements_file/d' deploy/settings
	echo 'tallymark==1.0.0' >requirements.txt
	mkdir many
	for n in $(seq 200); do echo "$n" >"many/$n"; done
	head -c 3000000 /dev/urandom >big.bin
	hook prepare '[ "$(hostname)" = web1 ] || [ -e "$SLIPWAY_ROOT/well" ]'
	run slipway deploy
	expect_status 6
	expect_line 'making the environment'
	failed=$(sed -n 's/^slipway: build //p' <<<"$output")
	[ "$(grep -Ec 'rsync-push: web[12]: .* \((2\.9|3\.0|2\.[0-9]+) M' <<<"$output")" = 2 ]
	on web2 "touch $root/well"

	run slipway deploy

	expect_status 0
	[ "$(grep -Ec 'rsync-push: web[12]: .* sent 0 files .*, linked 206;' <<<"$output")" = 2 ]
	run ! grep -q 'making the environment' <<<"$output"
	on web1 "cmp $root/builds/$failed/big.bin $root/current/big.bin && cat $root/builds/$failed/.failed"

	slipway deploy
	run ! on web1 "test -e $root/builds/$failed"
}

# ---- migrations ----

sql() { "$lab" host-exec db psql -AtqU app app -c "$1"; }
# What the hooks have counted.
migrated() { sql "select n from $table"; }

@test "slipway deploy: three deploys migrate three times, on one host; one that fails stops before any is live" {
	table=counter_$RANDOM
	sql "create table $table (n int); insert into $table values (0)"
	sed -i '/requirements_file/d' deploy/settings
	echo psycopg2 >requirements.txt
	hook migrate '. /etc/app/env && export DATABASE_URL && exec python migrate.py'
	cat >migrate.py <<-END
		import os, psycopg2
		with psycopg2.connect(os.environ["DATABASE_URL"]) as db, db.cursor() as cursor:
		    cursor.execute("update $table set n = n + 1")
		    cursor.execute(open("more.sql").read())
	END
	echo 'select 1' >more.sql
	deploy_first
	[ "$(migrated)" = 1 ]

	echo 'select 1 / 0' >more.sql
	run slipway deploy
	expect_status 6
	expect_line 'psycopg2.errors.DivisionByZero'
	expect_line 'the migration did not succeed'
	run ! grep -q 'stage activate' <<<"$output"
	expect_live "$first"
	[ "$(migrated)" = 1 ]

	echo 'select 2' >more.sql
	slipway deploy
	[ "$(migrated)" = 2 ]
	slipway deploy
	[ "$(migrated)" = 3 ]
	slipway rollback
	[ "$(migrated)" = 3 ]
	sql "drop table $table"
}

@test "slipway deploy: a migration that hangs is ended, with all that it started, before any host is live" {
	deploy_first
	long=$((40000 + RANDOM))
	hook migrate 'trap "" TERM' "setsid sleep $long &" "sleep $long & wait"

	run slipway deploy --migrate-timeout 1

	expect_status 6
	expect_line 'the migration did not succeed'
	expect_live "$first"
	run ! on web1 "pgrep -u deploy -f '[s]leep $long'"
}

@test "slipway rollback: does not cross a migration marked contracting that has begun, though it failed" {
	deploy_first
	slipway deploy
	second=$(live web1)
	echo 'contracting: yes' >deploy/schema
	hook migrate 'exit 1'
	run slipway deploy
	expect_status 6
	contracting=$(sed -n 's/^slipway: build //p' <<<"$output")

	run slipway rollback

	expect_status 6
	expect_line "builds/$contracting is marked contracting: $first may not work"
	expect_live "$second"
}

@test "slipway rollback: does not cross a release marked contracting, unless forced" {
	deploy_first
	mkdir -p deploy
	printf '%s\n' 'schema: 12' 'contracting: yes' >deploy/schema
	slipway deploy
	contracting=$(live web1)
	[ "$(on web1 "tail -n 2 $root/current/REVISION")" = $'schema: 12\ncontracting: yes' ]
	rm deploy/schema
	slipway deploy
	last=$(live web1)

	slipway rollback
	expect_live "$contracting"
	run slipway rollback
	expect_status 6
	expect_line "builds/$contracting is marked contracting: $first may not work with the database"
	expect_live "$contracting"
	SLIPWAY_TRY=import run slipway check --rollback
	expect_status 6
	expect_line "builds/$contracting is marked contracting"
	slipway rollback --to "$last"
	run slipway rollback --to "$first"
	expect_status 6
	expect_live "$last"

	slipway rollback --force --to "$first"
	expect_live "$first"
	slipway rollback --to "$last"
	expect_live "$last"

	echo 'contracting: perhaps' >deploy/schema
	run slipway deploy
	expect_status 2
	expect_line 'deploy/schema:1:contracting: perhaps: neither'
}

# ---- the team's own hooks on hosts ----

@test "slipway deploy: restart=hook runs hooks/restart of the build that goes live, or of the one that goes" {
	deploy_first
	sed -i 's/restart=.*/restart=hook/' deploy/settings
	run slipway deploy
	expect_status 2
	expect_line 'restart: hook, and there is no deploy/hooks/restart'

	hook restart 'echo "$SLIPWAY_RELEASE $(basename "$PWD")" >>"$SLIPWAY_ROOT/restarts"' '[ ! -e bad ]'
	touch bad
	run slipway deploy
	expect_status 6
	build=$(sed -n 's/^slipway: build //p' <<<"$output")
	expect_live "$first"
	[ "$(on web2 "tail -n 1 $root/restarts")" = "$first $first" ]
	rm bad
	slipway deploy
	second=$(live web1)
	[ "$(on web2 "tail -n 1 $root/restarts")" = "$second $second" ]
	slipway rollback
	[ "$(on web2 "tail -n 1 $root/restarts")" = "$first $first" ]

	run slipway deploy --restart none
	expect_status 2
	expect_line 'hooks/restart: restart is none, which does not run it'
}

@test "slipway deploy: hooks/healthcheck has a say on every host, and is asked again when all goes back" {
	hook healthcheck 'basename "$PWD" >>"$SLIPWAY_ROOT/asked"' '[ ! -e bad ] || [ "$(hostname)" = web1 ]'
	deploy_first
	touch bad

	run slipway deploy --health-retries 2

	expect_status 6
	build=$(sed -n 's/^slipway: build //p' <<<"$output")
	expect_line 'web2 | slipway: hooks/healthcheck: exit status 1'
	expect_line 'is not healthy on web2'
	expect_live "$first"
	[ "$(on web2 "cat $root/asked")" = "$first"$'\n'"$build"$'\n'"$build"$'\n'"$first" ]
}

@test "slipway deploy: hooks/finish runs when all is live, and fails nothing; also after a rollback" {
	hook finish 'readlink "$SLIPWAY_ROOT/current" >>"$SLIPWAY_ROOT/finished"' 'exit 3'
	deploy_first
	run slipway deploy
	expect_status 0
	expect_line 'web1 | slipway: hooks/finish: exit status 3'
	second=$(live web2)
	slipway rollback
	[ "$(on web2 "cat $root/finished")" = "$(printf 'builds/%s\n' "$first" "$second" "$first")" ]
}

@test "slipway deploy: a hook that is not executable, or left out of the build, is not passed over" {
	deploy_first
	hook migrate true
	chmod -x deploy/hooks/migrate
	run slipway deploy
	expect_status 3
	expect_line 'hooks/migrate: not executable'

	chmod +x deploy/hooks/migrate
	mv deploy/hooks/migrate deploy/hooks/finish
	echo /deploy/ >deploy/excludes
	run slipway deploy
	expect_status 6
	expect_line 'hooks/finish: not in the build: deploy/excludes leaves it out'
	expect_live "$first"
}
