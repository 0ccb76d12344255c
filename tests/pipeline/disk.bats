#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
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

@test "slipway deploy: the build is on disk before its marker goes, that before the link flips, that before the journal says so" {
	deploy_first
	settings "project_root=$root" restart=none
	echo itsdangerous >requirements.txt
	echo two >page.txt
	hook prepare 'echo x >made'
	hook migrate 'echo x >>made'
	"$lab" host-exec web1 sh -c "echo \$\$ >/tmp/tracer; exec strace -f -y -s 200 -o /tmp/trace \
		-e trace=$(python3 "$BATS_TEST_DIRNAME/durable.py" calls) -p \$(pgrep -o sshd)" >../strace 2>&1 3>&- &
	await 20 grep -qs attached ../strace

	run slipway deploy

	as_root web1 'kill -INT "$(cat /tmp/tracer)"'
	wait
	as_root web1 'cat /tmp/trace; rm /tmp/trace /tmp/tracer' >../trace
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
		[ "$(on "$host" "cd $root && cat current/page.txt; ls envs")" = one ]
		[ "$(on "$host" "cd $root/builds && for build in *; do
			[ -e \$build/.failed ] || [ -e \$build/.incomplete ] || echo \$build; done")" = "$first" ]
	done
	on web1 "rm -rf $disk/filler*; sync"
	rm -f deploy/hooks/*
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
	expect_stopped "web1 | slipway: the disk of $root (mounted on $disk, " "inodes free): $2"

	hook migrate "$1"
	run slipway deploy
	expect_stopped "web1 | slipway: the disk of $root (mounted on $disk, " "inodes free): $2"

	hook prepare "[ ! -e $disk/fillers ] || rm -r $disk/fillers"
	run slipway deploy --restart "command:[ \"\$(basename \"\$(readlink current)\")\" = $first ] || { $1; false; }"
	expect_stopped 'did not succeed' "slipway: web1: restored: $first"
}

@test "slipway deploy: a disk without room is named at each stage, and leaves all as it was" {
	on_disk small-disk 6

	expect_stopped_in_each_stage "$blocks" 'No space left on device'
	run slipway deploy --requirements-file reqs.txt
	expect_status 3
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
