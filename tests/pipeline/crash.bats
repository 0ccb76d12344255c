#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# long
# shellcheck shell=bash disable=SC2154
# Slipway killed at every point of a deploy: tests/crash/README.md says how. CRASH=all strikes at every point
# there is.

load deploy
load crash

@test "crash: the rules name whatever breaks them" {
	python3 "$crash/rules_test.py"
}

@test "crash: a helper killed before any of its calls breaks no rule, and does its work when run again" {
	struck tools crash-tools

	expect_status 0
	[ "$(points violated true crash-tools)" = 0 ]
	for tool in atomic-link prune-builds deploy-lock; do
		[ "$(points holds ".step == \"$tool\"" crash-tools)" -ge 5 ]
	done
}

@test "crash: a deploy that is killed or cut off anywhere breaks no rule, and the next deploy succeeds" {
	export CRASH_SCENARIOS=deploy
	struck run crash-points

	expect_status 0
	[ "$(points violated true crash-points)" = 0 ]
	[ "$(points holds true crash-points)" -ge 60 ]
	for step in inspect lock begin push prepare try migrate activate finish; do
		[ "$(points holds ".step == \"$step\"" crash-points)" -ge 1 ]
	done
	for tool in atomic-link prune-builds deploy-lock; do
		[ "$(points holds ".at | test(\": $tool \")" crash-points)" -ge 1 ]
	done
}
