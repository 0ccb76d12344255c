#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016,SC2154  # rollback.bash sets the variables; what is hostile is not for this shell
# CircleCI's Rollback button: the orb's example of a rollback pipeline, with what the button's dialog gives it.
load rollback

setup_file() { rollback_up rollback_pipeline rollback.yml; }
teardown_file() { rollback_down; }
setup() { rollback_setup; }
teardown() { on_hosts 'rm -f /tmp/hold /tmp/held'; }

# The Rollback button: dialog TO CURRENT [OPTION…]
dialog() {
	local to=$1 current=$2
	shift 2
	pipeline rollback.yml --value pipeline.deploy.environment_name=production --value pipeline.deploy.component_name=visits \
		--value "pipeline.deploy.target_version=$to" --value "pipeline.deploy.current_version=$current" "$@"
}

@test "rollback button: the dialog's target goes live on both hosts, with journal and marker" {
	start_at "$three"
	reason=$(printf 'it "broke" \\ $(reboot)\n`id`; \047x\047 \033[31m</script>')

	dialog "$one" "$three" --value "pipeline.deploy.reason=$reason"

	expect_status 0
	expect_served "$one" One
	marks_of_rollback rollback "$one" SUCCESS
	job mark-canceled '.status == "not_run"'
	job rollback-staging '. == null'
	expect_journal ".event == \"rollback\" and .build == \"$one\" and .previous == \"$three\""
	expect_journal '.reason == "it \"broke\" \\ $(reboot) `id`; '\''x'\'' [31m</script>"'
}

@test "rollback button: nothing is done when what the dialog showed as current is not, or for another environment" {
	start_at "$two"
	everything >before

	dialog "$one" "$three"
	expect_status 1
	expect_text "--expect-current $three: live is $two: nothing was changed"
	job rollback 'any(.steps[]; .name == "Roll back" and .exit == 1)'
	expect_marks rollback ''

	pipeline rollback.yml --value pipeline.deploy.environment_name=elsewhere
	expect_status 0
	output=$(jq -c .workflows "$folder/result.json")
	[ "$output" = '[]' ]
	diff before <(everything)
}

@test "rollback button: a target that is no build's name is refused before any host is asked" {
	dialog "$(printf '%s\n$(touch /tmp/bad)\033[2J' "$one")" "$three"

	expect_status 1
	job rollback 'any(.steps[]; .name == "Roll back" and .exit == 2)'
	output=$(cat "$folder"/rollback/*-roll-back.log)
	expect_text ": not the name of a build"
	[[ $output != *"stage connect"* && $output != *$'\033'* ]]
	expect_marks rollback ''
}

@test "rollback button: without target and current it goes to the build before; a marker that fails is a warning" {
	start_at "$three"
	printf 'CIRCLE_RUNNER_RELEASE=fail\n' >failing.env

	dialog '' '' --env failing.env

	expect_status 0
	expect_text 'warning: deploy marker'
	expect_served "$two" Two
	expect_journal ".event == \"rollback\" and has(\"reason\") == false"
}

@test "rollback button: a build that one host lacks is refused, and those that all have are named" {
	start_at "$three"
	"$lab/lab" host-exec web2 mv "/var/www/app/builds/$one" /var/www/app/aside
	everything >before

	dialog "$one" "$three"
	everything >after
	"$lab/lab" host-exec web2 mv /var/www/app/aside "/var/www/app/builds/$one"

	expect_status 1
	job rollback 'any(.steps[]; .name == "Roll back" and .exit == 6)'
	expect_text "web2.lab: builds/$one is not there"
	expect_text "hint: every host has $two, $three"
	diff before after
	expect_marks rollback ''
}

# dialog_waits TO CURRENT: as dialog, in the background, until it waits for a lock; sets expects, its process.
dialog_waits() {
	"$runner/run" --branch main --config .circleci/rollback.yml "${given[@]}" --value pipeline.deploy.environment_name=production \
		--value "pipeline.deploy.target_version=$1" --value "pipeline.deploy.current_version=$2" >expects.out 2>&1 3>&- &
	expects=$!
	for _ in $(seq 1200); do
		if grep -q ': waiting' expects.out; then return; fi
		read -rt 0.1 <> <(:) || true
	done
	false
}

@test "rollback button: while a deploy runs it is refused, or waits, as lock_wait says, or is canceled" {
	start_at "$three"
	# The deploy is in hooks/prepare until the file is gone.
	on_hosts 'touch /tmp/hold'
	printf '%s\n' '#!/bin/sh' 'touch /tmp/held; chmod 666 /tmp/held; while [ -e /tmp/hold ]; do sleep 0.1; done' >repo/deploy/hooks/prepare
	chmod +x repo/deploy/hooks/prepare
	deploy_here Four &
	deploy=$!
	for _ in $(seq 600); do
		if [ "$(on_hosts 'ls /tmp/held' 2>/dev/null | wc -l)" = 2 ]; then break; fi
		read -rt 0.1 <> <(:) || true
	done
	sed -i 's/^\( *\)track_release: true/&\n\1lock_wait: 0/' repo/.circleci/rollback.yml
	git -C repo -c user.name=test -c user.email=test@example.com commit -q -a -m 'no wait'

	dialog "$two" ''
	expect_status 1
	job rollback 'any(.steps[]; .name == "Roll back" and .exit == 6)'
	expect_text "another deploy is at work: nothing was changed"
	marks_of_rollback rollback "$two" "FAILED --failure-reason=another deploy is at work: nothing was changed"

	sed -i 's/lock_wait: 0/lock_wait: 300/' repo/.circleci/rollback.yml
	git -C repo rm -q --cached deploy/hooks/prepare
	git -C repo -c user.name=test -c user.email=test@example.com commit -q -a -m 'wait'
	dialog_waits "$one" "$three"
	kill -USR1 "$expects"
	wait "$expects" || true
	folder=state/pipelines/$(cat state/pipeline.number)
	job rollback '.status == "canceled"'
	expect_marks mark-canceled 'update production-rollback --status=CANCELED'

	dialog_waits "$one" "$three"
	on_hosts 'rm /tmp/hold'
	wait "$deploy"
	status=0
	wait "$expects" || status=$?

	# It waited, and then what it was to expect was not live any more.
	[ "$status" = 1 ]
	grep -q 'another deploy changed what is live: nothing was changed' expects.out
	expect_served "$(tail -n 1 builds)" Four

	dialog "$one" "$(tail -n 1 builds)"
	expect_status 0
	expect_served "$one" One
}
