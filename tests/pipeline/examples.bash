# shellcheck shell=bash disable=SC2034,SC2154
# SPDX-License-Identifier: MIT
# examples.bash: what the tests of the orb's examples share: an example out of the packed orb becomes the
# config of the sample application, and the local runner runs it against the lab's two hosts.
# `load examples`; setup_file: examples_up; teardown_file: examples_down; setup: examples_setup.
load runner

export SLIPWAY_LAB_NAME=${SLIPWAY_TEST_LAB:-$(basename "$BATS_TEST_FILENAME" .bats | tr -dc a-z0-9 | sed 's/^orbexamples/orbex/')}
dist=${SLIPWAY_DIST:-$checkout/build/dist}

examples_up() {
	cd "$BATS_FILE_TMPDIR" || return 1
	"$lab/lab" up --fresh 3>&- || return 1
	"$lab/images" >images || return 1
	"$lab/lab" publish "$dist"/* || return 1
	"$checkout/orb/pack" --helpers-url http://packages.lab/helpers orb.yml "$dist"/*.sha256 || return 1
	as_json <orb.yml >orb.json
	sed -z 's/\n/\\n/g; s/^/DEPLOY_KNOWN_HOSTS=/' "$(env_of KNOWN_HOSTS)" >context
	cp -r "$checkout/tests/sample-app" repo
	# What a project has of its own: its hosts, in the groups that the examples name.
	printf '%s\n' '[web]' web1.lab web2.lab '[web:vars]' ansible_user=deploy \
		'[staging]' web1.lab '[production]' web2.lab >repo/deploy/hosts
	printf 'try_settle=1\n' >>repo/deploy/settings
	git -C repo init -q -b main
	commit 'The sample application'
}

# commit MESSAGE: all that is there.
commit() {
	git -C repo add -A
	git -C repo -c user.name=test -c user.email=test@example.com commit -q --allow-empty -m "$1"
}

examples_down() {
	[ -n "${SLIPWAY_TEST_LAB:-}" ] || "$lab/lab" down
}

examples_setup() {
	cd "$BATS_FILE_TMPDIR" || return 1
}

# env_of NAME: a value of the lab.
env_of() {
	sed -n "s/^LAB_$1=//p" "$("$lab/lab" env)"
}

# The orb's job `test` takes time, and most examples are about something else: a job of the same name and
# place that passes.
passing='
	def passed: (. // {}) | with_entries(select(.key | IN("name", "filters", "requires"))) | .name //= "slipway/test";
	.workflows[].jobs |= map(
		if . == "slipway/test" then {passed: (null | passed)}
		elif type == "object" and has("slipway/test") then {passed: (.["slipway/test"] | passed)}
		else . end) |
	.jobs.passed = {docker: [{image: "cimg/python:3.11"}], steps: [{run: {name: "Pass", command: "true"}}]}'

# example NAME [JQ]: its usage becomes the project's config, changed by JQ, and is committed.
example() {
	jq ".examples.$1.usage | ${2:-.}" orb.json >repo/.circleci/config.yml
	commit "$1"
	commit=$(git -C repo rev-parse HEAD)
}

# pipeline [OPTION…]: one of the present commit, by default on main; sets status, output and result.
pipeline() {
	local hosts=() name address where=(--branch main)
	case " $* " in *' --branch '* | *' --tag '*) where=() ;; esac
	while read -r name address; do hosts+=(--add-host "$name=$address"); done < <("$lab/lab" hosts)
	run "$runner/run" --project repo "${where[@]}" --state state --images images \
		--orb "$orb_name=orb.yml" --ssh-key "=$(env_of SSH_KEY)" "${hosts[@]}" \
		--context production-deploy=context --context staging-deploy=context --context production-plan=context "$@" 3>&-
	folder=state/pipelines/$(cat state/pipeline.number)
	result=$(cat "$folder/result.json")
}

# expect_jobs LINE…: "NAME STATUS" of each job of the pipeline, in the order in which they ran.
expect_jobs() {
	local found
	found=$(jq -r '.workflows[].jobs[] | "\(.name) \(.status)"' <<<"$result")
	if [ "$found" != "$(printf '%s\n' "$@")" ]; then
		printf 'jobs were:\n%s\n--\n%s\n' "$found" "$output" >&2
		return 1
	fi
}

# live HOST: the commit that is live there, or none.
live() {
	"$lab/lab" host-exec "$1" sh -c 'sed -n "s/^commit: //p" /var/www/app/current/REVISION 2>/dev/null || echo none' </dev/null
}

# expect_live COMMIT [HOST…]: on both hosts, or on these.
expect_live() {
	local host wanted=$1 found
	shift
	[ $# -gt 0 ] || set -- web1 web2
	for host; do
		found=$(live "$host")
		if [ "$found" != "$wanted" ]; then
			printf '%s: live is %s, not %s\n%s\n' "$host" "$found" "$wanted" "$output" >&2
			return 1
		fi
	done
}

# artifacts JOB: the paths of what the job left, one a line.
artifacts() {
	jq -r --arg job "$1" '.workflows[].jobs[] | select(.name == $job) | .artifacts[]' <<<"$result"
}
