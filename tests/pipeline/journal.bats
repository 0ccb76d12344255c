#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154
# slipway on two real hosts: the lock that no dead, cut off or stopped owner keeps and no late one gets
# past; the journal, and the rollback that goes by it; what status and releases tell.

load deploy

setup_file() { deploy_hosts_up; }
teardown_file() {
	for host in web1 web2; do "$lab" mend "$host"; done
	deploy_hosts_down
}
setup() {
	deploy_setup
	deploy_first
	echo two >page.txt
}
teardown() {
	[ -z "${deploy_pid-}" ] || kill -KILL -- "-$deploy_pid" 2>/dev/null || :
	for host in web1 web2; do "$lab" mend "$host"; done
}

# begin_deploy OPTION...: in the background, in a group of processes of its own; sets deploy_pid.
begin_deploy() {
	setsid slipway deploy --lock-lease 3 "$@" >../log 2>&1 3>&- &
	deploy_pid=$!
}

# await_file HOST NAME: the hook or restart of that deploy has made $root/NAME.
await_file() { await 30 on "$1" "test -e $root/$2"; }

# end_deploy: sets status and output of the deploy of begin_deploy.
end_deploy() {
	status=0
	wait "$deploy_pid" || status=$?
	output=$(cat ../log)
	deploy_pid=
}

built() { sed -n 's/^slipway: build //p' "$1"; }

# Sets second: the build of a deploy that succeeds now.
deploy_second() {
	slipway deploy "$@" >../second.log 2>&1 || {
		cat ../second.log >&2
		return 1
	}
	second=$(built ../second.log)
}

# The deploy of begin_deploy has stopped its whole group for longer than its lease, another deploy has
# begun and is done, and it goes on: nothing that it does changes anything.
expect_late_is_refused() {
	local late host
	kill -STOP -- "-$deploy_pid"
	late=$(built ../log)
	rm -f deploy/hooks/*
	settings "project_root=$root" requirements_file=none restart=none

	deploy_second --lock-wait 60
	trees >../trees.before
	kill -CONT -- "-$deploy_pid"
	end_deploy

	expect_status "$1"
	expect_live "$second"
	trees >../trees.after
	diff ../trees.before ../trees.after
	for host in web1 web2; do
		run ! on "$host" "cd $root/builds/$late 2>/dev/null && test ! -e .incomplete && test ! -e .failed"
		on "$host" "! pgrep -f '[r]sync --server.*$late'"
	done
	output=$(cat ../log)
}

# All that is in the root on both hosts, with the times of files.
trees() { for host in web1 web2; do on "$host" "cd $root && find . -path ./.slipway/steps -prune -o -type d -print -o -printf '%p %T@ %l\n' | sort"; done; }

# journal HOST: "EVENT BUILD PREVIOUS" of each line, all of which are JSON.
journal() {
	on "$1" "cat $root/.slipway/journal" | jq -r '"\(.event) \(.build) \(.previous)"'
}

expect_journal_ends() {
	local host
	for host in web1 web2; do
		if [ "$(journal "$host" | tail -n "$(wc -l <<<"$1")")" != "$1" ]; then
			journal "$host" >&2
			return 1
		fi
	done
}

@test "slipway deploy: stopped while it pushes, it is refused after another deploy, and its rsync is ended" {
	head -c 150000000 /dev/zero | openssl enc -aes-128-ctr -pass pass:x -nosalt 2>/dev/null >big.bin
	begin_deploy
	await 30 grep -q '^slipway: build ' ../log
	await 30 on web1 "pgrep -f '[r]sync --server.*$(built ../log)'"
	kill -STOP -- "-$deploy_pid"
	on web1 "pgrep -f '[r]sync --server.*$(built ../log)'"
	rm big.bin

	expect_late_is_refused 5
}

@test "slipway deploy: stopped just before it goes live, it is refused after another deploy" {
	hook migrate "touch $root/reached; sleep 0.5"
	begin_deploy
	await_file web1 reached

	expect_late_is_refused 6

	expect_line 'the deploy lock is not ours any more'
	expect_line 'web2: unknown: another deploy has taken over'
	run ! grep -q 'rollback --to' <<<"$output"
}

@test "slipway deploy: stopped while it goes live, it does not say that it is live after another deploy" {
	begin_deploy --restart "command:touch reached; sleep 0.5"
	await_file web1 reached

	kill -STOP -- "-$deploy_pid"
	deploy_second --lock-wait 60
	kill -CONT -- "-$deploy_pid"
	end_deploy

	expect_status 6
	expect_live "$second"
	run ! grep -q 'is live on' <<<"$output"
	run ! grep -q 'rollback --to' <<<"$output"
}

@test "slipway deploy: an earlier try of the same job is waited for, not longer than its lease" {
	export CIRCLE_BUILD_URL=https://example.com/job/7
	hook prepare "touch $root/reached; sleep 60"
	begin_deploy
	await_file web1 reached
	kill -STOP -- "-$deploy_pid"
	rm deploy/hooks/prepare

	run slipway deploy --lock-wait 0 --lock-lease 3

	expect_status 0
	expect_line 'an earlier try of this job: waiting for the end of its lease, 3 s at most'
	kill -CONT -- "-$deploy_pid"
	end_deploy
	expect_status 6
}

@test "slipway deploy: a lock whose owner was cut off, without a word, goes when its lease is over" {
	hook prepare "touch $root/reached; sleep 60"
	begin_deploy
	await_file web1 reached
	await_file web2 reached
	for host in web1 web2; do "$lab" cut "$host"; done
	kill -KILL -- "-$deploy_pid"
	free() { "$lab" host-exec "$1" sh -c "$root/.slipway/bin/*/deploy-lock show $root/.slipway/lock" | grep -qx free; }

	await 20 free web1
	await 20 free web2
	for host in web1 web2; do "$lab" mend "$host"; done
	rm deploy/hooks/prepare

	run slipway deploy --lock-wait 0
	expect_status 0
}

