# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: MIT
# scenario.bash: the main job, step by step: each function pushes to a repository (or triggers its
# pipeline with parameters), lets the runner run what CircleCI would, and checks what came of it on
# every host. Sourced by run (the demo) and by tests/pipeline/demo-main.bats (the test), which set
# $scenario, a folder that it keeps everything in. Functions fail with a message on stderr.

checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
lab=$checkout/tests/lab/lab
repository=$scenario/visits

die() {
	printf '%s\n' "$*" >&2
	return 1
}

# expect WHAT ACTUAL EXPECTED
expect() {
	[ "$2" = "$3" ] || die "$1: expected '$3', found '$2'"
}

# lab_value NAME: from the lab's file of KEY=VALUE lines.
lab_value() {
	sed -n "s/^LAB_$1=//p" "$("$lab" env)"
}

# on HOST COMMAND...: as root on the host.
on() {
	"$lab" host-exec "$@" </dev/null
}

builds_on() {
	on "$1" find /var/www/app/builds -mindepth 1 -maxdepth 1 -printf '%f\n' | sort
}

current_on() {
	on "$1" readlink /var/www/app/current
}

# fetch HOST: the page that the host serves, over the network.
fetch() {
	curl --silent --show-error --fail --max-time 10 --noproxy '*' "http://$(lab_value "${1^^}")/"
}

# shown NAME: what the page on stdin shows as NAME.
shown() {
	local html
	html=$(cat)
	if [ "$1" = heading ]; then
		sed -n 's,.*<h1>\(.*\)</h1>.*,\1,p' <<<"$html"
	else
		sed -n "s,.*id=\"$1\">\([^<]*\)<.*,\1,p" <<<"$html"
	fi
}

commit() {
	git -C "$repository" commit --quiet --all --message "$1"
}

# pipeline BRANCH ARGS...: what a push to the branch sets off; ARGS go to the runner.
# Sets status (the runner's exit status) and result (the pipeline's result.json).
pipeline() {
	local branch=$1
	shift
	status=0
	"$checkout/tests/runner/run" --project "$repository" --branch "$branch" \
		--state "$scenario/ci" --images "$scenario/images" --orb "slipway/slipway=$scenario/orb.yml" \
		--ssh-key "=$(lab_value SSH_KEY)" --context "production-deploy=$scenario/context" \
		"${add_hosts[@]}" "$@" || status=$?
	result=$(find "$scenario/ci/pipelines" -name result.json -printf '%T@ %p\n' | sort -n | tail -n 1 |
		cut -d ' ' -f 2-)
}

# job_status NAME: the status of a job of the last pipeline; nothing if it had no place in it.
job_status() {
	jq -r --arg name "$1" '.workflows[].jobs[] | select(.name == $name) | .status' "$result"
}

# released N: the name of the Nth build that was deployed.
released() {
	sed -n "$1p" "$scenario/released"
}

# The newest build is the same on both hosts, new, and what `current` points at: note its name.
note_release() {
	local name
	name=$(builds_on web1 | tail -n 1)
	expect 'newest build on web2' "$(builds_on web2 | tail -n 1)" "$name" || return
	if grep -qFx -- "$name" "$scenario/released"; then die "no new build; newest is $name"; fi
	printf '%s\n' "$name" >>"$scenario/released"
}

# settled HOST RELEASE: both workers answer with the release; a chain reload replaces them one by one.
settled() {
	local answers=0 seen
	for _ in $(seq 100); do
		seen=$(fetch "$1" | shown release) || seen=nothing
		if [ "$seen" = "$2" ]; then answers=$((answers + 1)); else answers=0; fi
		if [ "$answers" = 10 ]; then return; fi
		sleep 0.1
	done
	die "$1 does not serve $2 10 times in a row, of 100 requests; the last answer was $seen"
}

# serves HOST RELEASE HEADING TALLYMARK: what the host answers, and that the visit was counted.
serves() {
	local html count
	expect "current on $1" "$(current_on "$1")" "builds/$2" || return
	settled "$1" "$2" || return
	html=$(fetch "$1") || return
	expect "release that $1 serves" "$(shown release <<<"$html")" "$2" || return
	expect "heading that $1 serves" "$(shown heading <<<"$html")" "$3" || return
	expect "tallymark on $1" "$(shown tallymark <<<"$html")" "$4" || return
	count=$(shown count <<<"$html")
	[ "$count" -gt "$(cat "$scenario/count")" ] || die "$1 did not count the visit: $count" || return
	printf '%s\n' "$count" >"$scenario/count"
}

# both_serve N HEADING TALLYMARK: both hosts serve the Nth release, and no other build is there.
both_serve() {
	local host
	for host in web1 web2; do
		serves "$host" "$(released "$1")" "$2" "$3" || return
		expect "builds on $host" "$(builds_on "$host")" "$(cat "$scenario/released")" || return
	done
}

