#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154
# Slipway killed at every point: tests/crash/README.md says how. CRASH=all strikes at every point there is.

load deploy

setup_file() {
	deploy_hosts_up
	gcc -std=c11 -O2 -Wall -Wextra -Werror -static -o "$BATS_FILE_TMPDIR/trace" "$checkout/tests/crash/trace.c"
}
teardown_file() { deploy_hosts_down; }
setup() {
	deploy_setup
	unset SLIPWAY_TRY
	crash=$checkout/tests/crash
	artifacts=${ARTIFACTS:-$checkout/build/test/artifacts}
	mkdir -p "$artifacts" ../work
}

# struck PROGRAM NAME: run it, with its table at artifacts/NAME.{md,json}, and print that.
struck() {
	local folder
	folder=$(cd ../work && pwd -P)
	run "$crash/$1" "$folder" "$(dirname "$(command -v remote-run)")" "$BATS_FILE_TMPDIR/trace" "$artifacts/$2"
	sed 's/^/# /' "$artifacts/$2.md" >&3
}

# points VERDICT FILTER NAME: how many points of the table, chosen by a filter of jq, have that verdict.
points() {
	jq --arg verdict "$1" "[.points[] | select(.verdict == \$verdict) | select($2)] | length" "$artifacts/$3.json"
}

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

@test "crash: a deploy or rollback that is killed or cut off anywhere breaks no rule, and the next deploy succeeds" {
	struck run crash-points

	expect_status 0
	[ "$(points violated true crash-points)" = 0 ]
	[ "$(points holds true crash-points)" -ge 100 ]
	for step in inspect lock begin push prepare try migrate activate finish back; do
		[ "$(points holds ".step == \"$step\"" crash-points)" -ge 1 ]
	done
	for tool in atomic-link prune-builds deploy-lock; do
		[ "$(points holds ".at | test(\": $tool \")" crash-points)" -ge 1 ]
	done
	for scenario in deploy rollback failing env; do
		[ "$(points holds ".scenario == \"$scenario\"" crash-points)" -ge 1 ]
	done
}
