#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154  # examples.bash sets the variables
# The orb's examples, as they are in the packed orb, run on the sample application and real hosts.
# This file: how a push comes to be deployed. Further ones: orb-examples-own.bats, and rollback-button.bats.
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

@test "example deploy_with_approval: nothing is deployed before somebody approves" {
	example deploy_with_approval "$passing"
	before=$(live web1)

	pipeline

	expect_jobs 'slipway/test success' 'plan-production success' 'approve-deploy on_hold' 'deploy-production not_run'
	expect_live "$before"

	pipeline --approve approve-deploy

	expect_status 0
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
	commit 'a mistake'

	pipeline
	git -C repo rm -q tests/test_fails.py

	expect_status 1
	expect_jobs 'test-3.11 failed' 'test-3.11.2 failed' 'deploy-production not_run'
}