@test "slipway deploy: a lock whose holder on a host is stopped is taken over, and its deploy is refused" {
	hook migrate "touch $root/reached; while [ ! -e $root/go ]; do sleep 0.1; done"
	begin_deploy
	await_file web1 reached
	for host in web1 web2; do
		on "$host" "kill -STOP \$($root/.slipway/bin/*/deploy-lock show $root/.slipway/lock | sed -n 's/^pid: //p')"
	done
	rm deploy/hooks/migrate

	deploy_second --lock-wait 30

	grep -q '^slipway: web1: lock .* was stopped beyond its lease of 3 s: ended' ../second.log
	end_deploy
	expect_status 6
	expect_live "$second"
}

@test "slipway rollback: goes back, twice, forward by --to, and not to what was rolled back from" {
	a=$first
	deploy_second && b=$second
	deploy_second && c=$second

	slipway rollback && expect_live "$b"
	slipway rollback && expect_live "$a"
	slipway rollback --to "$c" && expect_live "$c"
	slipway rollback && expect_live "$b"
	deploy_second && d=$second
	expect_journal_ends "active $c $b
rollback $b $c
rollback $a $b
rollback $c $a
rollback $b $c
began $d $b
active $d $b"
	slipway rollback && expect_live "$b"
	slipway rollback --to "$c" && expect_live "$c"
	slipway rollback && expect_live "$b"
}

