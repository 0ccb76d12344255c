#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# long
# shellcheck shell=bash disable=SC2154
# slipway on two real hosts: what is on their disks, whose it is, in which order it gets there, and what
# a disk that takes no more does to a deploy.

load deploy

setup_file() { deploy_hosts_up; }
teardown_file() { deploy_hosts_down; }
setup() { deploy_setup; }

# as_web HOST COMMAND: as the user that the application runs as.
as_web() { "$lab" host-exec "$1" setpriv --reuid www-data --regid www-data --init-groups sh -c "$2"; }
as_root() { "$lab" host-exec "$1" sh -c "$2"; }

# The build of the last run of slipway.
build_of() { sed -n 's/^slipway: build //p' <<<"$1"; }

# ---- who may write ----

@test "slipway deploy: whatever umask a login has, the runtime user reads the build and writes nothing in it" {
	for host in web1 web2; do as_root "$host" "echo 'umask 077' >/home/deploy/.bashrc"; done
	settings "project_root=$root" restart=none runtime_user=www-data
	echo 'tallymark==1.0.0' >requirements.txt
	mkdir -p deep/er && touch deep/er/file && chmod 777 deep deep/er/file
	hook prepare 'mkdir made && echo x >made/file'

	run slipway deploy

	for host in web1 web2; do as_root "$host" 'rm /home/deploy/.bashrc'; done
	expect_status 0
	as_root web1 'chmod 755 /home/deploy'
	as_web web1 "cd $root/current && cat page.txt REVISION deep/er/file made/file deploy/hooks/prepare >/dev/null"
	as_web web1 "cd $root/current && env/bin/python -c 'import tallymark'"
	[ -z "$(as_web web1 "find $root/builds $root/envs $root/current/ $root/current/env/ ! -type l -writable")" ]
	[ "$(on web1 "cd $root/current && stat -c %a . deep deep/er/file page.txt deploy/hooks/prepare")" = $'755\n755\n755\n644\n755' ]
	[ -z "$(on web1 "find $root/envs/*/ -type f -writable")" ]
	[ -z "$(on web1 "find $root/current/ -name '*.pyc'")" ]
}

@test "slipway deploy: a setgid bit and its group reach every folder of a build" {
	for host in web1 web2; do
		as_root "$host" "install -d -o deploy -g deploy $root && install -d -o deploy -g www-data -m 2750 $root/builds &&
			usermod -aG www-data deploy && chmod 755 /home/deploy"
	done
	mkdir -p deep/er && touch deep/er/file

	run slipway deploy

	for host in web1 web2; do as_root "$host" 'gpasswd -d deploy www-data'; done
	expect_status 0
	[ "$(on web1 "cd $root/builds/* && stat -c '%a %G' . deep deep/er deep/er/file")" = \
		$'2755 www-data\n2755 www-data\n2755 www-data\n644 www-data' ]
	as_web web1 "cat $root/current/deep/er/file"

	run slipway deploy
	expect_status 0
	expect_line 'builds hands on its group, which deploy is not in'
	as_web web2 "cat $root/current/deep/er/file"
}

@test "slipway deploy: what hooks/prepare lets the runtime user write in is refused by name" {
	deploy_first
	hook prepare 'mkdir cache "two words" && chmod 777 cache && chmod 1777 "two words"'

	run slipway deploy

	expect_status 6
	build=$(build_of "$output")
	expect_line "everyone could write $root/builds/$build/cache"
	expect_line "everyone could write $root/builds/$build/two words"
	expect_line 'what the application writes belongs in shared_paths'
	expect_live "$first"

	hook prepare 'mkdir cache && chmod 770 cache && chgrp users cache'
	for host in web1 web2; do as_root "$host" 'usermod -aG users deploy && usermod -aG users www-data'; done
	run slipway deploy --runtime-user www-data
	for host in web1 web2; do as_root "$host" 'gpasswd -d deploy users && gpasswd -d www-data users'; done
	expect_status 6
	expect_line "www-data could write $root/builds/$(build_of "$output")/cache"
	expect_live "$first"
}

@test "slipway deploy: files that the web user could write in a tree made by other means are not linked" {
	echo code >app.py
	for host in web1 web2; do
		on "$host" "mkdir -p $root/builds/20200101000000 && cd $root/builds/20200101000000 && echo one >page.txt &&
			echo code >app.py && chmod 666 page.txt && ln -s builds/20200101000000 $root/current"
		as_root "$host" "chown www-data $root/builds/20200101000000/app.py"
	done

	slipway deploy --runtime-user www-data

	[ "$(on web1 "cd $root/current && stat -c '%a %U %h %n' app.py page.txt")" = $'644 deploy 1 app.py\n644 deploy 1 page.txt' ]
	[ "$(on web1 "cd $root/builds/20200101000000 && stat -c '%a %U' app.py page.txt")" = $'644 www-data\n666 deploy' ]
}

@test "slipway deploy: hooks/prepare cannot write into files that older builds have too" {
	deploy_first
	hook prepare 'echo more >>page.txt'
	run slipway deploy
	expect_status 6
	expect_line 'Permission denied'
	expect_live "$first"
	[ "$(on web2 "cd $root/current && cat page.txt && stat -c %a page.txt")" = $'one\n644' ]

	hook prepare 'chmod u+w page.txt && echo more >>page.txt'
	run slipway deploy
	expect_status 6
	build=$(build_of "$output")
	expect_line "hooks/prepare wrote into $root/builds/$build/page.txt, which is this file of other builds too:"
	expect_line "web2 | $root/builds/$first/page.txt"
	expect_line 'must replace files, not write into them'
	[ "$(on web2 "head -n 1 $root/builds/$build/.failed")" = 'given up before it was live: prepare' ]

	hook prepare 'sed -i s/one/two/ page.txt; echo new >new.txt; echo more >>new.txt; rm deploy/hosts'
	echo one >page.txt
	slipway deploy
	[ "$(on web1 "cd $root/current && cat page.txt new.txt")" = $'two\nnew\nmore' ]
}

# ---- what builds share, and what they keep of each other ----

@test "slipway deploy: a shared .env is linked before hooks/prepare runs, and never made up, moved or written over" {
	deploy_first
	echo 'shared_paths=.env,cache/' >>deploy/settings
	hook prepare 'cat .env >seen; test -L cache'
	run slipway deploy
	expect_status 6
	expect_line 'shared/.env: not there: put it there'
	run ! on web1 "ls $root/shared/.env"

	for host in web1 web2; do on "$host" "echo secret=1 >$root/shared/.env"; done
	touch .env
	run slipway deploy
	expect_status 6
	expect_line '.env: the build has a file where a shared one belongs: exclude it'
	ln -sfn nowhere .env
	run slipway deploy
	expect_status 6
	expect_line '.env: the build has a file where a shared one belongs: exclude it'
	expect_live "$first"
	[ "$(on web1 "cat $root/shared/.env")" = secret=1 ]

	rm .env
	mkdir cache # empty: rsync-push brings it, and it gives way
	slipway deploy
	[ "$(on web2 "cat $root/current/seen; readlink $root/current/.env $root/current/cache")" = \
		$'secret=1\n../../shared/.env\n../../shared/cache' ]
}

# fetch HOST PATH: the status of nginx's answer, and the body.
fetch() { curl -s --max-time 5 -w '%{http_code}' "http://${address[$1]}/static/$2"; }

@test "slipway deploy: assets of the build before stay reachable, for one build, and nothing else of it" {
	root=/var/www/app
	for host in web1 web2; do on "$host" "rm -rf $root/* $root/.slipway"; done
	settings requirements_file=none restart=none assets=static
	release() {
		rm -rf static
		mkdir -p static/css
		echo "$1" | tee "static/app.$1.js" static/manifest.json >"static/css/style $1.css"
		slipway deploy
	}

	release 1
	release 2
	[ "$(fetch web1 app.1.js)" = $'1\n200' ]
	[ "$(fetch web2 css/style%201.css)" = $'1\n200' ]
	[ "$(fetch web1 app.2.js)" = $'2\n200' ]
	[ "$(fetch web1 manifest.json)" = $'2\n200' ]
	[ "$(on web1 "stat -c %h $root/current/static/app.1.js")" = 2 ]

	release 3
	[[ $(fetch web1 app.1.js) == *404 ]]
	[ "$(fetch web2 app.2.js)" = $'2\n200' ]
	[ "$(fetch web1 app.3.js)" = $'3\n200' ]
	[ "$(fetch web1 manifest.json)" = $'3\n200' ]

	live=$(live web1)
	rm -r static
	run slipway deploy
	expect_status 6
	expect_line 'assets: static: the build has no such folder'
	expect_live "$live"
	run slipway deploy --assets ../static
	expect_status 2
}

# ---- what is on disk, and when ----

# trace_web1 OPTION...: strace, on whatever new sessions of web1 do, until trace_end.
trace_web1() {
	"$lab" host-exec web1 sh -c 'echo $$ >/tmp/tracer; exec strace -f "$@" -p "$(pgrep -o sshd)"' sh "$@" \
		>../strace 2>&1 3>&- &
	tracer=$!
	await 30 grep -qs attached ../strace
}

trace_end() {
	as_root web1 'kill -INT "$(cat /tmp/tracer)" && rm /tmp/tracer'
	wait "$tracer" || :
	rm ../strace
}

@test "slipway deploy: the build is on disk before its marker goes, that before the link flips, that before the journal says so" {
	deploy_first
	settings "project_root=$root" restart=none
	echo itsdangerous >requirements.txt
	echo two >page.txt
	hook prepare 'echo x >made'
	hook migrate 'echo x >>made'
	trace_web1 -y -s 200 -o /tmp/trace -e trace="$(python3 "$BATS_TEST_DIRNAME/durable.py" calls)"

	run slipway deploy

	trace_end
	as_root web1 'cat /tmp/trace; rm /tmp/trace' >../trace
	expect_status 0
	mkdir -p "${ARTIFACTS:-$checkout/build/test/artifacts}"
	python3 "$BATS_TEST_DIRNAME/durable.py" ../trace "$root" "$(build_of "$output")" |
		tee "${ARTIFACTS:-$checkout/build/test/artifacts}/durability.md" >&3
	[ "${PIPESTATUS[0]}" = 0 ]
}

# ---- a disk that takes no more ----

# on_disk COMMAND MB [INODES]: web1 has its project root on such a disk of the lab (small-disk or
# quota-disk), web2 on its own; a first deploy is live on both.
on_disk() {
	disk=/home/deploy/disk-$RANDOM
	root=$disk/root
	"$lab" "$1" web1 "$disk" "${@:2}" >&2
	for host in web1 web2; do on "$host" "mkdir -p $root"; done
	settings "project_root=$root" requirements_file=none restart=none
	deploy_first
	echo two >page.txt
	# In a hook, or on web1: fill the disk with blocks, or with inodes.
	blocks="dd if=/dev/zero of=$disk/filler bs=4k 2>/dev/null || :"
	inodes="mkdir -p $disk/fillers; i=0; while touch $disk/fillers/\$i 2>/dev/null; do i=\$((i + 1)); done"
}

teardown() {
	if [ -n "${disk:-}" ]; then "$lab" unmount web1 "$disk"; fi
}

# expect_stopped LINE...: the deploy failed and said so; what was live is, and is whole; nothing half has
# a final name. Then there is room again.
expect_stopped() {
	if [ "$status" = 0 ]; then
		printf 'it succeeded:\n%s\n' "$output" >&2
		return 1
	fi
	for line in "$@"; do expect_line "$line"; done
	expect_live "$first"
	for host in web1 web2; do
		[ "$(on "$host" "cat $root/current/page.txt")" = one ]
		[ "$(on "$host" "cd $root/builds && for build in *; do
			[ -e \$build/.failed ] || [ -e \$build/.incomplete ] || echo \$build; done")" = "$first" ]
	done
	[ -z "$(on web1 "ls -A $root/envs")" ]
	on web1 "rm -rf ${disk:-$root}/filler*; sync"
	rm -f deploy/hooks/*
}

expect_disk_named() {
	grep -q "^web1 | slipway: the disk of $root (mounted on $disk, [0-9].*): .*$1\$" <<<"$output" || {
		printf 'not named:\n%s\n' "$output" >&2
		return 1
	}
}

expect_next_succeeds() {
	run slipway deploy
	expect_status 0
	expect_live "$(build_of "$output")"
}

on_web1() { printf '[ "$(hostname)" != web1 ] || { %s; }' "$1"; }

# A disk that is filled by $1, when there is no room left, says $2 in each stage.
expect_stopped_in_each_stage() {
	on web1 "$1"
	run slipway deploy
	expect_stopped "$2"

	hook prepare "$(on_web1 "$1")"
	run slipway deploy
	expect_disk_named "$2"
	expect_stopped

	hook migrate "$1"
	run slipway deploy
	expect_disk_named "$2"
	expect_stopped

	hook prepare "[ ! -e $disk/fillers ] || rm -r $disk/fillers"
	run slipway deploy --restart "command:[ \"\$(basename \"\$(readlink current)\")\" = $first ] || { $1; false; }"
	expect_stopped 'did not succeed' "slipway: web1: restored: $first"
}

@test "slipway deploy: a disk without room is named at each stage, and leaves all as it was" {
	on_disk small-disk 6

	expect_stopped_in_each_stage "$blocks" 'No space left on device'
	echo itsdangerous >requirements.txt
	run slipway deploy --requirements-file requirements.txt
	expect_stopped 'No space left on device' 'requirements.txt: the environment could not be made'

	expect_next_succeeds
}

@test "slipway deploy: a disk without inodes is named at each stage, and leaves all as it was" {
	on_disk small-disk 50 250

	expect_stopped_in_each_stage "$inodes" 'No space left on device'
	mkdir many && (cd many && touch {1..300})
	run slipway deploy
	expect_stopped 'No space left on device' 'the disk of web1 is full' "slipway: warning: web1: "
	rm -r many
	echo itsdangerous >requirements.txt
	run slipway deploy --requirements-file requirements.txt
	expect_stopped 'No space left on device' 'requirements.txt: the environment could not be made'

	expect_next_succeeds
}

@test "slipway deploy: a quota that is used up is named at each stage, and leaves all as it was" {
	grep -qw btrfs /proc/filesystems || skip "no file system with quotas on this machine"
	on_disk quota-disk 10

	expect_stopped_in_each_stage "$blocks" 'uota exceeded'
	head -c 20000000 /dev/urandom >big.bin
	run slipway deploy
	expect_stopped 'uota exceeded' 'the disk of web1 is full'
	rm big.bin

	expect_next_succeeds
}

# held_deploy HOOK: a deploy in the background, which waits on web1 in the hook, until release lets it end;
# then status and output are there.
held_deploy() {
	hook "$1" '[ "$(hostname)" != web1 ] || { touch ~/reached; while [ ! -e ~/go ]; do sleep 0.1; done; }'
	on web1 'rm -f ~/go ~/reached'
	slipway deploy >../log 2>&1 3>&- &
	held=$!
	await 60 on web1 'test -e ~/reached'
}

release() {
	on web1 'touch ~/go'
	status=0
	wait "$held" || status=$?
	output=$(cat ../log)
}

@test "slipway deploy: a disk that becomes read-only is named, and leaves all as it was" {
	grep -qw btrfs /proc/filesystems || skip "no file system that can be made read-only while files are open"
	on_disk quota-disk 40

	for name in prepare migrate; do
		held_deploy "$name"
		"$lab" read-only web1 "$disk" true
		release
		run_output=$output run_status=$status
		run slipway deploy --lock-wait 0
		[ "$status" -ne 0 ]
		expect_line 'Read-only file system'
		"$lab" read-only web1 "$disk" false
		output=$run_output status=$run_status
		expect_disk_named 'Read-only file system'
		expect_stopped
	done

	expect_next_succeeds
}

@test "slipway deploy: when the disk does not keep the build, or takes no link, all is as it was" {
	deploy_first
	echo two >page.txt

	held_deploy migrate
	trace_web1 -o /dev/null -e trace=syncfs -e inject=syncfs:error=EIO
	release
	trace_end
	expect_stopped 'Input/output error' 'could not be made durable'

	held_deploy migrate
	trace_web1 -o /dev/null -e trace=symlinkat,symlink -e inject=symlinkat,symlink:error=EDQUOT
	release
	trace_end
	expect_stopped 'uota exceeded' 'the live link was not changed' "slipway: web2: restored: $first"

	expect_next_succeeds
}

@test "slipway deploy: an environment whose installation breaks off leaves nothing under its name" {
	deploy_first
	echo two >page.txt
	mkdir broken
	echo 'raise SystemExit("broken half way")' >broken/setup.py
	printf '%s\n' itsdangerous ./broken >requirements.txt

	run slipway deploy --requirements-file requirements.txt

	expect_stopped 'broken half way' 'requirements.txt: the environment could not be made'
	expect_next_succeeds
}

# ---- clocks, and what other users own ----

@test "slipway deploy: a clock that goes a day back between deploys changes no order" {
	mkdir ../tomorrow
	printf '%s\n' '#!/bin/sh' 'case " $* " in *" -d "*) exec /bin/date "$@" ;; esac' \
		'exec /bin/date -d "1 day" "$@"' >../tomorrow/date
	chmod +x ../tomorrow/date
	PATH=$BATS_TEST_TMPDIR/tomorrow:$PATH deploy_first
	[ "$first" -gt "$(date -u -d '20 hours' +%Y%m%d%H%M%S)" ]
	for host in web1 web2; do on "$host" "find $root -exec touch -h -d '1 day' {} +"; done

	slipway deploy
	second=$(live web1)
	slipway deploy --keep-releases 2
	third=$(live web1)

	[ "$(on web1 "ls $root/builds")" = "$second"$'\n'"$third" ]
	[ "$second" -gt "$first" ]
	[ "$third" -gt "$second" ]
	slipway rollback
	expect_live "$second"
}

@test "slipway deploy: what the web user owns in an old build is named, and the deploy succeeds" {
	deploy_first
	as_root web1 "install -d -o www-data $root/builds/$first/cache &&
		install -o www-data /dev/null $root/builds/$first/cache/session"
	slipway deploy

	run slipway deploy --keep-releases 1

	expect_status 0
	expect_live "$(build_of "$output")"
	grep -E "web1 \| prune-builds: .*cache.*www-data|web1 \| prune-builds: .*www-data.*cache" <<<"$output"
	run ! on web2 "test -e $root/builds/$first"
}
