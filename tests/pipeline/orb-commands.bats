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
