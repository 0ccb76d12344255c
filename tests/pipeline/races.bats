#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# alone
# shellcheck shell=bash disable=SC2154
# slipway on two real hosts: many at once. What must hold is in design.md, section 2.
# RACE_SECONDS (60) is how long deploys, rollbacks and prunings go on beside each other.

load deploy

setup_file() { deploy_hosts_up; }
teardown_file() { deploy_hosts_down; }
setup() { deploy_setup; }

# max_startups N: so many logins at once; by default sshd turns some away above 10.
max_startups() {
	local host
	for host in web1 web2; do
		"$lab" host-exec "$host" sh -c "echo 'MaxStartups $1' >/etc/ssh/sshd_config.d/races.conf && supervisorctl signal HUP sshd" >/dev/null
		await 10 on "$host" true
	done
}

# Nothing of a deploy to $root is at work on the host, nor left there.
host_is_quiet() {
	{ on "$1" "! pgrep -fa '${root/h/[h]}'" && on "$1" "cd $root && ! ls -d builds/.[!.]* builds/*/.incomplete \
		.slipway/run/new .slipway/steps/* .current.* 2>/dev/null | grep ."; } >../quiet 2>&1
}

expect_nothing_left() {
	local host
	for host in web1 web2; do
		await 20 host_is_quiet "$host" || {
			cat ../quiet >&2
			return 1
		}
	done
	# This side: no temporary folder, no process.
	[ -z "$(ls -A "$TMPDIR")" ]
	run slipway status
	expect_status 0
	[ "$(grep -cw free <<<"$output")" = 2 ]
}

# journal_of HOST EVENT: the builds of these events, in order; fails on a line that is not JSON.
journal_of() {
	on "$1" "cat $root/.slipway/journal" | /usr/bin/python3 -c 'import json, sys
for line in map(json.loads, sys.stdin):
    if line["event"] == sys.argv[1]: print(line["build"])' "$2"
}

