#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154  # runner.bash sets the variables
# The orb's jobs, run by the local runner on the sample application: caches, results, and what
# stops a job. The deploy itself, step by step, is demo-main.bats.
load runner

export SLIPWAY_LAB_NAME=orbjobs
dist=${SLIPWAY_DIST:-$checkout/build/dist}

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return 1
	"$lab/lab" up --fresh 3>&-
	"$lab/images" >images
	"$lab/lab" publish "$dist"/*
	"$checkout/orb/pack" --helpers-url http://packages.lab/helpers orb.yml "$dist"/*.sha256
	sed -z 's/\n/\\n/g; s/^/DEPLOY_KNOWN_HOSTS=/' "$(env_of KNOWN_HOSTS)" >context
	: >empty-context
	cp -r "$checkout/tests/sample-app" repo
	sed -i 's/example\.com/lab/' repo/deploy/hosts
	git -C repo init -q -b main
	commit first
	pipeline other
	printf '%s\n' "$status" >first.status
}

teardown_file() {
	"$lab/lab" down
}

# env_of NAME: a value of the lab.
env_of() {
	sed -n "s/^LAB_$1=//p" "$("$lab/lab" env)"
}

commit() {
	git -C repo add -A
	git -C repo -c user.name=test -c user.email=test@example.com commit -q -m "$1"
}

# pipeline BRANCH [OPTION…]: one at the present commit; sets status and output.
pipeline() {
	local branch=$1 hosts=() name address
	shift
	while read -r name address; do hosts+=(--add-host "$name=$address"); done < <("$lab/lab" hosts)
	git -C repo branch -q -f "$branch" 2>/dev/null || true
	run "$runner/run" --project repo --branch "$branch" --state state --images images \
		--orb "$orb_name=orb.yml" --ssh-key "=$(env_of SSH_KEY)" "${hosts[@]}" \
		--context production-deploy=context "$@" 3>&-
}

setup() {
	cd "$BATS_FILE_TMPDIR" || return 1
}

# result FILTER: a jq filter that is true for the last pipeline's result.
result() {
	output=$(cat "state/pipelines/$(cat state/pipeline.number)/result.json")
	expect_json "$1"
}

@test "orb test: tests pass against Postgres, results and artifacts are kept" {
	[ "$(cat first.status)" = 0 ]
	output=$(cat state/pipelines/1/result.json)
	expect_json '.workflows[0].jobs[0] | .name == "test" and .status == "success"'
	expect_json '.workflows[0].jobs[0].tests | .tests > 0 and .failures == 0'
	expect_json '.workflows[0].jobs[0].artifacts == ["test-reports/junit.xml"]'
}

@test "orb test: with the same requirements all wheels are from the cache" {
	pipeline other

	expect_status 0
	expect_text "all wheels are from the cache"
	[[ $output != *Downloading* ]]
}

@test "orb test: with changed requirements the wheels built for older ones are used again" {
	printf 'click\n' >>repo/requirements.txt
	commit 'name what we use'

	pipeline other

	expect_status 0
	expect_text ".cache/slipway/wheels/tallymark-1.0.0"
	[[ $output != *"Building wheel"* ]]
}

@test "orb test: a failing test fails the job, its report is kept, nothing is deployed" {
	printf 'def test_fails():\n    assert False\n' >repo/tests/test_fails.py
	commit 'a mistake'

	pipeline main
	git -C repo rm -q tests/test_fails.py
	commit 'no mistake'

	expect_status 1
	result '.workflows[0].jobs[0] | .status == "failed" and .tests.failures == 1'
	result '.workflows[0].jobs[1] | .name == "deploy" and .status == "not_run"'
}

@test "orb test: requirements that are not there fail before any cache is asked" {
	git -C repo checkout -q -b nothing
	git -C repo rm -q requirements/test.txt
	commit 'no requirements'

	pipeline nothing
	git -C repo checkout -q main

	expect_status 1
	expect_text "requirements/test.txt"
	[[ $output != *"step  Restore wheels"* ]]
}

@test "orb test: an archive that is not the released one stops the job" {
	archive=$(basename "$dist"/*"$(uname -m).tar.gz")
	mkdir changed
	{ cat "$dist/$archive" && printf 'x'; } >"changed/$archive"
	"$lab/lab" publish changed/*

	pipeline other
	"$lab/lab" publish "$dist"/*

	expect_status 1
	expect_text "not the archive that this orb was released with"
	[[ $output != *"Compute the key"* ]]
}

@test "orb rollback: without host keys nothing is asked of any server" {
	pipeline main --param action=rollback --context production-deploy=empty-context

	expect_status 1
	expect_text "no host keys: DEPLOY_KNOWN_HOSTS is empty"
	expect_text "ssh-keyscan -p 22 web1.lab"
	[[ $output != *"step  Roll back"* ]]
}
