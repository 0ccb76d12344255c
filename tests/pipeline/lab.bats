#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154  # runner.bash sets them
# What the lab promises to the tests that use it.
# shellcheck shell=bash disable=SC2154

bats_require_minimum_version 1.5.0
export SLIPWAY_LAB_NAME=labtest

lab=$BATS_TEST_DIRNAME/../lab/lab

setup_file() {
	"$BATS_TEST_DIRNAME/../lab/lab" up --fresh >&2
}

teardown_file() {
	"$BATS_TEST_DIRNAME/../lab/lab" down
}

value() {
	sed -n "s/^LAB_$1=//p" "$("$lab" env)"
}

as_deploy() {
	ssh -F none -i "$(value SSH_KEY)" -o IdentitiesOnly=yes -o StrictHostKeyChecking=yes \
		-o UserKnownHostsFile="$(value KNOWN_HOSTS)" "deploy@$(value "$1")" "$2"
}

@test "lab: every machine runs" {
	run "$lab" status

	[ "$status" = 0 ]
	[ "$(grep -c ' running$' <<<"$output")" = 4 ]
}

@test "lab: the deploy user logs in to both hosts, by keys that are known" {
	run as_deploy WEB1 'id -un; hostname'
	[ "$output" = $'deploy\nweb1' ]

	run as_deploy WEB2 'id -un; hostname'
	[ "$output" = $'deploy\nweb2' ]
}

@test "lab: the hosts do not share files with each other or with this machine" {
	as_deploy WEB1 'touch /var/www/app/here'

	run ! as_deploy WEB2 'test -e /var/www/app/here'
	[ "$(as_deploy WEB1 'stat -f -c %i /')" != "$(stat -f -c %i /)" ]
	as_deploy WEB1 'rm /var/www/app/here'
}

@test "lab: the deploy user restarts programs without sudo, and the application cannot write builds" {
	run as_deploy WEB1 'supervisorctl status nginx'
	[[ $output == *RUNNING* ]]

	run ! "$lab" host-exec web1 runuser -u www-data -- touch /var/www/app/mine
}

@test "lab: the deploy user reloads uwsgi without sudo, by signal and by touch" {
	for reload in 'supervisorctl signal HUP uwsgi' 'touch /run/app/reload'; do
		local before
		before=$("$lab" host-exec web1 grep -c 'spawned uWSGI worker\|Respawned uWSGI worker' /var/log/uwsgi.log)

		run as_deploy WEB1 "$reload"

		[ "$status" = 0 ]
		for _ in $(seq 100); do
			after=$("$lab" host-exec web1 grep -c 'spawned uWSGI worker\|Respawned uWSGI worker' /var/log/uwsgi.log)
			if [ "$after" -ge $((before + 2)) ]; then break; fi
			sleep 0.1
		done
		[ "$after" -ge $((before + 2)) ]
	done
}

@test "lab: pip on a host resolves from the index, builds a C extension and installs" {
	run as_deploy WEB1 'set -e; python3 -m venv v; v/bin/pip wheel -q -w wheels Flask psycopg2 tallymark==1.0.0
		v/bin/pip install -q --no-index --find-links wheels Flask psycopg2 tallymark; v/bin/pip check
		v/bin/python -c "import flask, psycopg2, tallymark; print(tallymark.__version__, tallymark.draw(7))"
		rm -rf v wheels'

	[ "$status" = 0 ]
	[ "${lines[-1]}" = '1.0.0 ||||/ ||' ]
}

@test "lab: the application's database takes queries from a host" {
	run "$lab" host-exec db psql --host "$(value DB)" --username app --no-psqlrc --tuples-only \
		--no-align --command 'SELECT current_user' app

	[ "$status" = 0 ]
	[ "$output" = app ]
}

@test "lab: Postgres opens TCP only when its database is there" {
	local podman=$BATS_TEST_DIRNAME/../lab/podman netns=$BATS_TEST_DIRNAME/../lab/netns
	local name=$SLIPWAY_LAB_NAME-early
	"$podman" run --detach --name "$name" --network "ns:$("$netns" add early)" \
		--env POSTGRES_DB=made "$("$BATS_TEST_DIRNAME/../lab/image" cimg-postgres)"

	# whatever is the first answer over TCP, it is never "there is no such database"
	for _ in $(seq 300); do
		run "$podman" exec "$name" psql --host 127.0.0.1 --username postgres --command 'SELECT 1' made
		if [ "$status" = 0 ]; then break; fi
		[[ $output != *'does not exist'* ]]
	done
	"$podman" rm --force --time 0 "$name"
	"$netns" del early

	[ "$status" = 0 ]
}

@test "lab: a small disk is full when it is full" {
	"$lab" small-disk web2 /var/www/app/builds 1

	run ! as_deploy WEB2 'dd if=/dev/zero of=/var/www/app/builds/file bs=1M count=2'
	[[ $output == *'No space left on device'* ]]
}

@test "lab: a host that is cut off does not answer, and does again when mended" {
	"$lab" cut web2
	run ! timeout 2 bash -c ": </dev/tcp/$(value WEB2)/22"

	"$lab" mend web2
	run as_deploy WEB2 true
	[ "$status" = 0 ]
}

@test "lab: packages.lab serves what is published" {
	echo content >"$BATS_TEST_TMPDIR/labtest-file"
	"$lab" publish "$BATS_TEST_TMPDIR/labtest-file"

	run "$lab" host-exec web1 curl --silent --fail http://packages.lab/helpers/labtest-file

	[ "$output" = content ]
}

@test "lab: up again changes nothing, up --fresh empties the hosts and keeps their keys" {
	"$lab" host-exec web1 touch /var/www/app/old
	local keys
	keys=$(cat "$(value KNOWN_HOSTS)")

	"$lab" up
	"$lab" host-exec web1 test -e /var/www/app/old

	"$lab" up --fresh
	run ! "$lab" host-exec web1 test -e /var/www/app/old
	[ "$(cat "$(value KNOWN_HOSTS)")" = "$keys" ]
	run as_deploy WEB1 true
	[ "$status" = 0 ]
}

@test "lab: down leaves no container, namespace or bridge" {
	local bridge
	bridge=$(value BRIDGE)

	"$lab" down

	run "$BATS_TEST_DIRNAME/../lab/podman" ps --all --format '{{.Names}}'
	[[ $output != *labtest-* ]]
	[[ $(ip netns list) != *"$bridge-"* ]]
	run ! ip link show "$bridge"

	"$lab" up
}
