#!/usr/bin/env bats
# shellcheck shell=bash disable=SC2016,SC2034,SC2154,SC2164
# SPDX-License-Identifier: MIT
# rsync-push-faults.bats: what rsync-push makes of bad input, bad hosts and accidents: the message,
# the exit status, and what is left on the other side.
bats_require_minimum_version 1.5.0
load helper
load sshd

setup() {
	cd "$BATS_TEST_TMPDIR"
	sshd_setup
	sshd_client_env
	local_shell=$BATS_TEST_DIRNAME/../interop/local-shell
	mkdir src dst
	echo new >src/a
	seq 5000 >src/b
	mounted=
}

teardown() {
	sshd_stop_all
	[ -z "$mounted" ] || umount "$mounted"
}

push() {
	"$bin/rsync-push" -e "'$local_shell'" "$@"
}

# remote NAME: a remote shell made of the script on stdin, in which "$*" is the command.
remote() {
	{
		printf '#!/bin/sh\nif [ "$1" = -l ]; then shift 2; fi\nshift\n'
		cat
	} >"$1"
	chmod 755 "$1"
}

# tmpfs DIR OPTIONS: mount a small file system, which teardown unmounts.
tmpfs() {
	[ "$(id -u)" = 0 ] || skip "needs root"
	mkdir "$1"
	mount -t tmpfs -o "$2" none "$1" || skip "cannot mount"
	mounted=$PWD/$1
}

@test "rsync-push: a source that is not there stops all before any host is touched" {
	remote must-not-run <<<'touch contacted'

	run "$bin/rsync-push" -e ./must-not-run src/ missing "host:$PWD/dst/"

	expect_status 3
	[ "$output" = 'rsync-push: stat missing: No such file or directory' ]
	[ ! -e contacted ]
}

@test "rsync-push: a file that cannot be read stops all before anything is sent" {
	local as=()
	[ "$(id -u)" != 0 ] || as=(setpriv --reuid 65534 --regid 65534 --clear-groups)
	chmod 755 .
	chmod 777 dst
	chmod 000 src/b

	run "${as[@]}" "$bin/rsync-push" -e "$local_shell" src/ "host:$PWD/dst/"

	expect_status 3
	[[ $output == *'rsync-push: read src/b: Permission denied'* ]]
	[ -z "$(ls dst)" ]
}

@test "rsync-push: devices and FIFOs are left out and named" {
	mkfifo src/pipe

	run push src/ "host:$PWD/dst/"

	expect_status 0
	[[ $output == *"rsync-push: skip 'pipe': not a file"* ]]
	[ ! -e dst/pipe ]
}

@test "rsync-push: wrong usage says what would be right" {
	run "$bin/rsync-push" --exlude x src/ "host:$PWD/dst/"
	expect_status 2
	[[ $output == *'did you mean --exclude?'* ]]

	run "$bin/rsync-push" src/ dst/
	expect_status 2
	[[ $output == *'it names no host'*'[USER@]HOST:DEST'* ]]

	run "$bin/rsync-push" src/
	expect_status 2

	printf 'ok\n/\n' >excludes
	run "$bin/rsync-push" --exclude-from excludes src/ "host:$PWD/dst/"
	expect_status 2
	[[ $output == *'excludes:2: '* ]]

	run "$bin/rsync-push" -e /nonexistent src/ "host:$PWD/d"$'\n'st/
	expect_status 2
	[[ $output == 'rsync-push: quote '*'line break' ]]
}

@test "rsync-push: rsync missing on the host is a hint to install it" {
	run push --rsync-path /nonexistent/rsync src/ "host:$PWD/dst/"

	expect_status 6
	[[ $output == *'rsync-push: host: remote: '*'not found'* ]]
	[[ $output == *'hint: install rsync'* ]]
}

@test "rsync-push: rsync missing on the host, over SSH" {
	sshd_start web1

	run "$bin/rsync-push" --rsync-path no-such-rsync --port "$sshd_port" src/ "127.0.0.1:$PWD/dst/"

	expect_status 6
	[[ $output == *'hint: install rsync'* ]]
}

@test "rsync-push: a host that is down" {
	run "$bin/rsync-push" --port 1 src/ "127.0.0.1:$PWD/dst/"

	expect_status 4
	[[ $output == *'rsync-push: 127.0.0.1: '*'refused'* ]]
}

@test "rsync-push: an external shell that cannot connect" {
	remote refused <<<'echo "web1: Permission denied (publickey)." >&2; exit 255'

	run "$bin/rsync-push" -e ./refused src/ "host:$PWD/dst/"

	expect_status 4
	expect_line 'rsync-push: host: remote: web1: Permission denied (publickey).'
	[[ $output != *'must own'* ]]
}

