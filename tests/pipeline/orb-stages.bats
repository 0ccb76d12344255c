#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154  # examples.bash sets the variables
# The orb's examples of deploys in parts: hosts in shards, and a job made of single commands, run on the
# sample application and real hosts.
load examples

setup_file() { examples_up; }
teardown_file() { examples_down; }
setup() { examples_setup; }

@test "example own_deploy_job_from_commands: a job of stages under one lock ends as a deploy does" {
	example own_deploy_job_from_commands "$passing"

	pipeline

	expect_status 0
	expect_jobs 'slipway/test success' 'deploy-production success'
	expect_live "$commit"
	for host in web1 web2; do
		[ "$("$lab/lab" host-exec "$host" sh -c 'cd /var/www/app && ls -d builds/*/.incomplete builds/.[!.]*; ls .slipway/names' </dev/null 2>/dev/null)" = '' ]
	done
}

@test "example deploy_to_many_hosts: shards stage beside each other, and one job makes all of it live" {
	before=$(live web1)
	example deploy_to_many_hosts "$passing"

	pipeline

	expect_status 0
	expect_jobs 'slipway/test success' stage-production\ success{,,,} 'activate-production success'
	[ "$before" != "$commit" ]
	expect_live "$commit"
	expect_text 'slipway: shard 1/4: web1'
	expect_text 'slipway: shard 2/4: web2'
	expect_text 'slipway: nothing for shard 4/4: there are only 2 hosts'

	# The rerun of an old workflow: what is live is staged once more, and is no harm.
	pipeline
	expect_status 0
	expect_live "$commit"
}
