#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016,SC2154  # YAML with $ in it; runner.bash sets the variables
# The review checks find what they are for.
load runner

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	cp -r "$checkout/orb/src" src
}

review() {
	run "$runner/review.py" src "$@"

	expect_status 1
}

@test "review: RC001 wants a source URL" {
	sed -i 's/source_url:/home_url:/' src/@orb.yml
	review
	expect_text RC001
}

@test "review: RC002 wants a description of every element" {
	sed -i '/^description/d' src/commands/wait_for_postgres.yml
	review
	expect_text "RC002: src/commands/wait_for_postgres.yml"
}

@test "review: RC003 wants an example" {
	rm -r src/examples
	review
	expect_text RC003
}

@test "review: RC004 wants examples named for their use" {
	mv src/examples/test_and_deploy.yml src/examples/example.yml
	review
	expect_text "RC004: src/examples/example.yml"
}

@test "review: RC005 wants a description of the orb that says something" {
	sed -i '/^description/,/^$/c description: short' src/@orb.yml
	review
	expect_text RC005
}

@test "review: RC008 wants a name for every run step" {
	printf 'description: d\nsteps: [{run: echo hi}]\n' >src/commands/c.yml
	review
	expect_text "RC008: src/commands/c.yml"
}

@test "review: RC009 wants long commands in scripts" {
	printf 'description: d\nsteps: [{run: {name: n, command: "%065d"}}]\n' 0 >src/commands/c.yml
	review
	expect_text "RC009: src/commands/c.yml"
}

@test "review: RC010 wants no dashes in names" {
	printf 'description: d\nparameters: {a-b: {type: string}}\nsteps: [checkout]\n' >src/commands/c-d.yml
	review
	expect_text "'c-d' contains a dash"
	expect_text "'a-b' contains a dash"
}

@test "review: RC011 wants examples of the major version that is released" {
	review v7.0.0
	expect_text "is not major version 7"
}

@test "review: RC012 wants no variable as a default where no shell expands it" {
	printf '%s\n' 'description: d' 'parameters: {v: {type: string, default: "$X"}}' \
		'steps: [{save_cache: {key: "<< parameters.v >>", paths: [a]}}]' >src/commands/c.yml
	review
	expect_text "RC012: src/commands/c.yml"
}