@test "rsync-push: an unknown host key is refused" {
	sshd_start web1
	: >"$sshd_known_hosts"

	run "$bin/rsync-push" --port "$sshd_port" src/ "127.0.0.1:$PWD/dst/"

	expect_status 4
	[[ $output == *'SHA256:'* ]]
	[ -z "$(ls dst)" ]
}

@test "rsync-push: one bad host of two is status 6, and the other is served" {
	sshd_start web1
	printf '%s ansible_host=127.0.0.1 ansible_port=%s\n' web1 "$sshd_port" web2 1 >hosts

	run "$bin/rsync-push" --hosts hosts src/ "$PWD/dst/"

	expect_status 6
	[[ $output == *'rsync-push: web1: 3 entries, sent 2 files'* ]]
	[[ $output == *'rsync-push: web2: '*'refused'* ]]
	diff -r src dst
}

@test "rsync-push: all hosts bad is their own status" {
	printf '%s ansible_host=127.0.0.1 ansible_port=1\n' web1 web2 >hosts

	run "$bin/rsync-push" --hosts hosts src/ "$PWD/dst/"

	expect_status 4
}

@test "rsync-push: a full disk names the cause and keeps the old files" {
	tmpfs small size=256k
	mkdir small/1
	echo old >small/1/a
	head -c 1000000 /dev/urandom >src/big

	run push src/ "host:$PWD/small/1/"

	expect_status 5
	[[ $output == *'No space left on device'* ]]
	[[ $output == *'hint: the disk of host is full'* ]]
	[ ! -e small/1/big ]
}

@test "rsync-push: a read-only target names the cause" {
	tmpfs small ro,size=64k

	run push src/ "host:$PWD/small/1/"

	expect_status 5
	[[ $output == *'Read-only file system'* ]]
	[[ $output == *'hint: the file system of '*' is read-only'* ]]
}

@test "rsync-push: a missing parent of the destination, with and without --mkpath" {
	run push src/ "host:$PWD/none/such/"
	expect_status 5
	[[ $output == *'No such file or directory'* ]]

	run push --mkpath src/ "host:$PWD/none/such/"
	expect_status 0
	diff -r src none/such
}

@test "rsync-push: a login shell that talks is shown" {
	remote chatty <<<'echo "Welcome to web1, have a nice day"; exec sh -c "$*"'

	run "$bin/rsync-push" -e ./chatty src/ "host:$PWD/dst/"

	expect_status 5
	[[ $output == *'Welcome to web1'* ]]
	[ -z "$(ls dst)" ]
}

@test "rsync-push: a server of nonsense is refused" {
	remote zeros <<<'head -c 300000 /dev/zero; cat >/dev/null'
	remote noise <<<'head -c 300000 /dev/urandom; cat >/dev/null'
	# A handshake (protocol 31, no capabilities, a seed), then: a frame of an unknown kind; a request
	# for a file that is not listed; a request for the content of a directory.
	remote unknown <<<'printf "\037\0\0\0\0\1\2\3\4\1\0\0\143x"; cat >/dev/null'
	remote range <<<'printf "\037\0\0\0\0\1\2\3\4\3\0\0\007\011\0\200"; cat >/dev/null'
	remote directory <<<'printf "\037\0\0\0\0\1\2\3\4\3\0\0\007\1\0\200"; cat >/dev/null'
	local name

	for name in zeros noise unknown range directory; do
		run timeout 60 "$bin/rsync-push" --checksum-choice md5 -e "./$name" src/ "host:$PWD/dst/"
		expect_status 5
		[[ $output == 'rsync-push: host: '* ]]
	done
}

@test "rsync-push: a server that says nothing ends by --timeout" {
	remote silent <<<'exec sleep 1000'

	run timeout 60 "$bin/rsync-push" --timeout 1 -e ./silent src/ "host:$PWD/dst/"

	expect_status 5
	[[ $output == *'nothing came or went within the --timeout'* ]]
}

@test "rsync-push: a server that stops in the middle ends by --timeout" {
	remote stuck <<<'sh -c "$*" | { head -c 60; exec sleep 20; }' # nobody ends it

	run timeout 60 "$bin/rsync-push" --timeout 1 -e ./stuck src/ "host:$PWD/dst/"

	expect_status 5
	[[ $output == *'nothing came or went within the --timeout'* ]]
}

@test "rsync-push: a program that closes its output but does not end, ends by --timeout" {
	remote lingerer <<<'exec >&- 2>&-; exec sleep 1000'

	run timeout 60 "$bin/rsync-push" --timeout 1 -e ./lingerer src/ "host:$PWD/dst/"

	expect_status 5
	[[ $output == *'nothing came or went within the --timeout'* ]]
}

