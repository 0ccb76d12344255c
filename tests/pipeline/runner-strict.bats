#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154  # runner.bash sets the variables
# What the processor refuses: all that CircleCI's published schema does, and what it lets pass and the
# compiler does not. Each test is a config that would do but for one thing. What runner-process.bats has,
# of parameters and expansion, is not repeated.
load runner

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
}

# refused TEXT [LINE…]: as jobs or workflows of a config that is good otherwise.
refused() {
	local text=$1
	shift
	printf '%s\n' "$@" >config.yml
	run "$runner/process.py" config.yml
	expect_status 1
	expect_text "$text"
}

good_job='docker: [{image: i}], steps: [checkout]'

@test "strict: the configs of these tests would do but for what they show" {
	printf '%s\n' 'version: 2.1' "jobs: {a: {$good_job}, unused: {$good_job}}" \
		'workflows: {w: {jobs: [a: {context: c, filters: {branches: {only: main}}}]}}' >config.yml

	run "$runner/process.py" config.yml

	expect_status 0
}

@test "strict: version 2" {
	refused 'version: 2.1 is required' 'version: 2' "jobs: {a: {$good_job}}" 'workflows: {w: {jobs: [a]}}'
}

@test "strict: a job without steps, also one that nothing uses" {
	refused 'A job needs steps' 'version: 2.1' "jobs: {a: {$good_job}, unused: {docker: [{image: i}]}}" \
		'workflows: {w: {jobs: [a]}}'
}

@test "strict: a job without an executor, or with two" {
	refused 'exactly one is needed of: executor, docker' 'version: 2.1' 'jobs: {a: {steps: [checkout]}}' \
		'workflows: {w: {jobs: [a]}}'
	refused 'exactly one is needed of: executor, docker' 'version: 2.1' "jobs: {a: {machine: true, $good_job}}" \
		'workflows: {w: {jobs: [a]}}'
}

@test "strict: an empty list of steps" {
	refused 'steps must be a list, and not an empty one' 'version: 2.1' \
		'jobs: {a: {docker: [{image: i}], steps: []}}' 'workflows: {w: {jobs: [a]}}'
}

@test "strict: a docker entry without an image" {
	refused 'docker: each entry needs an image' 'version: 2.1' \
		'jobs: {a: {docker: [{name: i}], steps: [checkout]}}' 'workflows: {w: {jobs: [a]}}'
}

@test "strict: a key that no job has" {
	refused 'Unknown key(s): enviroment' 'version: 2.1' "jobs: {a: {enviroment: {A: b}, $good_job}}" \
		'workflows: {w: {jobs: [a]}}'
}

@test "strict: an environment that is not of scalars" {
	refused 'environment: A must be a scalar' 'version: 2.1' "jobs: {a: {environment: {A: [b]}, $good_job}}" \
		'workflows: {w: {jobs: [a]}}'
}

@test "strict: a condition that is none" {
	refused 'A logic statement must have exactly one of' 'version: 2.1' "jobs: {a: {$good_job}}" \
		'workflows: {w: {when: {branch: main}, jobs: [a]}}'
}

@test "strict: when and unless on one workflow" {
	refused 'A workflow may have when or unless, not both' 'version: 2.1' "jobs: {a: {$good_job}}" \
		'workflows: {w: {when: true, unless: false, jobs: [a]}}'
}

@test "strict: a reference to an orb that cannot be one" {
	for reference in slipway/slipway@v1.0.0 a/slipway@1 slipway/slipway slipway@1 Slipway/slipway@1; do
		refused "Invalid orb reference '$reference'" 'version: 2.1' "orbs: {o: $reference}" \
			"jobs: {a: {$good_job}}" 'workflows: {w: {jobs: [a]}}'
	done
}

@test "strict: a pipeline parameter without a default" {
	refused "pipeline parameter 'p' needs a default" 'version: 2.1' 'parameters: {p: {type: string}}' \
		"jobs: {a: {$good_job}}" 'workflows: {w: {jobs: [a]}}'
}

@test "strict: an empty map of parameters" {
	refused 'parameters must be a map, and not an empty one' 'version: 2.1' \
		"jobs: {a: {parameters: {}, $good_job}}" 'workflows: {w: {jobs: [a]}}'
}

