#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154  # rollback.bash sets the variables
# The other ways to roll back in CircleCI: a parameter, an approval, a rerun; and without a checkout.
load rollback

setup_file() {
	rollback_up rollback_by_parameter by-parameter.yml rollback_by_approval by-approval.yml rollback_by_rerun by-rerun.yml
}
teardown_file() { rollback_down; }
setup() { rollback_setup; }

@test "rollback by parameter: to the build before, then to the one that is named" {
	start_at "$one"
	start_at "$two"

	pipeline by-parameter.yml --param action=rollback
	expect_status 0
	expect_served "$one" One
	job rollback-production '.status == "success"'
	expect_journal ".event == \"rollback\" and .build == \"$one\" and .previous == \"$two\""

	pipeline by-parameter.yml --param action=rollback --param "rollback_to=$three"
	expect_status 0
	expect_served "$three" Three
}

@test "rollback by approval: the deploy of the same workflow is taken back, when somebody approves" {
	start_at "$three"
	commit Five

	pipeline by-approval.yml --skip slipway/test --approve approve-rollback

	expect_status 0
	expect_served "$three" Three
	build=$("$lab/lab" host-exec web1 tail -n 1 /var/www/app/.slipway/journal </dev/null | jq -r .previous)
	expect_journal ".event == \"rollback\" and .build == \"$three\" and .commit != \"\""
	expect_marks deploy-production "plan production --target-version=$build --environment-name=production" \
		'update production --status=RUNNING' 'update production --status=SUCCESS'
	marks_of_rollback rollback-production "$three" SUCCESS
	job slipway/mark_canceled '.status == "not_run"'

	pipeline by-approval.yml --skip slipway/test --skip deploy-production --approve approve-rollback
	expect_status 1
	expect_text "live is $(commit_of Three): nothing was changed"
	expect_served "$three" Three
}

@test "rollback by rerun: an older workflow deploys its commit again, as a new build" {
	commit Six
	pipeline by-rerun.yml --skip slipway/test
	expect_status 0
	six=$(live_now)
	expect_served "$six" Six
	deploy_here Seven

	rerun --skip slipway/test

	expect_status 0
	again=$(live_now)
	[ "$again" != "$six" ]
	expect_served "$again" Six
	expect_journal ".event == \"active\" and .commit == \"$(commit_of Six)\""
	expect_marks deploy-production "plan production --target-version=$again --environment-name=production" \
		'update production --status=RUNNING' 'update production --status=SUCCESS'
}

@test "rollback by rerun: what is live already is a success, and nothing is done" {
	grep -q '^redeploy|' "$checkout/scripts/lib/settings.sh" || skip "slipway deploy does not know of it yet"
	commit Eight
	pipeline by-rerun.yml --skip slipway/test
	expect_status 0
	everything >before

	rerun --skip slipway/test

	expect_status 0
	expect_text "$(commit_of Eight) is live already as $(live_now): nothing to do"
	expect_marks deploy-production ''
	diff before <(everything)
}

@test "orb rollback: without a checkout, in a container that has no ~/.ssh" {
	start_at "$one"
	start_at "$two"
	sed 's/^\( *\)name: rollback-production/&\n\1checkout: false\n\1hosts: web1.lab,web2.lab\n\1user: deploy\n\1restart: "command:supervisorctl signal HUP uwsgi"\n\1health_url: http:\/\/127.0.0.1\/healthz\n\1wsgi: wsgi:app\n\1runtime_user: www-data\n\1env_file: \/etc\/app\/env\n\1health_path: \/ready\n\1pre-steps: [{run: {name: bare, command: "ls -A ~ \&\& test ! -e ~\/.ssh"}}]/' \
		repo/.circleci/by-parameter.yml >repo/.circleci/bare.yml
	commit bare

	pipeline bare.yml --param action=rollback

	expect_status 0
	expect_served "$one" One
	job rollback-production 'all(.steps[]; .type != "checkout") and any(.steps[]; .name == "bare" and .exit == 0)'
}
