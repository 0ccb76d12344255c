#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016,SC2154  # YAML with $ in it; runner.bash sets the variables
# The config processor: 2.1 with orbs and parameters to the flat form.
load runner

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
}

# job STEPS: a config of one job with these steps (YAML on stdin), parameters of its own in $1.
one_job() {
	{
		printf 'version: 2.1\njobs:\n  build:\n    docker: [{image: i}]\n    parameters:\n'
		printf '      flag: {type: boolean, default: true}\n      off: {type: boolean, default: false}\n'
		printf '      number: {type: integer, default: 7}\n      text: {type: string, default: word}\n'
		printf '    steps:\n'
		sed 's/^/      /'
		printf 'workflows: {w: {jobs: [build]}}\n'
	} >config.yml
}

@test "process: expands the inline orb sample to its expected flat form" {
	as_json <"$runner/samples/inline-orb.expanded.yml" >expected.json
	cp "$runner/samples/inline-orb.yml" config.yml

	run flat

	expect_status 0
	[ "$(jq -S . <<<"$output")" = "$(jq -S . expected.json)" ]
}

@test "process: a tag that is the whole scalar keeps the type, quoted or not" {
	one_job <<-'EOS'
		- run: {command: x, environment: {A: << parameters.flag >>, B: "<< parameters.number >>"}}
	EOS

	run flat

	expect_status 0
	expect_json '.jobs.build.steps[0].run.environment == {A: true, B: 7}'
}

@test "process: a tag inside text becomes text" {
	one_job <<-'EOS'
		- run: "<< parameters.flag >>-<<parameters.number>>-<< parameters.text >>"
	EOS

	run flat

	expect_status 0
	expect_json '.jobs.build.steps[0].run.command == "true-7-word"'
}

@test "process: a section keeps its text when truthy, an inverted one when not" {
	one_job <<-'EOS'
		- run: "<<#parameters.flag>>a<< parameters.text >><</parameters.flag>><<^parameters.flag>>b<</parameters.flag>>"
	EOS

	run flat

	expect_status 0
	expect_json '.jobs.build.steps[0].run.command == "aword"'
}

@test "process: an escaped << is a literal one" {
	one_job <<-'EOS'
		- run: cat \<<EOT >\<< parameters.text >>
	EOS

	run flat

	expect_status 0
	expect_json '.jobs.build.steps[0].run.command == "cat <<EOT ><< parameters.text >>"'
}

@test "process: an unescaped << without an end is refused with CircleCI's text" {
	one_job <<-'EOS'
		- run: cat <<EOT
	EOS

	run flat

	expect_text "Error calling workflow: 'w'"
	expect_text "Error calling job: 'build'"
	expect_text "Unclosed '<<' tag in string: 'cat <<EOT'"
	expect_text "('<<' must be escaped as '\\<<' in config v2.1+)"
}

@test "process: a value is not expanded a second time" {
	one_job <<-'EOS'
		- run: << parameters.text >>
	EOS
	sed -i 's/default: word/default: "\\\\<< parameters.number >>"/' config.yml

	run flat

	expect_status 0
	expect_json '.jobs.build.steps[0].run.command == "<< parameters.number >>"'
}

@test "process: an undeclared parameter is named" {
	one_job <<-'EOS'
		- run: << parameters.nope >>
	EOS

	run flat

	expect_text "Arguments referenced without declared parameters: nope"
}

@test "process: when and unless keep or drop their steps" {
	one_job <<-'EOS'
		- when: {condition: << parameters.flag >>, steps: [{run: a}]}
		- unless: {condition: << parameters.flag >>, steps: [{run: b}]}
		- when: {condition: {and: [{not: << parameters.off >>}, {equal: [7, << parameters.number >>]}]}, steps: [{run: c}]}
		- when: {condition: {or: ["", 0, << parameters.off >>]}, steps: [{run: d}]}
		- when: {condition: {matches: {pattern: "w.*", value: << parameters.text >>}}, steps: [{run: e}]}
		- when: {condition: {equal: [1, "1"]}, steps: [{run: f}]}
	EOS

	run flat

	expect_status 0
	expect_json '[.jobs.build.steps[].run.command] == ["a", "c", "e"]'
}

@test "process: an empty list in a logic statement is refused" {
	one_job <<-'EOS'
		- when: {condition: {and: []}, steps: [{run: a}]}
	EOS

	run flat

	expect_text "Logic statement 'and' needs a list that is not empty"
}

