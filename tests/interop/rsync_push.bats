#!/usr/bin/env bats
# shellcheck shell=bash disable=SC2034,SC2154
# SPDX-License-Identifier: MIT
# rsync_push.bats: rsync-push and the stock rsync do the same. INTEROP_SEED=N tries other cases,
# INTEROP_RSYNC=PATH another server.

@test "rsync-push: hides what rsync hides, for random rules" {
	run "$BATS_TEST_DIRNAME/filter" a 100

	echo "$output"
	[ "$status" = 0 ]
}

@test "rsync-push: hides what rsync hides, for random rules in another tree" {
	run "$BATS_TEST_DIRNAME/filter" b 100

	echo "$output"
	[ "$status" = 0 ]
}

@test "rsync-push: makes the trees and says the lines of rsync, cases 0 to 29" {
	run "$BATS_TEST_DIRNAME/push" 0 30

	echo "$output"
	[ "$status" = 0 ]
}

@test "rsync-push: makes the trees and says the lines of rsync, cases 30 to 59" {
	run "$BATS_TEST_DIRNAME/push" 30 30

	echo "$output"
	[ "$status" = 0 ]
}

@test "rsync-push: makes the trees and says the lines of rsync, cases 60 to 89" {
	run "$BATS_TEST_DIRNAME/push" 60 30

	echo "$output"
	[ "$status" = 0 ]
}
