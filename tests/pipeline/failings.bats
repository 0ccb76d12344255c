#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154
# What was shown to fail in the pipeline that Slipway replaces, letter by letter (a to i), must not fail
# here. a, e, g, h try the helpers on a folder of this machine; b, c, d, f, g, i slipway on two hosts.

load deploy
load load

setup_file() { deploy_hosts_up; }
teardown_file() { deploy_hosts_down; }
setup() { deploy_setup; }

# good N...: finished builds 2026010100000N on this machine, in ./builds.
good() {
	local n
	for n; do
		mkdir -p "builds/2026010100000$n"
		echo "$n" >"builds/2026010100000$n/VERSION"
	done
}

# half N...: builds of deploys that came to nothing: failed, or ended in the middle.
half() {
	local n
	for n; do
		mkdir -p "builds/2026010100000$n/env"
		touch "builds/2026010100000$n/.$([ $((n % 2)) = 0 ] && echo incomplete || echo failed)"
	done
}

switch() { atomic-link "builds/2026010100000$1" current; }
cleanup() { prune-builds --keep "${1:-5}" --protect current builds >/dev/null; }
# Last digits of the names of all builds, and of the live one, which must be whole.
builds() { find builds -mindepth 1 -maxdepth 1 -printf '%f\n' | sed 's/.*\(.\)$/\1/' | sort | tr -d '\n'; }
is_live() { [ "$(cat current/VERSION)" = "$1" ]; }

@test "failing a: cleanup keeps keep_releases builds and the live one, whatever came before it" {
	good 1 2 3 4 5 6
	switch 6
	cleanup
	[ "$(builds)" = 23456 ]
	# A rollback, then only deploys that came to nothing: cleanup alone, as cron would call it.
	atomic-link --builds builds --previous current
	is_live 5
	half 7 8
	cleanup
	is_live 5
	[ "$(builds)" = 23456 ]

	# By hand to the oldest, while a deploy is at its restart.
	good 9
	switch 9
	switch 2
	cleanup 2
	is_live 2
	[ "$(builds)" = 269 ]
}

@test "failing a: the age of a folder does not make the live build go" {
	good 1 2 3 4 5 6 7
	switch 7
	touch -d '90 days ago' builds/20260101000007
	for n in 1 2 3 4 5 6; do touch "builds/2026010100000$n/app.log"; done

	cleanup 3

	is_live 7
	[ "$(builds)" = 567 ]
}

# builds_on_hosts N: builds 1 to N, made by other means than slipway, N live.
builds_on_hosts() {
	local host
	for host in web1 web2; do
		on "$host" "rm -rf $root/builds $root/.slipway/journal && mkdir -p $root/builds && cd $root/builds &&
			for n in \$(seq $1); do mkdir 2026010100000\$n; done && ln -sfn builds/2026010100000$1 ../current"
	done
}

@test "failing b: rollback goes one back with any number of builds, and says so when there is none" {
	builds_on_hosts 1
	run slipway rollback
	expect_status 6
	expect_line '20260101000001 is complete and proven on every host'
	expect_live 20260101000001

	for n in 2 3 4 5 6 7; do
		builds_on_hosts "$n"
		slipway rollback
		expect_live "2026010100000$((n - 1))"
	done
}

@test "failing c: rollback twice goes two back" {
	deploy_first
	slipway deploy
	slipway deploy

	slipway rollback
	slipway rollback

	expect_live "$first"
}

# team NAME: a checkout beside ./app, with a file of its own.
team() {
	cp -r . "../$1"
	printf '%s\n' "$1" >"../$1/page.txt"
	touch "../$1/only-in-$1"
}

