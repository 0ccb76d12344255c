#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154
# Deploy markers of slipway on two real hosts. The circleci command is the runner's (tests/runner/shim), which
# keeps to CircleCI's rules; what it was told is release.log.

load deploy

setup_file() { deploy_hosts_up; }
teardown_file() { deploy_hosts_down; }
setup() {
	deploy_setup
	mkdir ../ci
	ln -s "$checkout/tests/runner/shim/circleci" ../ci/circleci
	export PATH=$BATS_TEST_TMPDIR/ci:$PATH CIRCLE_RUNNER_DIR=$BATS_TEST_TMPDIR
	export SLIPWAY_TRACK_RELEASE=1 SLIPWAY_ENVIRONMENT_NAME=production SLIPWAY_COMPONENT_NAME=shop
}

built() { sed -n 's/^slipway: build //p' <<<"$output"; }

# expect_marks LINE...: all that circleci was told; "release" in front of each is left out.
expect_marks() {
	if [ "$(sed 's/^release //' ../release.log 2>/dev/null)" != "$(printf '%s\n' "$@")" ]; then
		cat ../release.log >&2
		return 1
	fi
}

# next_workflow: what is told from here on is of another.
next_workflow() { rm -f ../release.log; }

@test "slipway: a deploy and a rollback are planned, running and a success; the version is the build's name" {
	run slipway deploy
	expect_status 0
	first=$(built)
	expect_marks "plan shop-production --target-version=$first --environment-name=production --component-name=shop" \
		'update shop-production --status=RUNNING' 'update shop-production --status=SUCCESS'
	echo two >page.txt
	slipway deploy --environment-name staging 2>../log

	# In the workflow of that deploy: the names differ.
	run slipway rollback --environment-name staging

	expect_status 0
	expect_live "$first"
	[ "$(tail -n 3 ../release.log)" = "release plan shop-staging-rollback --target-version=$first --environment-name=staging --component-name=shop --rollback
release update shop-staging-rollback --status=RUNNING
release update shop-staging-rollback --status=SUCCESS" ]
	run ! grep refused ../release.log
}

@test "slipway: a release that is not healthy has failed, with the reason in one line, and once" {
	deploy_first
	next_workflow
	# On one host, as the first that fails stops the others.
	hook healthcheck '[ "$(uname -n)" != web2 ]'

	run slipway deploy --health-retries 1

	expect_status 6
	expect_marks "plan shop-production --target-version=$(built) --environment-name=production --component-name=shop" \
		'update shop-production --status=RUNNING' \
		"update shop-production --status=FAILED --failure-reason=builds/$(built) is not healthy on web2"
}

@test "slipway: a deploy that is told to end is canceled, after all is undone" {
	deploy_first
	next_workflow
	hook prepare "touch $root/here; sleep 60"
	slipway deploy 2>../log 3>&- &
	pid=$!
	await 30 on web1 "test -e $root/here"
	kill "$pid"
	status=0
	wait "$pid" || status=$?

	expect_status 143
	expect_live "$first"
	grep -qx 'release update shop-production --status=CANCELED' ../release.log
	run ! grep -E 'SUCCESS|FAILED' ../release.log
}

@test "slipway: what ends before a build has its name, or changes nothing, is no release" {
	deploy_first
	next_workflow

	run slipway rollback --to "$first"
	expect_status 0
	run slipway rollback --expect-current 20260101000000
	expect_status 1
	run slipway deploy --requirements-file nowhere.txt
	expect_status 3

	expect_marks ''
}

@test "slipway: a marker that fails, or hangs, is a warning and changes no deploy" {
	CIRCLE_RUNNER_RELEASE=fail run slipway deploy
	expect_status 0
	expect_live "$(built)"
	expect_line 'warning: deploy marker: circleci run release plan: Error: no deploy markers here'
	[ "$(wc -l <../release.log)" = 1 ]
	next_workflow
	echo two >page.txt

	CIRCLE_RUNNER_RELEASE=hang run slipway deploy
	expect_status 0
	expect_live "$(built)"
	expect_line 'warning: deploy marker: circleci run release plan: no answer in 10 s'
	expect_marks ''
	echo three >page.txt

	CIRCLE_RUNNER_RELEASE=fail:update run slipway deploy
	expect_status 0
	expect_live "$(built)"
	[ "$(grep -c 'warning: deploy marker' <<<"$output")" = 2 ]
}

@test "slipway: without a circleci command that is said, and without track_release nothing is asked of it" {
	rm ../ci/circleci
	run slipway deploy
	expect_status 0
	[ "$(grep -c 'warning: deploy marker: there is no circleci command here' <<<"$output")" = 1 ]

	ln -s "$checkout/tests/runner/shim/circleci" ../ci/circleci
	echo two >page.txt
	SLIPWAY_TRACK_RELEASE=0 run slipway deploy
	expect_status 0
	expect_marks ''
}
@test "slipway: the name of a marker: release_name, or component and environment, or default" {
	# name_of SETTING...: with these settings.
	name_of() {
		next_workflow
		env -u SLIPWAY_COMPONENT_NAME -u SLIPWAY_ENVIRONMENT_NAME "$@" slipway mark plan --build 20260101000000 || return
		cut -d ' ' -f 3 ../release.log
	}

	[ "$(name_of true=1)" = default ]
	[ "$(name_of SLIPWAY_ENVIRONMENT_NAME=production)" = production ]
	[ "$(name_of SLIPWAY_COMPONENT_NAME='--my shop' SLIPWAY_ENVIRONMENT_NAME=eu/west)" = my-shop-eu-west ]
	[ "$(name_of SLIPWAY_COMPONENT_NAME=shop SLIPWAY_RELEASE_NAME=blue)" = blue ]
	run slipway mark plan --build 20260101000000 --release-name '-x y'
	expect_status 2
}

@test "slipway mark: one marker by hand; what may not be is a warning" {
	SLIPWAY_BUILD=20260101000000 run slipway mark plan
	expect_status 0
	run slipway mark running
	expect_status 0
	run slipway mark failed --reason "$(printf 'out of\n\033[31mluck %0300d' 1)"
	expect_status 0
	expect_marks "plan shop-production --target-version=20260101000000 --environment-name=production --component-name=shop" \
		'update shop-production --status=RUNNING' \
		"update shop-production --status=FAILED --failure-reason=$(printf 'out of [31mluck %0300d' 1 | head -c 200)"

	run slipway mark canceled
	expect_status 0
	expect_line 'warning: deploy marker: circleci run release update: Error: release shop-production has ended: FAILED'

	run slipway mark plan
	expect_status 2
	run slipway mark plan --build ../x
	expect_status 2
	run slipway mark 'done'
	expect_status 2
	run slipway mark
	expect_status 2
}