# From nothing: empty hosts, an empty cache, a repository with one commit.
scenario_start() {
	rm -rf -- "$scenario"
	mkdir -p "$scenario"
	"$lab" up --fresh || return
	"$checkout/tests/lab/images" >"$scenario/images" || return
	# The release archives come from the lab's own server: the orb says so, as it would of a mirror.
	"$lab" publish "$checkout"/build/dist/* || return
	"$checkout/orb/pack" --helpers-url http://packages.lab/helpers "$scenario/orb.yml" \
		"$checkout"/build/dist/*.sha256 || return
	scenario_hosts
	printf 'DEPLOY_KNOWN_HOSTS=%s\n' "$(awk '{ printf "%s\\n", $0 }' "$(lab_value KNOWN_HOSTS)")" \
		>"$scenario/context"
	: >"$scenario/released"
	printf '0\n' >"$scenario/count"

	cp -r "$checkout/tests/sample-app" "$repository"
	sed -i 's/example\.com/lab/' "$repository/deploy/hosts"
	git -C "$repository" init --quiet --initial-branch main
	git -C "$repository" config user.name 'A developer'
	git -C "$repository" config user.email developer@example.com
	git -C "$repository" add --all
	commit 'Count visits'
}

# Names that the job's containers know: those of the lab.
scenario_hosts() {
	local name address
	add_hosts=()
	while read -r name address; do
		add_hosts+=(--add-host "$name=$address")
	done < <("$lab" hosts)
}

# Visitors who come all the time, from now until the shell $1 or watch_stop ends it: one line with
# the HTTP status (000: no answer) per request in $scenario/watch.
watch_start() {
	local name hosts=()
	for name in WEB1 WEB2; do hosts+=("$(lab_value "$name")"); done
	: >"$scenario/watch"
	while kill -0 "$1" 2>/dev/null; do
		for name in "${hosts[@]}"; do
			curl --silent --output /dev/null --max-time 60 --noproxy '*' \
				--write-out '%{http_code} after %{time_total} s %{errormsg}\n' \
				"http://$name/" >>"$scenario/watch" || :
		done
		sleep 0.2
	done 3>&- &
	printf '%s\n' "$!" >"$scenario/watch.pid"
}

watch_stop() {
	local pid
	pid=$(cat "$scenario/watch.pid" 2>/dev/null) || return 0
	kill "$pid" 2>/dev/null || :
	rm -f "$scenario/watch.pid"
}

no_request_lost() {
	expect 'answers other than 200 since the first deploy' "$(grep -v '^200 ' "$scenario/watch")" '' || return
	[ "$(wc -l <"$scenario/watch")" -gt 100 ] || die "only $(wc -l <"$scenario/watch") requests were made"
}

first_deploy() {
	pipeline main
	expect pipeline "$status" 0 || return
	expect 'job test' "$(job_status test)" success || return
	expect 'job deploy' "$(job_status deploy)" success || return
	note_release || return
	both_serve 1 Welcome 1.0.0
}

changed_page() {
	sed -i 's/Welcome/Welcome back/' "$repository/visits/templates/page.html" \
		"$repository/tests/test_visits.py"
	commit 'Greet those who return'
	pipeline main
	expect pipeline "$status" 0 || return
	note_release || return
	both_serve 2 'Welcome back' 1.0.0
}

changed_requirement() {
	sed -i 's/tallymark==1.0.0/tallymark==1.1.0/' "$repository/requirements.txt"
	commit 'Use tallymark 1.1.0'
	pipeline main
	expect pipeline "$status" 0 || return
	note_release || return
	both_serve 3 'Welcome back' 1.1.0
}

failing_tests() {
	sed -i 's/Welcome back/Velcome back/' "$repository/visits/templates/page.html"
	commit 'Greet with a mistake'
	pipeline main
	expect pipeline "$status" 1 || return
	expect 'job test' "$(job_status test)" failed || return
	expect 'job deploy' "$(job_status deploy)" not_run || return
	both_serve 3 'Welcome back' 1.1.0
}

other_branch() {
	git -C "$repository" checkout --quiet -b experiment HEAD~1
	sed -i 's/Welcome back/Hello/' "$repository/visits/templates/page.html" \
		"$repository/tests/test_visits.py"
	commit 'Try another greeting'
	pipeline experiment
	git -C "$repository" checkout --quiet main
	expect pipeline "$status" 0 || return
	expect 'job test' "$(job_status test)" success || return
	expect 'job deploy' "$(job_status deploy)" '' || return
	both_serve 3 'Welcome back' 1.1.0
}

rollback() {
	pipeline main --param action=rollback
	expect pipeline "$status" 0 || return
	expect 'job rollback' "$(job_status rollback)" success || return
	both_serve 2 'Welcome back' 1.0.0
}

rollback_again() {
	pipeline main --param action=rollback
	expect pipeline "$status" 0 || return
	both_serve 1 Welcome 1.0.0
}
