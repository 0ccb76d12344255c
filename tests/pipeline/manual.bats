#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2016,SC2154
# Every example of every man page, run as it stands there: in folders of this machine, or on two real hosts.
# Replaced are names of hosts, and /var/www/app where a test has a root of its own.

load deploy

setup_file() { deploy_hosts_up; }
teardown_file() { deploy_hosts_down; }
setup() { deploy_setup; }

# examples PAGE: into ../examples/N, with the hosts' addresses for names.
examples() {
	"$BATS_TEST_DIRNAME/manual.py" "$checkout/$1" ../examples
	sed -i -e "s/web1\.example\.com/${address[web1]}/g; s/web2\.example\.com/${address[web2]}/g" ../examples/*
	next=1
}

# example [STATUS]: run the next one in a shell, as typed.
example() {
	[ -f "../examples/$next" ] || { printf 'no example %s\n' "$next" >&2 && return 1; }
	sed 's/^/# /' "../examples/$next"
	run bash -e -o pipefail "../examples/$next"
	expect_status "${1:-0}"
	next=$((next + 1))
}

# No example is left that was not run.
all_run() {
	[ ! -e "../examples/$next" ] || { printf 'not run: %s\n' "$(cat "../examples/$next")" >&2 && return 1; }
}

# builds NAME...: finished builds in ./builds.
builds() {
	local name
	for name; do
		mkdir -p "builds/$name"
		echo "$name" >"builds/$name/page"
	done
}

@test "atomic-link(1): every example" {
	examples helpers/atomic-link/atomic-link.1
	builds 20261124093000 20261124101500
	ln -s builds/20261124093000 current

	example
	[ "$(readlink current)" = builds/20261124101500 ]
	rm current
	example
	[ "$(readlink current)" = builds/20261124101500 ]
	example
	[ "$(readlink current)" = builds/20261124093000 ]
	all_run
}

@test "deploy-lock(1): every example" {
	examples helpers/deploy-lock/deploy-lock.1
	mkdir .slipway
	printf '#!/bin/sh\ntouch stepped\n' >step
	chmod +x step

	# They are one session: the first leaves the holder at work, the others need its token.
	{
		cat ../examples/1
		printf 'beats=$!\nuntil [ -s token ]; do sleep 0.05; done\ntoken=$(cat token)\n'
		cat ../examples/2 ../examples/3
		printf 'kill $beats\nexec 9>&-\nwait %%1\n'
	} >../session
	run bash -e -o pipefail ../session 3>&-
	next=4
	all_run

	expect_status 0
	[ -e stepped ]
	expect_line 'owner: alice'
}

@test "prune-builds(1): every example" {
	examples helpers/prune-builds/prune-builds.1
	builds 20261124101500 2026112409300{0,1,2,3,4,5}
	mkdir -p envs/cp311-0123456789abcdef .slipway
	touch .slipway/lock
	ln -s builds/20261124093000 current

	example
	[ ! -e builds/20261124093001 ]
	[ -e builds/20261124093000 ]
	example
	example
	expect_line 20261124093002
	[ -e builds/20261124093002 ]
	all_run
}

@test "req-checksum(1): every example" {
	examples helpers/req-checksum/req-checksum.1
	mkdir old new
	echo flask==2.2.2 | tee requirements.txt >old/requirements.txt
	echo flask==2.2.3 >new/requirements.txt

	example
	[[ $output =~ ^[0-9a-f]{16,}$ ]]
	example 1
	expect_line 2.2.3
	all_run
}

@test "rsync-push(1): every example" {
	examples helpers/rsync-push/rsync-push.1
	for host in web1 web2; do on "$host" "mkdir -p $root/builds/20261123090000 $root/srv/app && ln -s builds/20261123090000 $root/current"; done
	printf '%s\n' 'Host bastion' "HostName ${address[web2]}" 'Host web1' "HostName ${address[web1]}" 'Host *' \
		'User deploy' "IdentityFile $SLIPWAY_IDENTITY" "UserKnownHostsFile $SLIPWAY_KNOWN_HOSTS" >../ssh_config
	sed -i -e "s,/var/www/app,$root,; s,/srv/app,$root/srv/app,; s,ssh -J,ssh -F ../ssh_config -J," ../examples/*
	mkdir src
	echo page >src/page
	: >deploy/excludes

	example
	[ "$(on web2 "cat $root/builds/20261124101500/page.txt")" = one ]
	example
	expect_line page
	[ "$(on web1 "ls $root/srv/app")" = '' ]
	example
	[ "$(on web1 "cat $root/srv/app/page")" = page ]
	all_run
}

@test "remote-run(1): every example" {
	examples helpers/remote-run/remote-run.1
	for host in web1 web2; do
		on "$host" "mkdir -p $root/builds/20261123090000 && ln -s builds/20261123090000 $root/current"
		"$lab" host-exec "$host" sh -c "echo 'deploy ALL=(root) NOPASSWD: ALL' >/etc/sudoers.d/manual"
	done
	printf '#!/bin/sh\nsupervisorctl restart "$1"\n' >restart.sh
	sed -i -e "s,/var/www/app/,$root/,; s/web1,web2/${address[web1]},${address[web2]}/" ../examples/*

	example
	expect_line web1
	example
	expect_line 'uwsgi: started'
	SLIPWAY_USER=deploy example
	expect_line builds/20261123090000
	for host in web1 web2; do "$lab" host-exec "$host" rm /etc/sudoers.d/manual; done
	all_run
}

@test "slipway(1): every example" {
	examples scripts/slipway.1
	unset SLIPWAY_TRY
	root=/var/www/app
	for host in web1 web2; do
		"$lab" host-exec "$host" sh -c "rm -rf $root/* $root/.slipway"
		on "$host" "mkdir -p $root/shared && touch $root/shared/.env"
	done
	rm -r deploy page.txt
	printf '%s\n' 'def app(environ, start_response):' '    start_response("200 OK", [])' '    return [b"one"]' >wsgi.py
	git init -q -b main

	example
	# The settings of the next one are what is deployed by from now on.
	grep -q '^wsgi=wsgi:app$' deploy/settings
	{
		cat ../examples/2
		printf '%s\n' wsgi=wsgi:app requirements_file=none
	} >deploy/settings
	next=3
	printf '\n[staging]\n%s ansible_user=deploy\n' "${address[web1]}" >>deploy/hosts
	# Two, so that there is one to go back to after a rollback.
	slipway deploy --try none
	slipway deploy --try none

	while [ -e "../examples/$next" ]; do example; done
	[ "$next" -gt 5 ]
}

@test "every man page is tested here" {
	for page in "$checkout"/helpers/*/*.1 "$checkout"/scripts/*.[1-8]; do
		grep -qF "examples ${page#"$checkout"/}" "$BATS_TEST_FILENAME"
	done
}
