#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154  # runner.bash sets them
# The orb as a document: packing, review checks, validation, examples.
load runner

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
}

@test "orb: packs, stamped with the version, the archives' URL and their digests" {
	packed

	run as_json <orb.yml

	version=$(cat "$checkout/VERSION")
	expect_json ".executors.default.parameters.image.default == \"slipway/slipway:$version\""
	expect_json ".jobs.test.parameters.helpers_url.default | endswith(\"/v$version\")"
	expect_json ".jobs.test.parameters.helpers_sha256.default | split(\"\\n\") | length == 2"
	expect_json ".commands.install_helpers.parameters.helpers_sha256.default == $(
		cat dist/*.sha256 | sort | jq -Rs 'rtrimstr("\n")')"
	run ! grep -q '@[A-Z_]*@' orb.yml
}

@test "orb: is packed for a mirror of one's own by --helpers-url" {
	packed

	"$checkout/orb/pack" --helpers-url http://mirror.example/helpers orb.yml dist/*.sha256

	run as_json <orb.yml
	expect_json '.jobs.test.parameters.helpers_url.default == "http://mirror.example/helpers"'
}

@test "orb: is packed for another image by --image, as its dev versions are" {
	packed

	"$checkout/orb/pack" --image slipway/slipway:dev orb.yml dist/*.sha256

	run as_json <orb.yml
	expect_json '.executors.default.parameters.image.default == "slipway/slipway:dev"'
}

@test "orb: is not packed with the digest of another version's archive" {
	printf '%064d  slipway-helpers-9.9.9-linux-x86_64.tar.gz\n' 0 >bad.sha256

	run "$checkout/orb/pack" orb.yml bad.sha256

	expect_status 1
	expect_text "bad.sha256: not the digest of a helpers archive"
	[ ! -e orb.yml ]
}

@test "orb: packing again leaves the file alone" {
	packed
	touch -d '2020-01-01' orb.yml

	packed

	[ "$(stat -c %y orb.yml | cut -c 1-4)" = 2020 ]
}

@test "orb: passes the review checks that need no network" {
	run "$runner/review.py" "$checkout/orb/src"

	expect_status 0
}

@test "orb: every element compiles on its own with placeholder arguments, and every example" {
	packed

	run "$runner/validate.py" orb.yml "$orb_name"

	expect_status 0
}

@test "orb: the source is clean for yamllint" {
	run yamllint --strict --config-file "$checkout/.yamllint" "$checkout/orb/src"

	expect_status 0
}

@test "orb: booleans and values reach the scripts by environment alone" {
	packed

	run as_json <orb.yml

	# No command text of the orb expands a parameter.
	expect_json '[.commands[], .jobs[] | .. | .run? | objects | .command | select(test("<<\\s*(parameters|pipeline)"))] == []'
}

@test "orb: every setting is a parameter of its name, with the words of slipway --help" {
	packed
	"$checkout/scripts/slipway" --help | sed -n 's/^  --\([a-z-]*\)\( VALUE\)\{0,1\}  *\(.*\)/\1 \3/p' | tr - _ |
		sed -n '/^settings_/d; /^project_root /,$p' | sort >settings
	# Whose place in a job is taken by something else; orb/settings says what.
	grep -vE '^(identity|known_hosts|ssh_config|report_dir|build_key) ' settings >expected

	run as_json <orb.yml

	jq -r '.commands.configure.parameters | to_entries[] | select(.key != "settings") | "\(.key) \(.value.description)"' \
		<<<"$output" | tr - _ | sort >found
	[ "$(wc -l <found)" -gt 30 ]
	diff expected found
}

@test "orb: jobs that deploy take every setting, a rollback those that are not about making a build" {
	packed

	run as_json <orb.yml

	for job in deploy plan stage activate; do
		expect_json ".commands.configure.parameters as \$all | .jobs.$job.parameters as \$own |
			all(\$all | to_entries[]; \$own[.key] == .value)"
	done
	expect_json '(.commands.configure.parameters | keys) - (.jobs.rollback.parameters | keys) == ["assets",
		"env_mode", "excludes_file", "keep_releases", "migrate_timeout", "min_hosts", "prepare_timeout", "python",
		"redeploy", "requirements_file", "shared_paths", "source"]'
}

@test "orb: the sources have the settings as orb/settings would write them" {
	run "$checkout/orb/settings" --check

	expect_status 0
	cp -r "$checkout/orb" "$checkout/scripts" .
	sed -i 's/^serial_pause|.*/serial_pause|number|here|0|something else/' scripts/lib/settings.sh
	run orb/settings --check
	expect_status 1
	expect_text "src/jobs/deploy.yml: not as the table of settings has it: run orb/settings"
}

