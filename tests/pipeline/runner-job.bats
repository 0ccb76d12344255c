#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2119,SC2154  # pipeline without options; runner.bash sets the variables
# The local runner: one pipeline in real containers, and what it did, step by step.
load runner

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return 1
	mkdir -p repo/.circleci
	read -r python postgres <<<"$("$lab/image" cimg-python cimg-postgres | tr '\n' ' ')"
	printf 'cimg/python:* %s\ncimg/postgres:* %s\n' "$python" "$postgres" >images
	# Values of four characters and more would be masked.
	printf 'LEVEL=pro\nPROJECT_ONLY=pro\nSECRET=correct horse\n' >project.env
	printf 'LEVEL=1st\nCONTEXT_ONLY=1st\n' >first.env
	printf 'LEVEL=2nd\nCONTEXT_ONLY=2nd\nLINES=a\\nb\n' >second.env
	ssh-keygen -q -t ed25519 -N '' -C '' -f key
	ssh-keygen -q -t ed25519 -N '' -C '' -f other
	fingerprint=$(ssh-keygen -lf key | cut -d ' ' -f 2)
	sed "s|@FINGERPRINT@|$fingerprint|" "$runner/samples/kitchen-sink.yml" >repo/.circleci/config.yml
	git -C repo init -q -b main
	commit first
	pipeline --param workflow=all
	printf '%s\n' "$output" >first.out
	commit second
	pipeline --param workflow=cache
}

# commit TEXT: a commit of repo whose file `content` holds it.
commit() {
	printf '%s\n' "$1" >repo/content
	git -C repo add -A
	git -C repo -c user.name=test -c user.email=test@example.com commit -q -m "$1"
}

# pipeline [OPTION…]: runs one on main; sets status and output.
pipeline() {
	run "$runner/run" --project repo --branch main --state state --images images \
		--env project.env --context first=first.env --context second=second.env \
		--ssh-key web1=key --ssh-key =other "$@" 3>&-
}

setup() {
	cd "$BATS_FILE_TMPDIR" || return 1
	folder=state/pipelines/1
}

# log JOB NAME: the log of a job's step.
log() {
	output=$(cat "$folder/$1/"*-"$2.log")
}

# step JOB NAME FILTER: a jq filter that is true for the step's record.
step() {
	output=$(jq ".workflows[].jobs[] | select(.name == \"$1\") | .steps[] | select(.name == \"$2\")" \
		"$folder/result.json")
	[ -n "$output" ] && expect_json "$3"
}

# status_of JOB
status_of() {
	jq -r ".workflows[].jobs[] | select(.name == \"$1\") | .status" "$folder/result.json"
}

@test "runner: checks out the pipeline's commit on its branch with the image's git" {
	log basics where

	expect_text "branch main"
	expect_text "content first"
	expect_text "/home/circleci/project"
	expect_text "sha $(git -C repo rev-parse HEAD^)"
}

@test "runner: a step's environment beats the job's, the contexts', the project's and the image's" {
	log basics precedence

	expect_text "step LEVEL=step"
	expect_text "job JOB_ONLY=job"
	expect_text "context CONTEXT_ONLY=2nd"
	expect_text "project PROJECT_ONLY=pro"
	expect_text "image IMAGE_ONLY=image"
}

@test "runner: a job's environment beats its contexts, and later contexts earlier ones" {
	log basics job-level

	[ "$output" = "LEVEL=job" ]
}

@test "runner: booleans arrive as 1 and 0, long integers as exponents, quoted ones as they are" {
	log basics values

	[ "$output" = "1 0 1.234567e+06 1234567 7" ]
}

@test "runner: a value of several lines arrives whole" {
	log basics lines

	[ "$output" = "$(printf 'a\nb')" ]
}

@test "runner: what a step exports by BASH_ENV beats a later step's environment" {
	log basics bash-env

	[ "$output" = "exported" ]
}

@test "runner: a shell step runs under -eo pipefail, not -u, without input" {
	log basics shell

	expect_text "options ehB"
	expect_text "pipefail on"
	expect_text "unset is empty: ."
	expect_text "input is empty: ."
}

@test "runner: a step with a shell of its own runs in that" {
	log basics own-shell

	[ "$output" = "sh" ]
}

@test "runner: secrets are masked in the output" {
	log basics secret

	[ "$output" = "it is ****, really" ]
	run ! grep -rq 'correct horse' "$folder" first.out
}

