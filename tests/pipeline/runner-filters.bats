#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154  # runner.bash sets the variables
# Which jobs of a workflow run for a branch or a tag.
load runner

# selected BRANCH TAG ENTRIES: the names that run, on one line; ENTRIES is YAML: name to its keys.
selected() {
	run /usr/bin/python3 -c '
import sys, yaml
sys.path.insert(0, sys.argv[1])
import filters
branch, tag, entries = sys.argv[2:]
values = {"pipeline.git.branch": branch, "pipeline.git.tag": tag}
print(*filters.select(yaml.safe_load(entries.expandtabs()), branch, tag, values.__getitem__))
' "$runner" "$@"
	expect_status 0
}

@test "filters: without filters a job runs on every branch and on no tag" {
	selected any '' '{a: {}}'
	[ "$output" = a ]
	selected '' v1 '{a: {}}'
	[ "$output" = '' ]
}

@test "filters: only and ignore take names, and expressions that match the whole name" {
	selected feature-1 '' '{a: {filters: {branches: {only: [main, /feature-.*/]}}},
		b: {filters: {branches: {only: /feature/}}}, c: {filters: {branches: {ignore: main}}},
		d: {filters: {branches: {ignore: [/f.*/]}}}}'
	[ "$output" = 'a c' ]
}

@test "filters: a tag needs a tag filter, on required jobs too" {
	selected '' v1.2.3 '{test: {filters: {tags: {only: /.*/}}},
		deploy: {requires: [test], filters: {branches: {ignore: /.*/}, tags: {only: /v\d+\.\d+\.\d+/}}},
		other: {filters: {tags: {only: /x.*/}}}}'
	[ "$output" = 'test deploy' ]
}

@test "filters: a branch that branches ignore covers does not run" {
	selected main '' '{deploy: {filters: {branches: {ignore: /.*/}, tags: {only: /.*/}}}}'
	[ "$output" = '' ]
}

@test "filters: a text is an expression over pipeline values" {
	selected main '' '{a: {filters: "pipeline.git.branch == \"main\""},
		b: {filters: "not (pipeline.git.branch == \"main\")"}}'
	[ "$output" = a ]
}

@test "filters: a requirement that is filtered out does not count" {
	selected main '' '{a: {filters: {branches: {only: x}}}, b: {}, c: {requires: [a, b]}}'
	[ "$output" = 'b c' ]
}

@test "filters: a job whose requirements are all filtered out does not run, nor what needs it" {
	selected main '' '{a: {filters: {branches: {only: x}}}, b: {requires: [a]}, c: {requires: [b]}}'
	[ "$output" = '' ]
}
