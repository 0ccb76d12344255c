#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154  # examples.bash sets the variables
# The orb's examples, as they are in the packed orb, run on the sample application and real hosts.
# Those of a rollback are in rollback-button.bats.
load examples

setup_file() { examples_up; }
teardown_file() { examples_down; }
setup() { examples_setup; }

@test "example test_and_deploy: a push to main is tested and deployed" {
	# The sample's requirements for tests are in a folder; its key is the project's only one.
	example test_and_deploy '
		.workflows[].jobs[0]["slipway/test"].requirements_file = "requirements.txt requirements/test.txt" |
		del(.workflows[].jobs[1]["slipway/deploy"].ssh_fingerprint)'

	pipeline

	expect_status 0
	expect_jobs 'slipway/test success' 'deploy-production success'
	expect_live "$commit"
}

@test "example deploy_a_tag: a tag is deployed, a branch is not" {
	example deploy_a_tag "$passing"
	git -C repo tag v1.2.3

	pipeline
	expect_jobs 'slipway/test success'

	pipeline --tag v1.2.3

	expect_status 0
	expect_jobs 'slipway/test success' 'deploy-production success'
	expect_live "$commit"
}

@test "example staging_then_production: production gets what staging has, when it is approved" {
	example staging_then_production "$passing"
	before=$(live web2)

	pipeline

	expect_live "$commit" web1
	expect_live "$before" web2

	pipeline --approve approve-production

	expect_status 0
	expect_live "$commit" web2
}

@test "example test_with_several_pythons: each version is tested, and only then deployed" {
	# The lab has one version of Python; 3.11.2 is its full name.
	example test_with_several_pythons '
		.workflows[].jobs[0]["slipway/test"].matrix.parameters.python_version = ["3.11", "3.11.2"] |
		.workflows[].jobs[0]["slipway/test"].requirements_file = "requirements/test.txt"'
	printf 'def test_fails():\n    assert False\n' >repo/tests/test_fails.py
	git -C repo add -A
	git -C repo -c user.name=test -c user.email=test@example.com commit -q -m 'a mistake'

	pipeline
	git -C repo rm -q tests/test_fails.py

	expect_status 1
	expect_jobs 'test-3.11 failed' 'test-3.11.2 failed' 'deploy-production not_run'
}

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