@test "process: a step with two keys is refused" {
	one_job <<-'EOS'
		- {run: a, checkout: {}}
	EOS

	run flat

	expect_text "A step must be a name or a map with one key"
}

@test "process: an unknown key of a run step is refused" {
	one_job <<-'EOS'
		- run: {command: a, comand: b}
	EOS

	run flat

	expect_text "Step 'run' has unknown key(s): comand"
}

# with_command PARAMETERS ARGUMENTS: a config whose job calls command greet with the arguments.
with_command() {
	cat >config.yml <<-EOS
		version: 2.1
		commands:
		  greet: {parameters: $1, steps: [{run: << parameters.p >>}]}
		jobs:
		  build: {docker: [{image: i}], steps: [{greet: $2}]}
		workflows: {w: {jobs: [build]}}
	EOS
}

@test "process: a missing argument is named, below the calls that led there" {
	with_command '{p: {type: string}, q: {type: string}}' '{}'

	run flat

	[ "${lines[0]}" = "Error calling workflow: 'w'" ]
	[ "${lines[1]}" = "Error calling job: 'build'" ]
	[ "${lines[2]}" = "Error calling command: 'greet'" ]
	[ "${lines[3]}" = "Missing required argument(s): p, q" ]
}

@test "process: an unexpected argument is named" {
	with_command '{p: {type: string}}' '{p: a, r: b}'

	run flat

	expect_text "Unexpected argument(s): r"
}

@test "process: a number is no string" {
	with_command '{p: {type: string}}' '{p: 3.10}'

	run flat

	expect_text 'Type error for argument p: expected type: string, actual value: 3.1 (type number)'
}

@test "process: a quoted boolean is no boolean" {
	with_command '{p: {type: boolean}}' '{p: "true"}'

	run flat

	expect_text 'Type error for argument p: expected type: boolean, actual value: "true" (type string)'
}

@test "process: an enum takes its members only" {
	with_command '{p: {type: enum, enum: [a, b]}}' '{p: c}'

	run flat

	expect_text 'Type error for argument p: expected type: enum, actual value: "c" (type string)'
}

@test "process: an env_var_name must be a name" {
	with_command '{p: {type: env_var_name}}' '{p: "$HOME"}'

	run flat

	expect_text 'Type error for argument p: expected type: env_var_name'
}

@test "process: a default of the wrong type is refused" {
	with_command '{p: {type: boolean, default: "on"}}' '{}'

	run flat

	expect_text "Parameter error: default value of parameter 'p' is 'on' (type string): expected type boolean"
}

@test "process: an unknown command is named" {
	one_job <<<'- nope/step: {}'

	run flat

	expect_text "Cannot find orb 'nope' looking for command named 'nope/step'"
}

@test "process: an unknown executor is named" {
	cat >config.yml <<-'EOS'
		version: 2.1
		jobs: {build: {executor: beta, steps: [checkout]}}
		workflows: {w: {jobs: [build]}}
	EOS

	run flat

	expect_text "Cannot find a definition for executor named beta"
}

@test "process: an executor map without a name is refused" {
	cat >config.yml <<-'EOS'
		version: 2.1
		jobs: {build: {executor: {tag: 1}, steps: [checkout]}}
		workflows: {w: {jobs: [build]}}
	EOS

	run flat

	expect_text "Unexpected executor invocation format"
}

@test "process: a registry orb that is not supplied is named" {
	cat >config.yml <<-'EOS'
		version: 2.1
		orbs: {node: circleci/node@5}
		workflows: {w: {jobs: [node/test]}}
	EOS

	run flat

	expect_text "Cannot find circleci/node@5 in the orb registry."
}

@test "process: an orb cannot see pipeline parameters" {
	cat >config.yml <<-'EOS'
		version: 2.1
		parameters: {x: {type: string, default: a}}
		orbs: {o: {jobs: {j: {docker: [{image: i}], steps: [{run: << pipeline.parameters.x >>}]}}}}
		workflows: {w: {jobs: [o/j]}}
	EOS

	run flat

	expect_text "Arguments referenced without declared parameters: pipeline.parameters.x"
}

@test "process: an integer pipeline value does not fit a string parameter" {
	with_command '{p: {type: string}}' '{p: << pipeline.number >>}'

	run flat

	expect_text 'Type error for argument p: expected type: string, actual value: 1 (type integer)'
}

@test "process: a pipeline parameter that is not declared is refused" {
	one_job <<<'- run: a'

	run flat --param action=rollback

	expect_text "Unexpected argument(s): action"
}

