#!/usr/bin/env bats
# shellcheck shell=bash disable=SC2034,SC2154,SC2164
# SPDX-License-Identifier: MIT
# rsync-push.bats: what a push does, over a "remote" shell on this machine and over SSH.
# (That it does what rsync does: tests/interop. What faults do: rsync-push-faults.bats.)
bats_require_minimum_version 1.5.0
load helper
load sshd

setup() {
	cd "$BATS_TEST_TMPDIR"
	sshd_setup
	sshd_client_env
	local_shell=$BATS_TEST_DIRNAME/../interop/local-shell
	mkdir -p src/lib builds/1
	echo one >src/a
	printf '#!/bin/sh\n' >src/run
	chmod 775 src/run
	echo lib >src/lib/b.py
	ln -s lib/b.py src/link
}

teardown() {
	sshd_stop_all
}

# push OPTION... OPERAND...: over the local shell.
push() {
	"$bin/rsync-push" -e "'$local_shell'" "$@"
}

inode() {
	stat -c %i "$1"
}

@test "rsync-push: pushes a tree, its links and executable bits" {
	chmod 600 src/a

	run push src/ "host:$PWD/builds/1/"

	expect_status 0
	[ "$(cat builds/1/a builds/1/lib/b.py)" = $'one\nlib' ]
	[ "$(readlink builds/1/link)" = lib/b.py ]
	[ "$(stat -c %a builds/1 builds/1/a builds/1/run | tr '\n' ' ')" = '755 644 755 ' ]
	[ "$output" = "${output#*$'\n'}" ]
	[[ $output == "rsync-push: host: 6 entries, sent 3 files ("* ]]
}

@test "rsync-push: SRC without a slash is the entry itself" {
	run push src src/a "host:$PWD/builds/"

	expect_status 0
	[ -f builds/src/lib/b.py ]
	[ -f builds/a ]
}

@test "rsync-push: makes a destination whose name holds blanks and quotes" {
	run push src/ "host:$PWD/it's a \"build\" \$HOME/"

	expect_status 0
	[ -f "it's a \"build\" \$HOME/a" ]
}

@test "rsync-push: --perms keeps permissions, --times keeps times" {
	chmod 600 src/a
	touch -d '2001-02-03 04:05:06 UTC' src/a

	run push --perms --times src/ "host:$PWD/builds/1/"

	expect_status 0
	[ "$(stat -c '%a %Y' builds/1/a)" = "600 981173106" ]
}

@test "rsync-push: hard-links what a --link-dest build has, whatever the times" {
	run push src/ "host:$PWD/builds/1/"
	expect_status 0
	find src -type f -exec touch -d '2001-01-01' {} +
	echo changed >src/a

	run push --link-dest ../1 src/ "host:$PWD/builds/2/"

	expect_status 0
	[ "$(cat builds/2/a)" = changed ]
	[ "$(cat builds/1/a)" = one ]
	[ "$(inode builds/2/run)" = "$(inode builds/1/run)" ]
	[ "$(inode builds/2/lib/b.py)" = "$(inode builds/1/lib/b.py)" ]
}

@test "rsync-push: --link-dest may be the live build, behind its link" {
	cp -a src builds/0
	ln -s builds/0 current
	printf '*.pyc\n' >excludes

	run push --exclude-from excludes --link-dest ../../current src/ "host:$PWD/builds/2/"

	expect_status 0
	[ "$(inode builds/2/a)" = "$(inode builds/0/a)" ]
}

@test "rsync-push: 2,003 of 2,004 files are linked when one changed" {
	mkdir big
	seq 2004 | split -l 1 -a 4 - big/f
	run push -q big/ "host:$PWD/builds/1/"
	expect_status 0
	find big -type f -exec touch -d '2001-01-01' {} +
	echo changed >big/faaab

	run push --link-dest ../1 big/ "host:$PWD/builds/2/"

	expect_status 0
	[[ $output == *', linked 2003;'* ]]
	[ "$(find builds/2 -type f -links 2 | wc -l)" = 2003 ]
	[ "$(find builds/2 -type f -links 1)" = builds/2/faaab ]
}

@test "rsync-push: --copy-dest copies instead" {
	cp -a src builds/0

	run push -q --json --copy-dest ../0 src/ "host:$PWD/builds/1/"

	expect_status 0
	[ "$(jq .literal_bytes <<<"$output")" = 0 ]
	[ "$(inode builds/1/a)" != "$(inode builds/0/a)" ]
	diff -r src builds/1
}

@test "rsync-push: --quick-check trusts size and time" {
	run push --times src/ "host:$PWD/builds/1/"
	expect_status 0
	echo ONE >builds/1/a
	touch -r src/a builds/1/a

	run push --quick-check --times src/ "host:$PWD/builds/1/"
	expect_status 0
	[ "$(cat builds/1/a)" = ONE ]

	run push src/ "host:$PWD/builds/1/"
	expect_status 0
	[ "$(cat builds/1/a)" = one ]
}

