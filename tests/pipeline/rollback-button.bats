#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154  # runner.bash sets the variables
# The ways to roll back in CircleCI's UI, as the orb's examples have them, run by the local runner against two
# real hosts with three builds. An example is put into the repository as it is in the packed orb.
load runner

export SLIPWAY_LAB_NAME=${SLIPWAY_TEST_LAB:-rollbutton}
dist=${SLIPWAY_DIST:-$checkout/build/dist}

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return 1
	"$lab/lab" up --fresh 3>&-
	"$lab/images" >images
	"$checkout/orb/pack" --helpers-url http://packages.lab/helpers orb.yml "$dist"/*.sha256
	sed -z 's/\n/\\n/g; s/^/DEPLOY_KNOWN_HOSTS=/' "$(env_of KNOWN_HOSTS)" >context
	cp -r "$checkout/tests/sample-app" repo
	sed -i 's/example\.com/lab/' repo/deploy/hosts
	printf '%s\n' '[production:children]' web >>repo/deploy/hosts
	sed -i 's/^keep_releases=.*/keep_releases=0/; $atry_settle=1' repo/deploy/settings
	sed "s/^web1.lab/& ansible_host=$(env_of WEB1)/; s/^web2.lab/& ansible_host=$(env_of WEB2)/" repo/deploy/hosts >hosts
	git -C repo init -q -b main
	example rollback_pipeline rollback.yml
	example rollback_by_parameter by-parameter.yml
	example rollback_by_approval by-approval.yml
	example rollback_by_rerun by-rerun.yml
	: >builds
	for word in One Two Three; do deploy_here "$word"; done
}

teardown_file() {
	[ -n "${SLIPWAY_TEST_LAB:-}" ] || "$lab/lab" down
}

setup() {
	cd "$BATS_FILE_TMPDIR" || return 1
	{ read -r one && read -r two && read -r three; } <builds
}

teardown() {
	on_hosts 'rm -f /tmp/hold /tmp/held'
}

# env_of NAME: a value of the lab.
env_of() { sed -n "s/^LAB_$1=//p" "$("$lab/lab" env)"; }

# on_hosts COMMAND: as root, one host after the other.
on_hosts() { for host in web1 web2; do "$lab/lab" host-exec "$host" sh -c "$1" </dev/null; done; }

# example NAME FILE: the usage of an example of the packed orb is .circleci/FILE.
example() {
	/usr/bin/python3 -c 'import sys, yaml; print(yaml.safe_dump(yaml.safe_load(open("orb.yml"))["examples"][sys.argv[1]]["usage"]))' \
		"$1" >"repo/.circleci/$2"
}

# commit HEADING: of a release whose page has it.
commit() {
	sed -i "s,<h1>.*</h1>,<h1>$1</h1>," repo/visits/templates/page.html
	git -C repo add -A
	git -C repo -c user.name=test -c user.email=test@example.com commit -q --allow-empty -m "$1"
}

# here COMMAND...: slipway, as somebody with a checkout does it by hand, without a job.
here() {
	(cd repo && env -u TMPDIR "PATH=$bin:$PATH" "CIRCLE_SHA1=$(git rev-parse HEAD)" SLIPWAY_HOSTS=../hosts SLIPWAY_REPORT_DIR=none \
		"SLIPWAY_IDENTITY=$(env_of SSH_KEY)" "SLIPWAY_KNOWN_HOSTS=$(env_of KNOWN_HOSTS)" \
		"$checkout/scripts/slipway" "$@") 2>here.log 3>&- || {
		cat here.log >&2
		return 1
	}
}

# deploy_here HEADING: a release more, which goes into builds.
deploy_here() {
	commit "$1"
	here deploy
	sed -n 's/^slipway: build //p' here.log >>builds
}

# start_at BUILD: it is live when the test begins.
start_at() { SLIPWAY_TRY=none here rollback --to "$1"; }