@test "rsync-push: a server of nonsense is not listened to for ever" {
	remote talker <<<'echo nonsense; exec yes >&2'

	run bash -c '"$@" 2>&1 | tail -n 2' x timeout -v 60 "$bin/rsync-push" -e ./talker src/ "host:$PWD/dst/"

	[[ $output == *"first bytes are not rsync's: nonsense"* ]]
	[[ $output != *timeout:* ]]
}

@test "rsync-push: a flood of empty frames does not pile up in memory" {
	printf '\0\0\0\7%.0s' {1..16384} >frames
	remote flood <<<'printf "\037\0\0\0\0\1\2\3\4"; for i in $(seq 200); do cat frames; done'

	run bash -c 'ulimit -v 10000; exec "$@"' x "$bin/rsync-push" --checksum-choice md5 -e ./flood \
		src/ "host:$PWD/dst/"

	expect_status 5
	[[ $output == *"the server's rsync ended too early"* ]]
}

# Every file of dst is one of the old or one of the new, whole.
expect_whole_files() {
	local file
	for file in $(cd dst && find . -type f); do
		cmp -s "src/$file" "dst/$file" || cmp -s "old/$file" "dst/$file"
	done
}

@test "rsync-push: a connection cut at any byte from the host fails, and leaves whole files" {
	remote cut <<<'exec bash -c "exec dd bs=1 count=$CUT 3<&0 < <(exec sh -c \"\$1\" <&3) 2>/dev/null" x "$*"'
	mkdir old
	seq 2 5001 >old/b
	echo old >old/a
	local cut

	for cut in 0 1 4 5 6 20 50 60 70 80 90 100 110 120 130 140 150; do
		rm -rf dst
		cp -r old dst
		CUT=$cut run timeout 60 "$bin/rsync-push" -e ./cut src/ "host:$PWD/dst/"
		expect_status 5
		expect_whole_files
	done
	CUT=100000 run "$bin/rsync-push" -e ./cut src/ "host:$PWD/dst/"
	expect_status 0
}

@test "rsync-push: a connection cut at any byte to the host fails, and leaves whole files" {
	remote cut <<<'dd bs=1 count="$CUT" 2>/dev/null | sh -c "$*"'
	mkdir old
	seq 2 5001 >old/b
	echo old >old/a
	local cut

	for cut in 0 1 4 14 15 20 35 50 90 130 170 180 200 250 300 350 400; do
		rm -rf dst
		cp -r old dst
		CUT=$cut run timeout 60 "$bin/rsync-push" -e ./cut src/ "host:$PWD/dst/"
		expect_status 5
		expect_whole_files
	done
}

@test "rsync-push: a source file that changes during the push is a failure" {
	remote meddler <<<'echo more >>src/b; exec sh -c "$*"'

	run "$bin/rsync-push" --quick-check -e ./meddler src/ "host:$PWD/dst/"

	expect_status 5
	[[ $output == *"'b'"*'changed'* ]]
}

@test "rsync-push: a source file that vanishes during the push is a failure" {
	remote meddler <<<'rm -f src/b; exec sh -c "$*"'

	run "$bin/rsync-push" --quick-check -e ./meddler src/ "host:$PWD/dst/"

	expect_status 5
	[[ $output == *"'b'"*'No such file or directory'* ]]
	[ ! -e dst/b ]
}

@test "rsync-push: a source file that becomes unreadable is no fault of the host" {
	local as=()
	[ "$(id -u)" != 0 ] || as=(setpriv --inh-caps=-all --bounding-set=-all)
	remote meddler <<<'chmod 000 src/b; exec sh -c "$*"'

	run "${as[@]}" "$bin/rsync-push" --quick-check -e ./meddler src/ "host:$PWD/dst/"

	expect_status 5
	expect_line "rsync-push: host: open 'b': Permission denied"
	[[ $output != *hint* ]]
}

@test "rsync-push: a link put in a source file's place is not followed" {
	echo secret >outside
	remote meddler <<<'ln -sf ../outside src/b; exec sh -c "$*"'

	run "$bin/rsync-push" --quick-check -e ./meddler src/ "host:$PWD/dst/"

	expect_status 5
	[ ! -e dst/b ]
}

@test "rsync-push: a signal ends it and the program that it runs" {
	remote silent <<<'echo $$ >pid; exec sleep 1000'
	"$bin/rsync-push" -e ./silent src/ "host:$PWD/dst/" 3>&- &
	local pusher=$!
	wait_for test -s pid

	kill -TERM "$pusher"
	status=0
	wait "$pusher" || status=$?

	[ "$status" = 143 ]
	run ! kill -0 "$(cat pid)"
}

@test "rsync-push: a full stdout is a failure" {
	run bash -c '"$0" -i -e "$1" src/ "host:$PWD/dst/" >/dev/full' "$bin/rsync-push" "$local_shell"

	expect_status 3
}