@test "rsync-push: sends only the changed part of a file" {
	head -c 1000000 /dev/urandom >src/big
	run push -q src/ "host:$PWD/builds/1/"
	expect_status 0
	{ head -c 500000 src/big; echo inserted; tail -c 500000 src/big; } >new
	mv new src/big

	run push -q --json src/ "host:$PWD/builds/1/"

	expect_status 0
	cmp src/big builds/1/big
	[ "$(jq .literal_bytes <<<"$output")" -lt 10000 ]
	[ "$(jq .matched_bytes <<<"$output")" -gt 990000 ]
}

@test "rsync-push: compresses with zstd and with zlibx" {
	seq 100000 >src/numbers
	local choice

	for choice in zstd zlibx; do
		run push -q --json --compress-choice "$choice" src/ "host:$PWD/builds/$choice/"
		expect_status 0
		cmp src/numbers "builds/$choice/numbers"
		[ "$(jq .bytes_out <<<"$output")" -lt 300000 ]
	done
}

@test "rsync-push: --delete removes what is not in SRC, but for what is excluded" {
	mkdir builds/1/old
	touch builds/1/old/x builds/1/gone builds/1/keep.log

	run push -q -i --delete --exclude '*.log' src/ "host:$PWD/builds/1/"

	expect_status 0
	[[ $output == *'*deleting   old/'* ]]
	[ ! -e builds/1/old ]
	[ ! -e builds/1/gone ]
	[ -e builds/1/keep.log ]
}

@test "rsync-push: --max-delete is a failure when it is reached" {
	touch builds/1/x builds/1/y

	run push --delete --max-delete 1 src/ "host:$PWD/builds/1/"

	expect_status 5
	[[ $output == *'the limit of deletions was reached'* ]]
}

@test "rsync-push: --exclude-from and --include follow rsync's rules" {
	printf '# comment\n\n*.py\n/run\n' >excludes

	run push --include b.py --exclude-from excludes src/ "host:$PWD/builds/1/"

	expect_status 0
	[ -f builds/1/lib/b.py ]
	[ ! -e builds/1/run ]
	[ -f builds/1/a ]
}

@test "rsync-push: a dry run says what a run does, and does nothing" {
	echo old >builds/1/a
	touch builds/1/gone

	run push -q -n -i --delete src/ "host:$PWD/builds/1/"
	expect_status 0
	said=$output
	[ "$(ls builds/1)" = $'a\ngone' ]
	[ "$(cat builds/1/a)" = old ]

	run push -q -i --delete src/ "host:$PWD/builds/1/"
	expect_status 0
	[ "$output" = "$said" ]
	[ "${lines[0]}" = '*deleting   gone' ]
	[ "${lines[1]}" = '<fc.T...... a' ]
	[ "${lines[2]}" = 'cL+++++++++ link -> lib/b.py' ]
}

@test "rsync-push: --out-format prints its own lines" {
	run push -q --out-format '%h %o %l %n' src/ "host:$PWD/builds/1/"

	expect_status 0
	[ "${lines[0]}" = 'host send 4 a' ]
}

@test "rsync-push: --stats prints counters" {
	run --separate-stderr push --stats src/ "host:$PWD/builds/1/"

	expect_status 0
	[ "${lines[0]}" = 'host: entries: 6' ]
	[[ $output == *$'\nhost: files_sent: 3\n'* ]]
}

@test "rsync-push: --rsync-path and --become say how rsync is run" {
	run push -vv --become --rsync-path /opt/rsync src/ "host:$PWD/builds/1/"

	[[ $output == *'rsync-push: host: running sudo -n /opt/rsync --server '* ]]
}

@test "rsync-push: over SSH, to several hosts at once" {
	local name
	for name in web1 web2; do
		mkdir "$name"
		sshd_start "$name" "ForceCommand cd $PWD/$name && eval \"\$SSH_ORIGINAL_COMMAND\""
		printf '%s ansible_host=127.0.0.1 ansible_port=%s\n' "$name" "$sshd_port" >>hosts
	done

	run --separate-stderr "$bin/rsync-push" -i --hosts hosts src/ build/
	expect_status 0
	[ "$(grep -c '^rsync-push: web[12]: 6 entries, sent 3 files' <<<"$stderr")" = 2 ]
	diff -r src web1/build
	diff -r src web2/build

	run "$bin/rsync-push" -q -i --hosts hosts src/ build/
	expect_status 0
	[ -z "$output" ]
}

@test "rsync-push: --limit names the hosts to push to, --failures who failed" {
	local name
	for name in web1 web2 web3; do
		mkdir "$name"
		sshd_start "$name" "ForceCommand cd $PWD/$name && eval \"\$SSH_ORIGINAL_COMMAND\""
		printf '%s ansible_host=127.0.0.1 ansible_port=%s\n' "$name" "$sshd_port" >>hosts
	done
	touch web3/build

	run "$bin/rsync-push" --hosts hosts --limit web1,web3 --failures failures src/ build/

	expect_status 6
	diff -r src web1/build
	[ -z "$(ls web2)" ]
	grep -q '^rsync-push: web3: ' failures
	run ! grep -q web1 failures

	run "$bin/rsync-push" --limit web1 src/ web1:build/
	expect_status 2
	[[ $output == *'use --limit: it needs --hosts'* ]]
}