@test "failing d: two deploys of the same second make two builds, neither mixed, each with its own packages" {
	team a
	sed -i /requirements_file/d ../a/deploy/settings
	echo 'tallymark==1.0.0' >../a/requirements.txt
	team b

	(cd ../a && slipway deploy) >../a.log 2>&1 3>&- &
	a=$!
	(cd ../b && slipway deploy) >../b.log 2>&1 3>&- &
	wait $!
	wait "$a"

	for name in a b; do
		build=$(sed -n 's/^slipway: build //p' "../$name.log")
		for host in web1 web2; do
			[ "$(on "$host" "cd $root/builds/$build && cat page.txt && ls -d only-in-*")" = "$name"$'\n'"only-in-$name" ]
		done
	done
	build=$(sed -n 's/^slipway: build //p' ../a.log)
	on web1 "cd $root/builds && ls -d */env | grep -vx $build/env; $build/env/bin/python -c 'import tallymark'" >../envs
	[ ! -s ../envs ]
	[ "$(on web1 "ls $root/builds | wc -l")" = 2 ]
}

# A deploy under way, as slow as the test wants: until ../go is made. Sets slow, its process.
deploy_slowly() {
	hook prepare "until [ -e $root/go ]; do sleep 0.1; done"
	slipway deploy >../slow.log 2>&1 3>&- &
	slow=$!
	rm_hook_when_read
}

# The deploy has pushed what it found.
rm_hook_when_read() {
	await 60 on web1 "cat $root/builds/*/.incomplete >/dev/null 2>&1 && pgrep -f deploy/hooks/[p]repare >/dev/null"
	rm deploy/hooks/prepare
}

let_go() { for host in web1 web2; do on "$host" "touch $root/go"; done; }

@test "failing d: the slower, older deploy does not win over the later one" {
	deploy_slowly
	echo later >page.txt
	slipway deploy >../later.log 2>&1 3>&- &
	later=$!
	await 60 grep -q 'locked: held by .*: waiting' ../later.log

	let_go
	wait "$slow"
	wait "$later"

	expect_live "$(sed -n 's/^slipway: build //p' ../later.log)"
	[ "$(on web2 "cat $root/current/page.txt")" = later ]
}

@test "failing d: a rollback during a deploy is refused, not undone in silence" {
	deploy_first
	slipway deploy
	deploy_slowly

	run slipway rollback --lock-wait 0
	expect_status 6
	expect_line 'another deploy is at work: nothing was changed'

	let_go
	wait "$slow"
	expect_live "$(sed -n 's/^slipway: build //p' ../slow.log)"
}

@test "failing e: 20,000 looks and more beside flips, and current leads to a build each time" {
	good 1 2
	switch 1
	cat >../looks.py <<-'PY'
		import os, sys
		looks = missing = 0
		while looks < 20000 or not os.path.exists("stop"):
		    looks += 1
		    try:
		        os.close(os.open("current/VERSION", os.O_RDONLY))
		    except OSError:
		        missing += 1
		print(missing)
	PY
	/usr/bin/python3 ../looks.py >../missing 3>&- &
	looks=$!

	flips=0
	while [ "$flips" -lt 1000 ]; do
		switch $((flips % 2 + 1))
		flips=$((flips + 1))
	done
	touch stop
	wait "$looks"

	[ "$(cat ../missing)" = 0 ]
}

@test "failing f: what a failed pip install leaves counts neither for cleanup nor for rollback" {
	deploy_first
	cp -r . ../bad
	sed -i /requirements_file/d ../bad/deploy/settings
	echo 'no-such-package==1.0' >../bad/requirements.txt
	(
		cd ../bad
		run slipway deploy
		expect_status 6
		expect_line 'the environment could not be made'
	)
	expect_live "$first"
	slipway deploy
	slipway rollback
	expect_live "$first"
	[ -z "$(on web1 "ls $root/envs")" ]

	slipway rollback --to "$(on web1 "ls $root/builds | tail -n 1")"
	hook prepare 'exit 1'
	for _ in 1 2 3; do
		run slipway deploy --keep-releases 2
		expect_status 6
	done
	rm deploy/hooks/prepare
	good=$(live web1)
	slipway deploy --keep-releases 2
	slipway rollback
	expect_live "$good"
}

