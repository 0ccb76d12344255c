#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154  # runner.bash sets them
# The packer: an orb's source tree to one document, as `circleci orb pack` does it.
load runner

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	mkdir -p src/commands src/jobs src/scripts
	printf 'version: 2.1\ndescription: an orb\n' >src/@orb.yml
}

pack() {
	"$runner/pack.py" src | as_json
}

@test "pack: files of a folder become entries named for them" {
	printf 'steps: [checkout]\n' >src/commands/greet.yml

	run pack

	expect_status 0
	expect_json '. == {version: 2.1, description: "an orb", commands: {greet: {steps: ["checkout"]}}}'
}

@test "pack: a deeper folder only organises" {
	mkdir -p src/commands/aws
	printf 'steps: [checkout]\n' >src/commands/aws/login.yaml

	run pack

	expect_json '.commands | keys == ["login"]'
}

@test "pack: two files of one name in a section are refused" {
	mkdir -p src/commands/aws
	printf 'steps: [checkout]\n' >src/commands/login.yml
	printf 'steps: [checkout]\n' >src/commands/aws/login.yml

	run pack

	expect_text "'login' is defined twice in this section"
}

@test "pack: an @ file below the root merges at its own level" {
	printf 'one: {steps: [checkout]}\ntwo: {steps: [checkout]}\n' >src/commands/@more.yml

	run pack

	expect_json '.commands | keys == ["one", "two"]'
}

@test "pack: dot files, other files and folders without YAML leave no trace" {
	printf 'x: y\n' >src/.hidden.yml
	printf 'text\n' >src/commands/README.md
	printf 'echo hi\n' >src/scripts/hi.sh

	run pack

	expect_json 'keys == ["description", "version"]'
}

@test "pack: an empty file is an empty element" {
	: >src/commands/nothing.yml

	run pack

	expect_json '.commands == {nothing: {}}'
}

@test "pack: a file whose root is no map is refused" {
	printf -- '- a\n' >src/commands/list.yml

	run pack

	expect_text "list.yml: the root must be a map"
}

@test "pack: a script is included with its << escaped" {
	printf 'cat <<EOT\nhi\nEOT\n' >src/scripts/hi.sh
	printf 'steps: [{run: {name: hi, command: <<include(scripts/hi.sh)>>}}]\n' >src/jobs/hi.yml

	run pack

	expect_json '.jobs.hi.steps[0].run.command == "cat \\<<EOT\nhi\nEOT\n"'
}

@test "pack: text around several includes stays" {
	printf 'a' >src/scripts/a.sh
	printf 'steps: [{run: "1 << include(scripts/a.sh) >> 2 <<include(scripts/a.sh)>>"}]\n' >src/jobs/hi.yml

	run pack

	expect_json '.jobs.hi.steps[0].run == "1 a 2 a"'
}

@test "pack: a description and an example are no place for includes" {
	mkdir src/examples
	printf 'description: <<include(scripts/a.sh)>>\n' >src/examples/use.yml

	run pack

	expect_json '.examples.use.description == "<<include(scripts/a.sh)>>"'
}

@test "pack: a missing script is named" {
	printf 'steps: [{run: <<include(scripts/no.sh)>>}]\n' >src/jobs/hi.yml

	run pack

	expect_text "include scripts/no.sh: No such file or directory"
}

@test "pack: yes and on are booleans as values, and text as keys" {
	printf 'parameters: {on: {type: boolean, default: on}}\nsteps: [checkout]\n' >src/commands/c.yml

	run pack

	expect_json '.commands.c.parameters.on.default == true'
}