@test "rsync-push: over SSH, a host and options on the command line" {
	sshd_start web1

	run "$bin/rsync-push" --port "$sshd_port" src/ "$sshd_user@127.0.0.1:$PWD/builds/1/"

	expect_status 0
	diff -r src builds/1
}

@test "rsync-push: over SSH, a tree that takes longer to read than to connect" {
	sshd_start web1
	truncate -s 500M src/zeros

	run timeout 18 "$bin/rsync-push" -n --checksum-choice md5 --port "$sshd_port" src/ \
		"127.0.0.1:$PWD/builds/1/"

	expect_status 0
	[[ $output == *': 7 entries, would send 4 files'* ]]
}

@test "rsync-push: lines about entries name the host when there are several" {
	run --separate-stderr push -i --hosts web1,web2 --parallel 1 src/a "$PWD/builds/1/"

	expect_status 0
	[ "$output" = 'web1: <f+++++++++ a' ]
	[ "${stderr_lines[0]%%: 1 *}" = 'rsync-push: web1' ]
	[ "${stderr_lines[1]%%: 1 *}" = 'rsync-push: web2' ]
}

@test "rsync-push: --json is one object for each host" {
	printf '%s\n' '#!/bin/sh' 'shift 2 # -l USER' 'mkdir "$1" && cd "$1"' \
		'shift' 'exec sh -c "$*"' >own_folder
	chmod +x own_folder

	run --separate-stderr "$bin/rsync-push" -e "$PWD/own_folder" --json --hosts web1,web2 src/ build/

	expect_status 0
	[ "$(jq -r .host <<<"$output" | sort)" = $'web1\nweb2' ]
	[ "$(jq -s 'map(.status) | add' <<<"$output")" = 0 ]
	[ "$(jq -s 'map(.entries) | add' <<<"$output")" = 12 ]
	[ "$(jq -s 'map(.files) | add' <<<"$output")" = $((2 * $(find src -type f | wc -l))) ]
	[ "$(jq -s 'map(.file_bytes) | add' <<<"$output")" = $((2 * $(find src -type f -exec cat {} + | wc -c))) ]
	[ "$(jq -s "all(.ended > $(date +%s%3N) - 60000)" <<<"$output")" = true ]
}

@test "rsync-push: --json -i is an object for each line, whatever the name" {
	mkdir live
	echo old >live/gone
	printf 1 >"live/$(printf 'caf\351')"
	printf 12 >src/$'a\n"<b>é'

	run --separate-stderr push --json -n -i --delete src/ "host:$PWD/live/"

	expect_status 0
	[ "$(jq -r 'select(.name == "gone") | [.host, .item, .dir] | @text' <<<"$output")" = '["host","*deleting",false]' ]
	[ "$(jq -r 'select(.name_hex) | .item + .name_hex' <<<"$output")" = '*deleting636166e9' ]
	[ "$(jq -r 'select(.size == 2) | .item + .name' <<<"$output")" = '<f+++++++++'$'a\n"<b>é' ]
	[ "$(jq -r 'select(.target) | .name + .target' <<<"$output")" = linklib/b.py ]
	[ "$(jq -s 'last | [.files_sent, .sent_bytes, .deleted]' -c <<<"$output")" = '[4,20,2]' ]
}

@test "rsync-push: -ii lists what is hard-linked too" {
	cp -r src live

	run push -q -n -ii --link-dest "$PWD/live" src/ "host:$PWD/builds/2/"

	expect_status 0
	[ "${lines[1]}" = 'hf          a' ]
	[ "${lines[2]}" = 'hL          link -> lib/b.py' ]
}

@test "rsync-push: a dry run makes no destination, not even its folders" {
	run push -n --mkpath src/ "host:$PWD/new/deep/2/"

	expect_status 0
	[ ! -e new ]
	[[ $output == "rsync-push: host: 6 entries, would send 3 files (18 B); "* ]]
}

@test "rsync-push: a dry run says how many bytes a run takes" {
	echo two >builds/1/a

	run push -q --json -n src/ "host:$PWD/builds/1/"
	said=$(jq -c '[.files_sent, .sent_bytes, .created]' <<<"$output")
	run push -q --json src/ "host:$PWD/builds/1/"

	expect_status 0
	[ "$(jq -c '[.files_sent, .sent_bytes, .created]' <<<"$output")" = "$said" ]
	[ "$said" = '[3,18,4]' ]
}

@test "rsync-push: -q prints nothing when all is well" {
	run push -q src/ "host:$PWD/builds/1/"

	expect_status 0
	[ -z "$output" ]
}

@test "rsync-push: the manual page has every option of --help" {
	run "$bin/rsync-push" --help

	expect_status 0
	n=0
	while read -r option; do
		grep -qE -- "Fl ($option|. , $option)( |\$)" \
			"$BATS_TEST_DIRNAME/../../helpers/rsync-push/rsync-push.1"
		n=$((n + 1))
	done < <(sed -nE 's/^ +(-., )?-(-[a-z-]+).*/\2/p' <<<"$output")
	[ "$n" -gt 35 ]
}