@test "runner: a service is on localhost and under its name, in the same network" {
	log basics service

	expect_text "localhost ok"
	expect_text "database ok"
}

@test "runner: circleci env subst expands variables" {
	log basics subst

	[ "$output" = 'job and job, but not $ alone' ]
}

@test "runner: what its circleci command does not know it refuses" {
	log basics refused

	expect_text "circleci: not supported by the local runner: tests glob *"
	expect_text "status 2"
}

@test "runner: a background step runs beside the next ones, and does not fail the job" {
	log basics served
	[ "$output" = served ]
	log basics serve
	expect_text serving
	[ "$(status_of basics)" = success ]
}

@test "runner: circleci run release is kept" {
	[ "$(cat "$folder/basics/release.log")" = "release log --target-version=1 --environment-name=e" ]
}

@test "runner: artifacts are stored below their destination" {
	[ "$(cat "$folder/basics/artifacts/results/sub/file")" = "an artifact" ]
	output=$(jq '.workflows[].jobs[] | select(.name == "basics") | .artifacts' "$folder/result.json")
	expect_json '. == ["results/sub/file"]'
}

@test "runner: test results are counted from JUnit files" {
	output=$(jq '.workflows[].jobs[] | select(.name == "basics") | .tests' "$folder/result.json")

	expect_json '. == {tests: 3, failures: 1, errors: 0, skipped: 0}'
}

@test "runner: a missing path of a store is a warning" {
	step failing "Store nothing" '.exit == 0'
	log failing store-nothing
	expect_text "nowhere: no such file or directory"
}

@test "runner: the chosen key is installed for its host, and all keys are in the agent" {
	md5=$(ssh-keygen -E md5 -lf key | cut -d ' ' -f 2 | sed 's/^MD5://; s/://g')
	log basics keys

	expect_text "id_rsa_$md5 600"
	expect_text "Host web1"
	expect_text "IdentityFile /home/circleci/.ssh/id_rsa_$md5"
	[ "$(grep -c '^id_rsa_' <<<"$output")" = 1 ]
	[ "$(grep -c ED25519 <<<"$output")" = 2 ]
}

@test "runner: after a failure only cleanup steps and stores run, and the job has failed" {
	step failing "Fails" '.exit == 3'
	step failing "Always" '.exit == 0'
	step failing "On failure" '.exit == 0'
	run ! step failing "Never" true
	[ "$(status_of failing)" = failed ]
}

@test "runner: on_fail steps do not run where nothing failed" {
	run ! step basics "On failure" true
}

@test "runner: a halted job is a success and runs no further step" {
	[ "$(status_of halted)" = success ]
	run ! step halted "Never" true
}

@test "runner: a silent step is killed with all its processes, after its own limit" {
	log failing silent
	expect_text "Too long with no output (exceeded 1s)"
	log failing survivors
	[ "$output" = none ]
}

@test "runner: checkout refuses a folder with something else in it" {
	log crowded checkout-code

	expect_text "is not empty and not a git repository"
	[ "$(status_of crowded)" = failed ]
}

@test "runner: a workspace reaches the jobs below, with patterns expanded" {
	log downstream listing

		[ "$output" = "$(printf 'a.txt\nb.txt')" ]
}

@test "runner: a job that requires another's failure runs after it" {
	[ "$(status_of downstream)" = success ]
}

@test "runner: a job whose requirement was not met does not run" {
	[ "$(status_of after-failure)" = not_run ]
}

@test "runner: a job waiting for approval holds what requires it" {
	[ "$(status_of hold)" = on_hold ]
	[ "$(status_of after-hold)" = not_run ]
}

@test "runner: a job filtered to another branch is not there, nor what requires only it" {
	[ -z "$(status_of elsewhere)" ]
	[ -z "$(status_of after-elsewhere)" ]
}