@test "slipway: what fails and is taken back is in the journal of every host, with who and what" {
	git init -q . && git -c user.name=x -c user.email=x@x commit -q --allow-empty -m x
	touch bad
	# shellcheck disable=SC2016
	CIRCLE_USERNAME="a \"b\\" CIRCLE_BUILD_URL=https://example.com/1 run slipway deploy --restart 'command:[ "$(hostname)" = web1 ] || [ ! -e current/bad ]'

	expect_status 6
	build=$(sed -n 's/^slipway: build //p' <<<"$output")
	expect_journal_ends "began $build $first
failed $build $first
restored $first $build"
	on web1 "tail -n 3 $root/.slipway/journal" >../lines
	[ "$(jq -r .job ../lines | sort -u)" = https://example.com/1 ]
	[[ "$(jq -r .by ../lines | sort -u)" == 'a "b'*@* ]]
	[ "$(jq -r .commit ../lines | sed -n 2p)" = "$(git rev-parse HEAD)" ]
}

@test "slipway rollback: a torn line in the journal is passed over, and the next begins a new one" {
	deploy_second
	for host in web1 web2; do on "$host" "printf '{\"time\":\"2026-11-24T10:15:31Z\",\"event\":\"acti' >>$root/.slipway/journal"; done
	third=$(slipway deploy 2>&1 | sed -n 's/^slipway: build //p')

	slipway rollback

	expect_live "$second"
	[ "$(on web1 "grep -c 'acti\$' $root/.slipway/journal")" = 1 ]
	[ "$(on web1 "grep -v 'acti\$' $root/.slipway/journal" | jq -r .event | xargs)" = 'began active began active began active rollback' ]
	run ! on web1 "grep -q 'acti{' $root/.slipway/journal"
	[ -n "$third" ]
}

@test "slipway rollback: hosts whose journals lead elsewhere are named, and nothing is changed" {
	deploy_second && b=$second
	deploy_second && c=$second
	on web2 "cd $root/.slipway && sed -i -e 's/$first/x/g; s/$b/$first/g; s/x/$b/g' journal"

	run slipway rollback

	expect_status 6
	expect_line "the hosts' journals differ in what was live before $c: web1 $b, web2 $first: nothing was changed"
	expect_live "$c"
	on web2 "rm $root/.slipway/journal"
	slipway rollback
	expect_live "$b"
}

@test "slipway status: tells what hosts serve, run, hold, had last, and how the checkout stands to it" {
	git init -q . && git add . && git -c user.name=x -c user.email=x@x commit -q -m x
	deploy_second
	run --separate-stderr slipway status
	expect_status 0
	commit=$(git rev-parse --short=7 HEAD)
	grep -Eq "^web1 +$second +$commit +same +- +- +- +free +active [0-9]{2}-[0-9]{2} [0-9:]{5}$" <<<"$output"
	[ "$(awk 'length > 100' <<<"$output")" = '' ]
	git -c user.name=x -c user.email=x@x commit -q --allow-empty -m y
	echo three >page.txt

	on web1 "cd $root/builds/$first && setsid -f sleep 30 >/dev/null 2>&1 </dev/null"
	run --separate-stderr slipway status --json

	expect_status 1
	[ "$(jq -r '"\(.host) \(.live) \(.checkout) \(.runs) \(.lock) \(.last.event)"' <<<"$output")" = \
		"web1 $second 1 behind [\"$first\"] null active
web2 $second 1 behind [] null active" ]
	output=$stderr
	expect_line "web1: processes run from $first, live is $second"
	expect_line 'the checkout has changes that are not committed'
}

@test "slipway status: a host that is cut off is unknown, and one that a deploy left out differs" {
	"$lab" cut web2
	run slipway deploy --min-hosts 1 --connect-timeout 2
	expect_status 0
	run --separate-stderr slipway status --connect-timeout 2
	expect_status 4
	grep -Eq '^web2 +unknown$' <<<"$output"
	grep -Eq "^web1 +[0-9]{14} .* active " <<<"$output"
	"$lab" mend web2

	run slipway status
	expect_status 1
	expect_line 'hosts differ in what is live: web1 '
	expect_line 'hosts differ in what happened last: web1 active '

	run --separate-stderr slipway releases
	expect_status 0
	grep -Eq "^$first +[^ ]+ +proven +active .* web1$" <<<"$output"
	grep -Eq "^$first +[^ ]+ +live +active .* web2$" <<<"$output"
	run --separate-stderr slipway releases --json
	[ "$(jq -r 'select(.host == "web2").builds[0].build' <<<"$output")" = "$first" ]
}
