#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154  # examples.bash sets the variables
# The orb's examples, as they are in the packed orb, run on the sample application and real hosts.
# This file: jobs of one's own, and other workflows.
load examples

setup_file() { examples_up; }
teardown_file() { examples_down; }
setup() { examples_setup; }

@test "example helpers_without_the_jobs: a folder of one's own is sent by the helpers" {
	mkdir -p repo/docs
	echo 'read me' >repo/docs/index.html
	example helpers_without_the_jobs

	pipeline

	expect_status 0
	for host in web1 web2; do
		[ "$("$lab/lab" host-exec "$host" cat /home/deploy/docs/index.html </dev/null)" = 'read me' ]
	done
}

@test "example check_hosts_every_night: passes on good hosts, deploys nothing, fails on drift" {
	example check_hosts_every_night "$passing"

	pipeline

	expect_jobs 'slipway/test success' 'deploy-production success'
	example check_hosts_every_night "$passing"
	before=$(live web1)

	pipeline --value pipeline.schedule.name=nightly-check

	expect_jobs 'check-production success'
	expect_live "$before"
	"$lab/lab" host-exec web2 sh -c 'cd /var/www/app && mv current current.aside' </dev/null

	pipeline --value pipeline.schedule.name=nightly-check
	"$lab/lab" host-exec web2 sh -c 'cd /var/www/app && mv current.aside current' </dev/null

	expect_jobs 'check-production failed'
}

@test "example plan_on_pull_requests: a branch is planned and nothing is changed" {
	git -C repo checkout -q -b change
	example plan_on_pull_requests "$passing"
	git -C repo checkout -q main
	before=$(live web1)

	pipeline --branch change

	expect_status 0
	expect_jobs 'slipway/test success' 'plan-production success'
	artifacts plan-production | grep -x deploy-report/plan.html
	expect_live "$before"
}