@test "strict: members of an enum that are no strings" {
	refused "Parameter 'p': enum must be a list of strings" 'version: 2.1' \
		"jobs: {a: {parameters: {p: {type: enum, enum: [1, 2], default: 1}}, $good_job}}" \
		'workflows: {w: {jobs: [a]}}'
}

@test "strict: a cache without a key, or without paths" {
	refused 'missing key(s): key' 'version: 2.1' \
		'jobs: {a: {docker: [{image: i}], steps: [save_cache: {paths: [x]}]}}' 'workflows: {w: {jobs: [a]}}'
	refused 'missing key(s): paths' 'version: 2.1' \
		'jobs: {a: {docker: [{image: i}], steps: [save_cache: {key: x}]}}' 'workflows: {w: {jobs: [a]}}'
}

@test "strict: fingerprints that are no list" {
	refused 'fingerprints must be a list of strings' 'version: 2.1' \
		'jobs: {a: {docker: [{image: i}], steps: [add_ssh_keys: {fingerprints: "SHA256:x"}]}}' \
		'workflows: {w: {jobs: [a]}}'
}

@test "strict: a context that is no string" {
	refused 'context must be a string or a list of strings' 'version: 2.1' "jobs: {a: {$good_job}}" \
		'workflows: {w: {jobs: [a: {context: 7}]}}'
}

@test "strict: a requirement that is not in a list" {
	refused 'requires must be a list' 'version: 2.1' "jobs: {a: {$good_job}, b: {$good_job}}" \
		'workflows: {w: {jobs: [a, b: {requires: a}]}}'
}

@test "strict: a key that no workflow has" {
	refused 'Unknown key(s): filters' 'version: 2.1' "jobs: {a: {$good_job}}" \
		'workflows: {w: {filters: {}, jobs: [a]}}'
}

# What the schema lets pass.

@test "strict: a job that is not there" {
	refused 'Cannot find a definition for job named b' 'version: 2.1' "jobs: {a: {$good_job}}" \
		'workflows: {w: {jobs: [b]}}'
}

@test "strict: a filter that is none" {
	refused 'has filters that are no filters' 'version: 2.1' "jobs: {a: {$good_job}}" \
		'workflows: {w: {jobs: [a: {filters: {branch: {only: main}}}]}}'
	refused 'has filters that are no filters' 'version: 2.1' "jobs: {a: {$good_job}}" \
		'workflows: {w: {jobs: [a: {filters: {branches: {onyl: main}}}]}}'
}

@test "strict: a filter expression that does not parse" {
	refused 'Unable to parse expression' 'version: 2.1' "jobs: {a: {$good_job}}" \
		'workflows: {w: {jobs: [a: {filters: "pipeline.git.branch =="}]}}'
}

@test "strict: a serial-group with other characters" {
	refused 'invalid serial-group' 'version: 2.1' "jobs: {a: {$good_job}}" \
		'workflows: {w: {jobs: [a: {serial-group: "a b"}]}}'
}

@test "strict: a step that waits for no such time" {
	refused 'no_output_timeout is no duration' 'version: 2.1' \
		'jobs: {a: {docker: [{image: i}], steps: [run: {command: x, no_output_timeout: 5 minutes}]}}' \
		'workflows: {w: {jobs: [a]}}'
}

@test "strict: a name that no element may have" {
	refused "'9lives' is no name" 'version: 2.1' "jobs: {a: {$good_job}}" \
		'commands: {9lives: {steps: [checkout]}}' 'workflows: {w: {jobs: [a]}}'
}

@test "strict: parallelism that is no positive number" {
	refused 'parallelism must be a positive integer' 'version: 2.1' "jobs: {a: {parallelism: 0, $good_job}}" \
		'workflows: {w: {jobs: [a]}}'
}

@test "strict: an orb inside the config is held to the same" {
	refused 'Unknown key(s): step' 'version: 2.1' 'orbs: {o: {commands: {c: {step: [checkout]}}}}' \
		"jobs: {a: {$good_job}}" 'workflows: {w: {jobs: [a]}}'
}