@test "orb: every parameter is described, and none has a name that a workflow's entry takes for itself" {
	packed

	run as_json <orb.yml

	expect_json '[.commands[], .jobs[], .executors[] | .parameters // {} | .[] | select((.description // "") == "")] == []'
	expect_json '[.jobs[].parameters // {} | keys[] |
		select(IN("name", "type", "context", "requires", "filters", "matrix"))] == []'
}

@test "orb: a job that deploys keeps its report, also when a step has failed" {
	packed

	run as_json <orb.yml

	# store_artifacts runs in any case; nothing of ours may come between it and the step that writes.
	for command in deploy rollback stage_build activate_build plan; do
		expect_json ".commands.$command.steps[-2:] | .[0].run != null and
			.[1].store_artifacts == {path: \"deploy-report\", destination: \"deploy-report\"}"
	done
}

@test "orb: parameters that are not given reach a script as nothing, -1 or 0" {
	packed
	printf '%s\n' 'version: 2.1' "orbs: {slipway: $orb_name@0.1}" \
		'workflows: {w: {jobs: [slipway/deploy, slipway/rollback, slipway/stage, slipway/activate, slipway/plan]}}' >config.yml

	run flat --orb "$orb_name=orb.yml"

	expect_status 0
	expect_json '[.jobs[].steps[].run? | objects | select(.name == "Take the settings") | .environment[]] | unique == [false, -1, ""]'
}

@test "orb: each example pins the orb; what changes hosts has a context and a queue" {
	packed

	run as_json <orb.yml

	expect_json '[.examples[].usage.orbs.slipway] | unique == ["slipway/slipway@0.1"]'
	expect_json '[.examples[].usage.workflows[].jobs[] | objects | to_entries[] |
		select(.key | test("^slipway/(deploy|stage|activate|rollback)$")) | .value |
		select(.context == null or .["serial-group"] == null)] == []'
}

@test "orb: README names every command and job, and each pain's test is there" {
	packed
	as_json <orb.yml >orb.json

	jq -r '.commands, .jobs, .executors, .examples | keys[] | "`\(.)`"' orb.json >names
	grep -o '[a-z][a-z-]*\.bats' "$checkout/orb/README.md" | sort -u >files
	for word in $(<names); do
		grep -qF "$word" "$checkout/orb/README.md" || { echo "not in orb/README.md: $word"; return 1; }
	done
	for word in $(<files); do
		[ -e "$checkout/tests/pipeline/$word" ] || [ -e "$checkout/tests/bats/$word" ] || { echo "no $word"; return 1; }
	done
}

@test "orb: the rollback example runs only the rollback when asked to" {
	packed
	as_json <orb.yml | jq .examples.rollback_by_parameter.usage >config.yml

	run flat --orb "$orb_name=orb.yml" --param action=rollback --param rollback_to=20260102030405 \
		--value pipeline.git.branch=main --value pipeline.project.slug=gh/a/b

	expect_status 0
	expect_json '.jobs | keys == ["rollback-production"]'
	expect_json '[.jobs[].steps[] | .run? | objects | .environment.SLIPWAY_PARAM_TO // empty] == ["20260102030405"]'
}

@test "orb: a rollback can do without checkout" {
	packed
	printf '%s\n' 'version: 2.1' "orbs: {slipway: $orb_name@0.1}" \
		'workflows: {w: {jobs: [slipway/rollback: {checkout: false, hosts: a}]}}' >config.yml

	run flat --orb "$orb_name=orb.yml"

	expect_status 0
	expect_json '.jobs["slipway/rollback"].steps | index("checkout") == null'
}

@test "orb: the chosen fingerprint is the only key that is added" {
	packed
	printf '%s\n' 'version: 2.1' "orbs: {slipway: $orb_name@0.1}" \
		'workflows: {w: {jobs: [slipway/deploy: {ssh_fingerprint: "SHA256:abc"}]}}' >config.yml

	run flat --orb "$orb_name=orb.yml"

	expect_status 0
	expect_json '[.jobs[].steps[] | .add_ssh_keys? | objects] == [{fingerprints: ["SHA256:abc"]}]'
}
