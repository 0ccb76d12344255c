# shellcheck shell=bash disable=SC2016,SC2034,SC2154
# SPDX-License-Identifier: MIT
# rollback.bash: what the tests of the ways to roll back share: two real hosts with three builds of the sample
# application, and the orb's examples, each put into its repository as it is in the packed orb.
# `load rollback`; setup_file: rollback_up EXAMPLE FILE...; teardown_file: rollback_down; setup: rollback_setup.
load runner

export SLIPWAY_LAB_NAME=${SLIPWAY_TEST_LAB:-$(basename "$BATS_TEST_FILENAME" .bats | tr -dc a-z0-9 | cut -c 1-10)}
dist=${SLIPWAY_DIST:-$checkout/build/dist}

# rollback_up EXAMPLE FILE...: two hosts with three builds, and those examples as .circleci/FILE.
rollback_up() {
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
	while [ $# -gt 0 ]; do
		example "$1" "$2"
		shift 2
	done
	: >builds
	for word in One Two Three; do deploy_here "$word"; done
}

rollback_down() {
	[ -n "${SLIPWAY_TEST_LAB:-}" ] || "$lab/lab" down
}

rollback_setup() {
	cd "$BATS_FILE_TMPDIR" || return 1
	{ read -r one && read -r two && read -r three; } <builds
	set_given
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
