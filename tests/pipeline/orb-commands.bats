#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154  # deploy.bash sets the variables
# The orb's commands that need hosts, each run as a job's step would be, with what a processor makes of its
# parameters, against real hosts.
load deploy

setup_file() {
	deploy_hosts_up
	cd "$BATS_FILE_TMPDIR" || return 1
	local arch
	for arch in x86_64 aarch64; do
		printf '%064d  slipway-helpers-%s-linux-%s.tar.gz\n' 0 "$(cat "$checkout/VERSION")" "$arch" >"$arch"
	done
	"$checkout/orb/pack" orb.yml x86_64 aarch64
}
teardown_file() { deploy_hosts_down; }

setup() {
	deploy_setup
	: >../bash_env
}

# in_job COMMAND [PARAMETER=VALUE…]: the orb's command; what it exports is there for the next.
in_job() {
	BASH_ENV=$PWD/../bash_env "$checkout/tests/runner/command.py" "$BATS_FILE_TMPDIR/orb.yml" "$@"
}

@test "orb configure: parameters win over deploy/settings, in every step after it" {
	settings project_root=/nowhere requirements_file=none restart=none
	in_job configure "project_root=$root" keep_releases=2

	run in_job deploy

	expect_status 0
	on web1 "test -d '$root/current/'"
}

@test "orb configure: another file of settings" {
	mv deploy/settings deploy/settings.staging
	in_job configure settings=deploy/settings.staging

	run in_job deploy

	expect_status 0
	on web2 "test -d '$root/current/'"
}

@test "orb rollback: to the build before, to a named one, and not from another than expected" {
	deploy_first
	echo two >page.txt
	slipway deploy 2>../log
	second=$(sed -n 's/^slipway: build //p' ../log)

	run in_job rollback
	expect_status 0
	expect_live "$first"

	run in_job rollback "expect_current=$second"
	expect_status 1
	expect_live "$first"

	run in_job rollback "to=$second"
	expect_status 0
	expect_live "$second"
}

# A stage is a step; each says what came of it.
@test "orb: a deploy out of its stages, under one lock, is as good as one in one step" {
	hook migrate "echo migrated >>$root/shared/migrations"

	for command in lock push_build build_env try_build migrate; do
		run in_job "$command"
		expect_status 0
		for host in web1 web2; do
			run ! on "$host" "test -e '$root/current'"
		done
	done
	run in_job activate_build
	expect_status 0
	build=$(live web1)
	expect_live "$build"
	[ -s deploy-report/report.html ]
	run in_job prune_builds
	expect_status 0
	run in_job unlock

	expect_status 0
	[ "$(on web1 "cat '$root/shared/migrations'")" = migrated ]
	run slipway unlock
	expect_line free
}

@test "orb lock: between the stages of a job no other deploy comes in" {
	in_job lock

	CIRCLE_BUILD_URL=https://ci/2 run slipway deploy --lock-wait 0

	expect_status 6
	expect_line "another deploy is at work"
	in_job unlock
	run slipway deploy
	expect_status 0
}

@test "orb stage_build, activate_build: what one job of a workflow stages, another makes live" {
	export CIRCLE_WORKFLOW_ID=w-$RANDOM
	run in_job stage_build
	expect_status 0
	run ! on web1 "test -e '$root/current'"

	run in_job activate_build

	expect_status 0
	expect_live "$(on web1 "ls '$root/builds'")"
}

@test "orb activate_build: a build by its name, and not one that no host has" {
	deploy_first
	run in_job activate_build build=20200101000000
	expect_status 6
	expect_live "$first"
	echo two >page.txt
	staged=$(slipway stage 2>/dev/null)

	run in_job activate_build "build=$staged"

	expect_status 0
	expect_live "$staged"
}

@test "orb push_build: a rerun of a workflow whose commit is live already deploys nothing" {
	deploy_first
	export CIRCLE_SHA1=0123456789012345678901234567890123456789
	run in_job deploy
	expect_status 0
	second=$(live web1)

	run in_job deploy

	expect_status 0
	expect_line "is live already"
	expect_live "$second"
}

@test "orb run_on_hosts: a command line runs in the live build of every host, and one that fails fails the step" {
	deploy_first

	run in_job run_on_hosts "command=cat page.txt | tr a-z A-Z; echo \"\$(basename \"\$PWD\")\"" step_name=Shout
	expect_status 0
	expect_line "== Shout"
	expect_line ONE
	expect_line "$first"

	run in_job run_on_hosts 'command=test -e nothing'
	expect_status 6
}

@test "orb plan: says what would be done, leaves a page, changes nothing" {
	deploy_first
	echo changed >page.txt

	run in_job plan

	expect_status 0
	expect_line page.txt
	[ -s deploy-report/plan.html ]
	expect_live "$first"
	[ "$(on web1 "ls '$root/builds'")" = "$first" ]
}

@test "orb check_hosts: hosts that differ fail it, and the second look is had all the same" {
	deploy_first
	echo two >page.txt
	slipway deploy --hosts "deploy@${address[web1]}"

	run in_job check_hosts

	expect_status 1
	expect_line "hosts differ in what is live"
	expect_line "== Look for known traps"
}

@test "orb list_builds: prints names that a rollback takes" {
	deploy_first

	run in_job list_builds

	expect_status 0
	expect_line "$first"
}