@test "races: 50 deploys started at once: each a build of its own on both hosts, or cleanly refused" {
	deploy_first
	for n in $(seq 50); do
		cp -r . "../$n"
		echo "$n" >"../$n/page.txt"
		touch "../$n/only-$n"
	done

	max_startups 200

	pids=()
	for n in $(seq 50); do
		(cd "../$n" && exec slipway deploy --keep-releases 0 \
			--lock-wait $((n % 10 == 0 ? 300 : 0))) >"../$n.log" 2>&1 3>&- &
		pids+=($!)
	done
	for n in $(seq 50); do
		status=0
		wait "${pids[n - 1]}" || status=$?
		echo "$status" >"../$n.status"
	done
	max_startups 10:30:100

	succeeded=()
	for n in $(seq 50); do
		status=$(cat "../$n.status")
		output=$(cat "../$n.log")
		build=$(sed -n 's/^slipway: build //p' <<<"$output")
		if [ "$status" = 0 ]; then
			succeeded+=("$build")
			for host in web1 web2; do
				[ "$(on "$host" "cd $root/builds/$build && cat page.txt && ls -d only-*")" = "$n"$'\n'"only-$n" ]
			done
		else
			expect_status 6
			expect_line 'another deploy is at work: nothing was changed'
			[ -z "$build" ]
		fi
	done

	# All who waited had their turn, and perhaps others: no name twice, nothing that nobody made.
	[ ${#succeeded[@]} -ge 5 ]
	[ "$(printf '%s\n' "${succeeded[@]}" | sort -u | wc -l)" = ${#succeeded[@]} ]
	all=$(printf '%s\n' "$first" "${succeeded[@]}" | sort)
	for host in web1 web2; do
		[ "$(on "$host" "ls $root/builds")" = "$all" ]
		[ "$(journal_of "$host" active)" = "$all" ]
	done
	expect_live "$(tail -n 1 <<<"$all")"
	expect_nothing_left
	printf '# races: %d of 50 deploys went live, %d were refused\n' ${#succeeded[@]} $((50 - ${#succeeded[@]})) >&3
}

@test "races: of 100 atomic-link --expect at once one wins, and the link is what it made" {
	mkdir builds
	for n in $(seq 0 100); do mkdir "builds/$((20260101000000 + n))"; done
	ln -s builds/20260101000000 current
	for _ in 1 2 3 4 5; do
		was=$(basename "$(readlink current)")
		pids=() winners=()
		for n in $(seq 100); do
			[ "$((20260101000000 + n))" != "$was" ] || n=0
			atomic-link --expect "$was" "builds/$((20260101000000 + n))" current 2>/dev/null 3>&- &
			pids+=("$!:$n")
		done
		for pid in "${pids[@]}"; do
			status=0
			wait "${pid%:*}" || status=$?
			case $status in
			0) winners+=("${pid#*:}") ;;
			*) expect_status 1 ;;
			esac
		done
		[ ${#winners[@]} = 1 ]
		[ "$(readlink current)" = "builds/$((20260101000000 + winners[0]))" ]
		[ "$(ls -A)" = $'builds\ncurrent\ndeploy\npage.txt' ]
	done
}

# watch HOST: look at the live build all the time, until $root/stop is there; what it saw goes to ../seen.HOST.
# A build may go while it is looked at, but not while it is live.
watch() {
	on "$1" "python3 - $root" >"../seen.$1" 3>&- <<-'PY' &
		import os, sys, time
		os.chdir(sys.argv[1])
		whole = {"REVISION", "page.txt", "deploy"} | {"part-%d" % n for n in range(20)}
		looks, builds, wrong, end = 0, set(), [], time.monotonic() + 600
		while not os.path.exists("stop") and time.monotonic() < end:
		    looks += 1
		    try:
		        build = os.open("current", os.O_RDONLY | os.O_DIRECTORY)
		    except OSError as problem:
		        wrong.append("current: %s" % problem)
		        continue
		    names = set(os.listdir(build))
		    if not whole <= names or names & {".incomplete", ".failed"}:
		        now, then = os.stat("current"), os.fstat(build)
		        if (now.st_ino, now.st_dev) == (then.st_ino, then.st_dev):
		            wrong.append("not whole: %s" % sorted(names))
		    builds.add(os.fstat(build).st_ino)
		    os.close(build)
		    time.sleep(0.002)
		print("looks:", looks, "builds:", len(builds))
		for line in wrong[:10]:
		    print("wrong:", line)
	PY
}

# over_and_over NAME COMMAND...: until ../stop is there; "STATUS" lines go to ../NAME.statuses.
over_and_over() {
	local name=$1 status
	shift
	while [ ! -e ../stop ]; do
		status=0
		"$@" >>"../$name.log" 2>&1 || status=$?
		echo "$status" >>"../$name.statuses"
	done
}

# With a pause now and then: a rollback that another deploy overtakes is refused.
next_deploy() {
	date +%s%N >page.txt
	slipway deploy || return
	sleep "$((RANDOM % 3))"
}

# As cron would call it, without the deploy's knowledge.
prune_there() {
	on "$1" "cd $root && .slipway/bin/*/prune-builds --keep 3 --protect current --envs envs --lock .slipway/lock builds"
}

@test "races: prune beside deploy beside rollback: what is live is whole at every look" {
	for n in $(seq 0 19); do head -c 20000 /dev/urandom >"part-$n"; done
	settings "project_root=$root" requirements_file=none restart=none keep_releases=4 lock_wait=60
	deploy_first
	slipway deploy
	watch web1
	watchers=$!
	watch web2
	watchers="$watchers $!"

	over_and_over deploys next_deploy 3>&- &
	loops=$!
	over_and_over rollbacks slipway rollback 3>&- &
	loops="$loops $!"
	for host in web1 web2; do
		over_and_over "prune-$host" prune_there "$host" 3>&- &
		loops="$loops $!"
	done
	sleep "${RACE_SECONDS:-60}"
	touch ../stop
	# shellcheck disable=SC2086
	wait $loops
	for host in web1 web2; do on "$host" "touch $root/stop"; done
	# shellcheck disable=SC2086
	wait $watchers

	for host in web1 web2; do
		printf '# races: %s: %s\n' "$host" "$(head -n 1 "../seen.$host")" >&3
		run ! grep wrong "../seen.$host"
		[ "$(sed 's/.*builds: //' "../seen.$host")" -gt 2 ]
		run ! grep -v 0 "../prune-$host.statuses"
	done
	# Deploys all succeed; a rollback may find nothing older, or that its build was pruned.
	[ "$(sort -u ../deploys.statuses)" = 0 ] || cat ../deploys.log >&2
	[ "$(sort -u ../deploys.statuses)" = 0 ]
	run ! grep -vx '[06]' ../rollbacks.statuses
	grep -qx 0 ../rollbacks.statuses
	printf '# races: %s deploys, %s rollbacks, %s of them refused, %s prunings\n' "$(wc -l <../deploys.statuses)" \
		"$(wc -l <../rollbacks.statuses)" "$(grep -cx 6 ../rollbacks.statuses)" "$(cat ../prune-*.statuses | wc -l)" >&3
	expect_live "$(live web1)"
	for host in web1 web2; do on "$host" "rm $root/stop"; done
	expect_nothing_left
}
