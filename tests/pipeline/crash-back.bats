#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# long
# shellcheck shell=bash disable=SC2154
# Slipway killed at every point of a rollback, of a deploy that is taken back, and of one that makes an
# environment: tests/crash/README.md says how. With crash.bats at least 100 points in all.

load deploy
load crash

@test "crash: a rollback, or a deploy that goes back, killed or cut off anywhere breaks no rule, and the next deploy succeeds" {
	export CRASH_SCENARIOS=${CRASH_SCENARIOS:-rollback failing env}
	struck run crash-back-points

	expect_status 0
	[ "$(points violated true crash-back-points)" = 0 ]
	[ "$(points holds true crash-back-points)" -ge 40 ]
	[ "$(points holds '.step == "back"' crash-back-points)" -ge 1 ]
	for scenario in $CRASH_SCENARIOS; do
		[ "$(points holds ".scenario == \"$scenario\"" crash-back-points)" -ge 1 ]
	done
}