@test "runner: parallelism runs the job once per node" {
	output=$(cat "$folder"/nodes.*/*-node.log)

	[ "$output" = "$(printf '0 of 2\n1 of 2')" ]
}

@test "runner: the nodes of a job run at the same time, and are one build" {
	# Both have begun when the first ends.
	[ "$(sed -n 's/^node [01]: job nodes *\(.\).*/\1/p' first.out | tr -d '\n')" = '((::' ]
	output=$(jq -c '[.workflows[].jobs[] | select(.name == "nodes") | .build] | unique | length' "$folder/result.json")
	[ "$output" = 1 ]
}

@test "runner: a failed job is a failed pipeline" {
	output=$(cat "$folder/result.json")

	expect_json '.status == "failed" and .branch == "main" and .number == 1'
	grep -q '^pipeline 1: failed' first.out
}

@test "runner: without a cache the steps go on, and a missing file of a key is a notice" {
	log cache nothing-there
	expect_text "No cache is found for key: exact-"
	log cache no-file
	expect_text "error computing cache key"
	[ "$(status_of cache)" = success ]
}

@test "runner: a cache comes back in the next pipeline, at its absolute place" {
	folder=state/pipelines/2
	log cache restored

	[ "$output" = "first" ]
}

@test "runner: of several caches with the prefix the one saved last wins, and a key never changes" {
	folder=state/pipelines/2
	log cache nothing-there
	expect_text "Found a cache from an earlier build at prefix-two"
	log cache save-exact
	expect_text "Skipping cache generation, cache already exists for key: exact-"
}

# config: a config on stdin, committed.
config() {
	cat >repo/.circleci/config.yml
	commit "$BATS_TEST_NAME"
}

@test "runner: refuses by name the executor that it does not have" {
	config <<-'EOS'
		version: 2.1
		jobs: {a: {machine: {image: default}, steps: [checkout]}}
		workflows: {w: {jobs: [a]}}
	EOS

	pipeline

	expect_status 1
	expect_text "Error calling job: 'a'"
	expect_text "machine is not supported by the local runner"
}

@test "runner: refuses by name the step that it does not have, before anything runs" {
	config <<-'EOS'
		version: 2.1
		jobs: {a: {docker: [{image: cimg/python:3}], steps: [checkout, setup_remote_docker]}}
		workflows: {w: {jobs: [a]}}
	EOS

	pipeline

	expect_status 1
	expect_text "setup_remote_docker is not supported by the local runner"
	[[ $output != *"Spin up"* ]]
}

@test "runner: refuses an image that it has nothing for" {
	config <<-'EOS'
		version: 2.1
		jobs: {a: {docker: [{image: cimg/rust:1}], steps: [checkout]}}
		workflows: {w: {jobs: [a]}}
	EOS

	pipeline

	expect_status 1
	expect_text "image 'cimg/rust:1': the local runner has no image for it"
}

@test "runner: refuses a context that was not given" {
	config <<-'EOS'
		version: 2.1
		jobs: {a: {docker: [{image: cimg/python:3}], steps: [checkout]}}
		workflows: {w: {jobs: [a: {context: third}]}}
	EOS

	pipeline

	expect_status 1
	expect_text "no values were given for context 'third'"
}

@test "runner: an approved job lets on what requires it" {
	config <<-'EOS'
		version: 2.1
		jobs: {a: {docker: [{image: cimg/python:3}], steps: [{run: {name: ran, command: echo ran}}]}}
		workflows: {w: {jobs: [hold: {type: approval}, a: {requires: [hold]}]}}
	EOS

	pipeline --approve hold

	expect_status 0
	expect_text "    ran"
}

@test "runner: the Rollback button's values reach the other config file, and no unknown ones do" {
	mkdir -p repo/.circleci
	cat >repo/.circleci/rollback.yml <<-'EOS'
		version: 2.1
		jobs:
		  a:
		    docker: [{image: cimg/python:3}]
		    parameters: {to: {type: string}}
		    steps: [{run: {name: ran, command: 'echo "to $TO"', environment: {TO: << parameters.to >>}}}]
		workflows:
		  staging:
		    when: {equal: [staging, << pipeline.deploy.environment_name >>]}
		    jobs: [a: {to: never}]
		  production:
		    when: {equal: [production, << pipeline.deploy.environment_name >>]}
		    jobs: [a: {to: "<< pipeline.deploy.target_version >>"}]
	EOS
	commit "$BATS_TEST_NAME"

	pipeline --config .circleci/rollback.yml --value pipeline.deploy.environment_name=production \
		--value pipeline.deploy.target_version=17
	expect_status 0
	expect_text "    to 17"
	[[ $output != *never* ]]

	pipeline --config .circleci/rollback.yml --value pipeline.deploy.enviroment=production
	expect_status 1
	expect_text "pipeline.deploy.enviroment is not a pipeline value"
}

@test "runner: a rerun is the same pipeline with its commit and parameters, and another workflow" {
	config <<-'EOS'
		version: 2.1
		parameters: {word: {type: string, default: none}}
		jobs:
		  a:
		    docker: [{image: cimg/python:3}]
		    steps:
		      - checkout
		      - run: {name: ran, command: 'echo "$(cat content) << pipeline.number >> << pipeline.parameters.word >> $CIRCLE_PIPELINE_ID"; echo "its $CIRCLE_WORKFLOW_ID"; echo "its $CIRCLE_BUILD_NUM"'}
		workflows: {w: {jobs: [a]}}
	EOS
	pipeline --param word=given
	expect_status 0
	number=$(cat state/pipeline.number)
	commit later

	run "$runner/run" --rerun "$number" --project repo --state state --images images 3>&-

	expect_status 0
	[ "$(cat state/pipeline.number)" = "$number" ]
	run diff "state/pipelines/$number/a/02-ran.log" "state/pipelines/$number.1/a/02-ran.log"
	[ "$(grep -c '^[<>] its' <<<"$output")" = 4 ]
	[ "$(grep -c '^[<>]' <<<"$output")" = 4 ]
}

# start_pipeline [OPTION…]: runs one in the background, until it says "here"; sets process.
start_pipeline() {
	"$runner/run" --project repo --branch main --state state --images images >stopped.out 2>&1 3>&- &
	process=$!
	for _ in $(seq 900); do
		if grep -q 'here$' stopped.out; then return; fi
		read -rt 0.1 <> <(:) || true
	done
	false
}

@test "runner: a job that is canceled lets on what requires that, and its marker may be set there" {
	config <<-'EOS'
		version: 2.1
		jobs:
		  a:
		    docker: [{image: cimg/python:3}]
		    steps:
		      - run: {name: w, command: circleci run release plan x --target-version=1; echo here; sleep 60}
		      - run: {name: never, command: "false", when: always}
		  b:
		    docker: [{image: cimg/python:3}]
		    steps: [{run: {name: ran, command: circleci run release update x --status=CANCELED}}]
		workflows:
		  w: {jobs: [a, b: {requires: [a: [canceled]]}, b: {name: c, requires: [a]}]}
	EOS
	start_pipeline

	kill -USR1 "$process"
	wait "$process" || status=$?

	[ "$status" = 1 ]
	folder=state/pipelines/$(cat state/pipeline.number)
	[ "$(status_of a) $(status_of b) $(status_of c)" = "canceled success not_run" ]
	[ "$(cat "$folder/b/release.log")" = "release update x --status=CANCELED" ]
	run ! grep -q 'never' stopped.out
}

@test "runner: markers keep to CircleCI's rules, and fail when told to" {
	config <<-'EOS'
		version: 2.1
		jobs:
		  a:
		    docker: [{image: cimg/python:3}]
		    steps:
		      - run:
		          name: ran
		          command: |
		            circleci run release update x --status=RUNNING || echo "without plan $?"
		            circleci run release plan x || echo "without version $?"
		            circleci run release plan x --target-version=1
		            circleci run release plan x --target-version=1 || echo "again $?"
		            circleci run release update x --status=DONE || echo "status $?"
		            circleci run release update x --status=SUCCESS
		            circleci run release update x --status=FAILED || echo "ended $?"
		            CIRCLE_RUNNER_RELEASE=fail:log circleci run release log --target-version=1 || echo "told to $?"
		workflows: {w: {jobs: [a]}}
	EOS

	pipeline

	expect_status 0
	for text in 'without plan 1' 'without version 1' 'again 1' 'status 1' 'ended 1' 'told to 1'; do expect_text "$text"; done
}

@test "runner: told to stop, it kills the job and leaves no container and no namespace" {
	config <<-'EOS'
		version: 2.1
		jobs: {a: {docker: [{image: cimg/python:3}], parallelism: 2, steps: [{run: {name: w, command: echo here; sleep 60}}]}}
		workflows: {w: {jobs: [a]}}
	EOS
	start_pipeline

	kill -TERM "$process"
	wait "$process" || status=$?

	[ "$status" = 130 ]
	[ "$(grep -c '^node [01]: job a: canceled' stopped.out)" = 2 ]
	run "$lab/podman" ps --all --format '{{.Names}}'
	[[ $output != *"ci$process"[a-z-]* ]]
	run ip netns list
	[[ $output != *"ci$process"[a-z-]* ]]
}