# pipeline CONFIG [OPTION…]: one on main; sets status and output, and folder, where its results are.
pipeline() {
	local config=$1
	shift
	run "$runner/run" --branch main --config ".circleci/$config" "${given[@]}" "$@" 3>&-
	folder=state/pipelines/$(cat state/pipeline.number)
}

# rerun: the pipeline that pipeline ran last.
rerun() {
	run "$runner/run" --rerun "$(cat state/pipeline.number)" "${given[@]}" "$@" 3>&-
	folder=$(find state/pipelines -maxdepth 1 -name "$(cat state/pipeline.number).*" | sort | tail -n 1)
}

# What is the project's, for every pipeline.
set_given() {
	local name address
	given=(--project repo --state state --images images --orb "$orb_name=orb.yml" --ssh-key "=$(env_of SSH_KEY)"
		--context production-deploy=context)
	while read -r name address; do given+=(--add-host "$name=$address"); done < <("$lab/lab" hosts)
}
set_given

# The Rollback button: dialog TO CURRENT [OPTION…]
dialog() {
	local to=$1 current=$2
	shift 2
	pipeline rollback.yml --value pipeline.deploy.environment_name=production --value pipeline.deploy.component_name=visits \
		--value "pipeline.deploy.target_version=$to" --value "pipeline.deploy.current_version=$current" "$@"
}

# expect_served BUILD HEADING: by both hosts, each time.
expect_served() {
	local page host
	[ "$(on_hosts 'readlink /var/www/app/current' | sort -u)" = "builds/$1" ] || return
	for host in WEB1 WEB1 WEB1 WEB2 WEB2 WEB2; do
		page=$(curl -sS --fail --max-time 10 --noproxy '*' "http://$(env_of "$host")/")
		if [[ $page != *"id=\"release\">$1<"* || $page != *"<h1>$2</h1>"* ]]; then
			printf '%s serves:\n%s\n' "$host" "$page" >&2
			return 1
		fi
	done
}

# expect_journal FILTER: a jq filter that is true for the last line of both hosts' journals.
expect_journal() {
	local output
	output=$(on_hosts 'tail -n 1 /var/www/app/.slipway/journal' | jq -s .)
	expect_json "length == 2 and all(.[]; $1)"
}

# expect_marks JOB LINE...: what that job has told CircleCI; "release" in front of each is left out.
expect_marks() {
	local job=$1
	local marked
	shift
	marked=$(sed 's/^release //' "$folder/$job/release.log" 2>/dev/null) || :
	[ "$marked" = "$(printf '%s\n' "$@")" ] || {
		printf 'marked:\n%s\n' "$marked" >&2
		return 1
	}
}

# job JOB FILTER: a jq filter that is true for its record.
job() {
	local output
	output=$(jq "[.workflows[].jobs[] | select(.name == \"$1\")] | first" "$folder/result.json")
	expect_json "$2"
}

marks_of_rollback() {
	expect_marks "$1" "plan production-rollback --target-version=$2 --environment-name=production --rollback" \
		'update production-rollback --status=RUNNING' "update production-rollback --status=$3"
}

# live_now: the build of the last event on web1.
live_now() { "$lab/lab" host-exec web1 tail -n 1 /var/www/app/.slipway/journal </dev/null | jq -r .build; }

commit_of() { git -C repo rev-list HEAD --grep "^$1\$"; }

everything() { on_hosts 'cd /var/www/app && readlink current && ls builds && cat .slipway/journal'; }

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

@test "rollback button: while a deploy runs it is refused, or waits, as lock_wait says" {
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
	"$runner/run" --branch main --config .circleci/rollback.yml "${given[@]}" --value pipeline.deploy.environment_name=production \
		--value "pipeline.deploy.target_version=$one" --value "pipeline.deploy.current_version=$three" >expects.out 2>&1 3>&- &
	expects=$!
	for _ in $(seq 600); do
		if grep -q ': waiting' expects.out; then break; fi
		read -rt 0.1 <> <(:) || true
	done
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
