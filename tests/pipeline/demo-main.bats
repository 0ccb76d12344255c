#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# long
# shellcheck disable=SC2154  # runner.bash sets them
# The main job of tests/demo, as tests. They are steps of one history and run in this order; each
# step checks the whole state that it leaves, so a step that fails makes those after it fail too.
# shellcheck shell=bash disable=SC2034,SC2154

export SLIPWAY_LAB_NAME=demotest
scenario=${BATS_FILE_TMPDIR:-}/scenario

setup_file() {
	load ../demo/scenario.bash
	scenario_start >&2
}

teardown_file() {
	load ../demo/scenario.bash
	watch_stop
	"$lab" down
}

setup() {
	load ../demo/scenario.bash
	scenario_hosts
}

@test "demo: the first push to main is tested and deployed to empty hosts" {
	first_deploy
	watch_start "$PPID"
}

@test "demo: a changed page reaches both hosts" {
	changed_page
}

@test "demo: a changed requirement is built and used on both hosts" {
	changed_requirement
}

@test "demo: a commit whose tests fail is not deployed" {
	failing_tests
}

@test "demo: a push to another branch is tested and not deployed" {
	other_branch
}

@test "demo: a pipeline with action=rollback brings back the release before" {
	rollback
}

@test "demo: a second rollback goes one further back" {
	rollback_again
}

@test "demo: no request was lost since the first deploy" {
	no_request_lost
}