@test "failing g: strange names among the builds, and beside them, are left alone" {
	mkdir -p 'my app/builds' my app/builds/b1
	cd 'my app'
	good 1 2 3 4
	switch 4
	strange=('b0 hotfix' '20260101000001 copy' $'20260101000001\n' $'new\nline' '-rf' '--keep=0' '*' '.hidden' '2026')
	mkdir -- "${strange[@]/#/builds/}"

	prune-builds --keep 1 --protect current builds
	prune-builds --keep 1 --protect "$PWD/current" "$PWD/builds"

	for name in "${strange[@]}"; do [ -d "builds/$name" ]; done
	[ "$(find builds -mindepth 1 -maxdepth 1 | wc -l)" -ge $((${#strange[@]} + 1)) ]
	is_live 4
	[ ! -e builds/20260101000001 ]
	[ -d ../my ]
	[ -d ../app/builds/b1 ]
}

@test "failing g: a project root with a space is pruned like any other, and nothing beside it is touched" {
	spaced="$root/my app"
	settings "project_root=$spaced" requirements_file=none restart=none keep_releases=1
	for host in web1 web2; do
		on "$host" "mkdir -p $root/my/precious '$spaced/builds' && cd '$spaced/builds' &&
			mkdir -- 'b0 hotfix' -rf '20260101000001 copy'"
	done

	slipway deploy
	slipway deploy

	for host in web1 web2; do
		on "$host" "test -d $root/my/precious && cd '$spaced/builds' && test -d 'b0 hotfix' && test -d ./-rf"
		[ "$(on "$host" "cd '$spaced/builds' && ls -d 2*[0-9] | wc -l")" = 1 ]
		on "$host" "test -e '$spaced/current/page.txt'"
	done
}

@test "failing h: the key of the requirements changes when what pip is asked for does, and only then" {
	printf -- '-r base.txt\nlabbeta==1.0\n' >requirements.txt
	echo labalpha==1.0 >base.txt
	key=$(req-checksum requirements.txt)
	same() { [ "$(req-checksum requirements.txt)" = "$key" ]; }

	printf '# pinned by ops\n\nlabbeta==1.0 \n-r base.txt\n' >requirements.txt
	same
	printf -- '-r base.txt\r\nlabbeta==1.0\r\n' >requirements.txt
	same
	[ "$(req-checksum --salt 3.11 requirements.txt)" != "$(req-checksum --salt 3.12 requirements.txt)" ]
	echo labalpha==1.1 >base.txt
	run ! same
	echo labalpha==1.0 >base.txt
	same
	printf -- '-c pins.txt\n' >>requirements.txt
	echo labgamma==1.0 >pins.txt
	key=$(req-checksum requirements.txt)
	echo labgamma==1.1 >pins.txt
	run ! same
}

@test "failing h: wheels are a cache only: emptied, a deploy succeeds; a changed include is installed" {
	sed -i /requirements_file/d deploy/settings
	echo '-r base.txt' >requirements.txt
	echo '# nothing yet' >base.txt
	slipway deploy
	for host in web1 web2; do on "$host" "rm -rf $root/wheels/*"; done

	echo 'tallymark==1.0.0' >base.txt
	slipway deploy

	for host in web1 web2; do on "$host" "cd $root/current && env/bin/python -c 'import tallymark'"; done
}

@test "failing i: no request is lost while the workers are replaced under load" {
	web_application restart=uwsgi-fifo:/run/app/fifo health_url=http://127.0.0.1/
	slipway deploy
	load_start

	slipway deploy
	slipway deploy

	load_stop
	[ "$(load_result 't["failed"]')" = 0 ] || load_result 'r' >&2
	[ "$(load_result 't["failed"]')" = 0 ]
	[ "$(load_result 'len({x["release"] for x in t["releases"]}) >= 2')" = True ]
}