@test "process: pipeline parameters choose the workflow" {
	cat >config.yml <<-'EOS'
		version: 2.1
		parameters: {action: {type: enum, enum: [build, rollback], default: build}}
		jobs: {a: {docker: [{image: i}], steps: [checkout]}}
		workflows:
		  build: {when: {equal: [build, << pipeline.parameters.action >>]}, jobs: [a]}
		  rollback: {when: pipeline.parameters.action == "rollback", jobs: [a]}
	EOS

	run flat --param action=rollback

	expect_status 0
	expect_json '.workflows | keys == ["rollback", "version"]'
}

@test "process: expressions bind not, comparison, and, or in this order" {
	cat >config.yml <<-'EOS'
		version: 2.1
		jobs: {a: {docker: [{image: i}], steps: [{run: "<< not false and pipeline.number == 1 and \"yes\" or \"no\" >>"}]}}
		workflows:
		  one: {when: pipeline.git.branch matches /ma.n/ and not (pipeline.number > 1), jobs: [a]}
		  two: {when: pipeline.git.branch matches /ma/ or pipeline.number == "1", jobs: [a]}
	EOS

	run flat --value pipeline.git.branch=main

	expect_status 0
	expect_json '(.workflows | keys) == ["one", "version"] and .jobs.a.steps[0].run.command == "yes"'
}

@test "process: the environment of a job wins over its executor's, other keys replace" {
	cat >config.yml <<-'EOS'
		version: 2.1
		executors: {e: {docker: [{image: i}], shell: sh, environment: {A: executor, B: executor}}}
		jobs: {j: {executor: e, shell: bash, environment: {B: job}, steps: [checkout]}}
		workflows: {w: {jobs: [j]}}
	EOS

	run flat

	expect_status 0
	expect_json '.jobs.j | .environment == {A: "executor", B: "job"} and .shell == "bash"'
}

@test "process: a matrix expands, excludes, and its alias stands for all members" {
	cat >config.yml <<-'EOS'
		version: 2.1
		jobs:
		  t: {parameters: {v: {type: string}, p: {type: string}}, docker: [{image: "i:<< parameters.v >>"}], steps: [checkout]}
		  d: {docker: [{image: i}], steps: [checkout]}
		workflows:
		  w:
		    jobs:
		      - t:
		          matrix: {alias: all, parameters: {v: ["1", "2"], p: [a, b]}, exclude: [{v: "2", p: b}]}
		      - d: {requires: [all]}
	EOS

	run flat

	expect_status 0
	expect_json '[.workflows.w.jobs[3].d.requires[]] == ["t-a-1", "t-b-1", "t-a-2"] and .jobs["t-a-2"].docker[0].image == "i:2"'
}

@test "process: unnamed repetitions of a job are numbered" {
	cat >config.yml <<-'EOS'
		version: 2.1
		jobs: {a: {docker: [{image: i}], steps: [checkout]}}
		workflows: {v: {jobs: [a]}, w: {jobs: [a, {a: {name: b}}]}}
	EOS

	run flat

	expect_status 0
	expect_json '.jobs | keys == ["a-1", "a-2", "b"]'
}

@test "process: a requirement that is no job of the workflow is refused" {
	cat >config.yml <<-'EOS'
		version: 2.1
		jobs: {a: {docker: [{image: i}], steps: [checkout]}}
		workflows: {w: {jobs: [{a: {requires: [b]}}]}}
	EOS

	run flat

	expect_text "Job 'a' requires 'b', which is the name of 0 other jobs in workflow 'w'"
}

@test "process: a cycle of requirements is refused" {
	cat >config.yml <<-'EOS'
		version: 2.1
		jobs: {a: {docker: [{image: i}], steps: [checkout]}}
		workflows: {w: {jobs: [{a: {requires: [b]}}, {a: {name: b, requires: [a]}}]}}
	EOS

	run flat

	expect_text "Workflow 'w' has a cycle in: a, b"
}

@test "process: a duplicate key is refused with its place" {
	printf 'version: 2.1\njobs: {}\njobs: {}\n' >config.yml

	run flat

	expect_text "duplicate key 'jobs'"
	expect_text "line 3"
}

@test "process: a user's command may stand in a builtin's place" {
	cat >config.yml <<-'EOS'
		version: 2.1
		commands: {checkout: {steps: [{run: mine}]}}
		jobs: {a: {docker: [{image: i}], steps: [checkout]}}
		workflows: {w: {jobs: [a]}}
	EOS

	run flat

	expect_status 0
	expect_json '.jobs.a.steps == [{run: {command: "mine"}}]'
}
