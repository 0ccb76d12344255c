#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154
# A reload tells the truth: real servers on a lab's hosts, two releases, and which of them answers.

load deploy

setup_file() { deploy_hosts_up; }
teardown_file() { deploy_hosts_down; }

# A project root that the web user may enter, as a server's is; $hosts are deployed to.
setup() {
	deploy_setup
	root=/srv/reload-$BATS_TEST_NUMBER-$RANDOM
	for host in web1 web2; do as_root "$host" install -d -o deploy "$root"; done
	settings "project_root=$root" requirements_file=none restart=none try=none runtime_user=www-data
}

teardown() {
	for host in web1 web2; do
		as_root "$host" sh -c 'for p in "$1"/*.pid*; do [ ! -e "$p" ] || kill -KILL $(cat "$p"); done; rm -rf "$1"' sh "$root"
	done 2>/dev/null || :
}

as_root() { "$lab" host-exec "$@"; }

@test "slipway deploy: a build that a process of the web user still runs from is not removed" {
	deploy_first
	as_root web1 setpriv --reuid www-data --regid www-data --clear-groups sh -c \
		'cd "$1/current" && { sleep 300 & echo $! >/tmp/sleeper; }' sh "$root" 3>&-

	for n in 1 2; do
		echo "$n" >page.txt
		slipway deploy --keep-releases 1
	done

	[ "$(on web1 "cd $root/builds; echo *")" = "$first $(live web1)" ]
	[ "$(on web2 "cd $root/builds; echo *")" = "$(live web2)" ]
	as_root web1 sh -c 'kill $(cat /tmp/sleeper)'
}
