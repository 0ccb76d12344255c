#!/usr/bin/env bats
# shellcheck shell=bash disable=SC2016,SC2030,SC2031,SC2034,SC2154,SC2164,SC2209
# SPDX-License-Identifier: MIT
# remote-run.bats: remote-run against real sshd servers: what runs, what is printed, how it ends.
# (Host keys, keys, algorithms and faults of the connection: ssh-*.bats.)
bats_require_minimum_version 1.5.0
load helper
load sshd

setup() {
	cd "$BATS_TEST_TMPDIR"
	sshd_setup
	sshd_client_env
}

teardown() {
	sshd_stop_all
}

# start NAME...: a server each, and an inventory of them in the file hosts.
start() {
	local name
	for name; do
		sshd_start "$name"
		printf '%s ansible_host=127.0.0.1 ansible_port=%s\n' "$name" "$sshd_port" >>hosts
	done
}

@test "remote-run: prints what each host says, its name in front" {
	start web1 web2

	run --separate-stderr "$bin/remote-run" --hosts hosts 'echo out; echo err >&2'

	expect_status 0
	[ "$(sort <<<"$output")" = $'web1 | out\nweb2 | out' ]
	[ "$(sort <<<"$stderr")" = $'web1 | err\nweb2 | err' ]
}

@test "remote-run: passes several words on as they are" {
	start web1

	run "$bin/remote-run" --hosts hosts -- printf '<%s>' 'a b' "it's" '$HOME' '*' '' $'two\nlines'

	expect_status 0
	[ "$output" = $'web1 | <a b><it\'s><$HOME><*><><two\nweb1 | lines>' ]
}

@test "remote-run: passes one word on as a line for the shell" {
	start web1

	run "$bin/remote-run" --hosts hosts 'x=1; echo $((x + 1)) | sed s/2/two/'

	expect_status 0
	[ "$output" = 'web1 | two' ]
}

@test "remote-run: options after the command are the command's" {
	start web1

	run "$bin/remote-run" --hosts hosts echo --json -v

	expect_status 0
	[ "$output" = 'web1 | --json -v' ]
}

@test "remote-run: a host list needs no file" {
	start web1

	run "$bin/remote-run" --hosts "$sshd_user@127.0.0.1:$sshd_port" true

	expect_status 0
	[ "$output" = '' ]
}

@test "remote-run: says which host failed and how, and exits 6" {
	start web1 web2

	run --separate-stderr "$bin/remote-run" --hosts hosts "[ \"\${SSH_CONNECTION##* }\" != ${sshd_ports[web2]} ] || exit 3"

	expect_status 6
	[ "$stderr" = 'remote-run: web2: remote command: exit status 3' ]
}

@test "remote-run: names the signal that ended a command" {
	start web1

	run "$bin/remote-run" --hosts hosts 'kill -KILL $$'

	expect_status 6
	[ "$output" = 'remote-run: web1: remote command: exit status 137 (128 + signal 9)' ]
}

@test "remote-run: a host that cannot be reached counts more than a failed command" {
	start web1
	printf 'web2 ansible_host=127.0.0.1 ansible_port=1\n' >>hosts

	run "$bin/remote-run" --hosts hosts false

	expect_status 4
	[[ $output == *'web1: remote command: exit status 1'* ]]
	[[ $output == *'web2: connect to 127.0.0.1 (127.0.0.1 port 1): Connection refused'* ]]
}

@test "remote-run: --script runs a script with arguments, which cannot swallow itself" {
	start web1
	printf 'cat >/dev/null\nread -r line || echo "end of input"\necho "$# $2"\n' >script

	run "$bin/remote-run" --hosts hosts --script script -- one 'two words'

	expect_status 0
	[ "$output" = $'web1 | end of input\nweb1 | 2 two words' ]
}

@test "remote-run: --script - takes the script from stdin" {
	start web1

	run "$bin/remote-run" --hosts hosts --script - <<<'echo "from stdin"'

	expect_status 0
	[ "$output" = 'web1 | from stdin' ]
}

@test "remote-run: --script with --stdin gives the script our stdin" {
	start web1
	printf 'sed s/^/got:/' >script

	run "$bin/remote-run" --hosts hosts --stdin --script script <<<'a line'

	expect_status 0
	[ "$output" = 'web1 | got:a line' ]
}

@test "remote-run: --script uses the shell that its first line names" {
	start web1
	printf '#!/usr/bin/env bash\na=(1 2 3); echo "${#a[@]}"\n' >script
	printf '#!/usr/bin/python3\nprint(1)\n' >python

	run "$bin/remote-run" --hosts hosts --script script
	expect_status 0
	[ "$output" = 'web1 | 3' ]

	run "$bin/remote-run" --hosts hosts --script python
	expect_status 2
	[[ $output == *"script's first line: python3: not a shell"* ]]
}

@test "remote-run: --script refuses what is too large for one argument" {
	start web1
	head -c 140000 /dev/zero | tr '\0' '#' >script

	run "$bin/remote-run" --hosts hosts --script script

	[[ $output == *'larger than 131071 bytes'* ]]
	[ "$status" != 0 ]
}

@test "remote-run: --stdin reaches every host whole" {
	start web1 web2
	head -c 20000000 /dev/urandom >data
	want=$(sha256sum <data)

	run "$bin/remote-run" --hosts hosts --stdin sha256sum <data

	expect_status 0
	[ "$(sort <<<"$output")" = "web1 | $want"$'\n'"web2 | $want" ]
}

@test "remote-run: --stdin passes lines on as they come, and its end" {
	start web1
	mkfifo in out
	"$bin/remote-run" --hosts hosts --stdin --no-prefix 'while read -r l; do echo "<$l>"; done; echo end' \
		<in >out 3>&- &
	exec 4>in 5<out

	echo one >&4
	read -rt 10 line <&5
	[ "$line" = '<one>' ]
	echo two >&4
	read -rt 10 line <&5
	[ "$line" = '<two>' ]
	exec 4>&-
	read -rt 10 line <&5
	[ "$line" = end ]
	wait "$!"
}

@test "remote-run: --stdin reaches all hosts at once, whatever --parallel says" {
	start web1 web2

	run "$bin/remote-run" --hosts hosts --parallel 1 --stdin \
		"touch $PWD/\${SSH_CONNECTION##* }; until [ -e ${sshd_ports[web1]} ] && [ -e ${sshd_ports[web2]} ]; do cd $PWD; done; cat" <<<x

	expect_status 0
	[ "$(sort <<<"$output")" = $'web1 | x\nweb2 | x' ]
}

@test "remote-run: without --stdin a command gets none" {
	start web1

	run "$bin/remote-run" --hosts hosts 'wc -c' <<<'ignored'

	expect_status 0
	[ "$output" = 'web1 | 0' ]
}

@test "remote-run: large output on both streams arrives whole" {
	start web1
	head -c 5000000 /dev/urandom >out.want
	head -c 3000000 /dev/urandom >err.want

	"$bin/remote-run" --hosts hosts --no-prefix "cat $PWD/err.want >&2; cat $PWD/out.want" >out 2>err

	cmp out.want out
	cmp err.want err
}

@test "remote-run: both directions at once do not lock up" {
	start web1
	head -c 20000000 /dev/urandom >data

	for _ in 1 2 3; do
		timeout 12 "$bin/remote-run" --hosts hosts --stdin --no-prefix 'tee /dev/stderr' <data >out 2>err

		cmp data out
		cmp data err
	done
}

# A command that notices when its output is closed. (sshd passes signals on to commands of ordinary
# users only, and we are root here.)
talker() {
	printf '%s' "echo \$\$ >pid.txt; mv pid.txt $PWD/pid; while echo talk; do sleep 0.1; done"
}

# Ended, also if nobody has fetched its status.
has_gone() {
	! grep -qs '^State:[[:blank:]]*[RSDTI]' "/proc/$1/status"
}

@test "remote-run: --timeout ends a command, also on the host" {
	start web1

	run --separate-stderr "$bin/remote-run" --hosts hosts --timeout 1 "$(talker)"

	expect_status 6
	[ "$stderr" = 'remote-run: web1: remote command did not end within 1 s: timed out, and was told to end' ]
	wait_for has_gone "$(cat pid)"
}

@test "remote-run: SIGTERM ends the remote command, then itself by the signal" {
	start web1
	"$bin/remote-run" --hosts hosts "$(talker)" >out 2>err 3>&- &
	pid=$!
	wait_for test -s pid

	kill -TERM "$pid"
	status=0
	wait "$pid" || status=$?

	[ "$status" = 143 ]
	grep -q 'web1: remote command: stopped by a signal' err
	wait_for has_gone "$(cat pid)"
}

@test "remote-run: --serial finishes a batch before the next one starts" {
	start web1 web2 web3

	run "$bin/remote-run" --hosts hosts --serial 2 "echo \${SSH_CONNECTION##* } >>$PWD/order; until [ \$(wc -l <$PWD/order) -ge 2 ]; do :; done"

	expect_status 0
	[ "$(tail -n 1 order)" = "${sshd_ports[web3]}" ]
}

@test "remote-run: --any-errors-fatal stops the other hosts" {
	start web1 web2

	run "$bin/remote-run" --hosts hosts --any-errors-fatal \
		"if [ \${SSH_CONNECTION##* } = ${sshd_ports[web1]} ]; then sleep 60; else exit 1; fi"

	expect_status 6
	[[ $output == *'web2: remote command: exit status 1'* ]]
	[[ $output == *'web1: after web2 failed: stopped (--any-errors-fatal)'* ]]
	[ "$SECONDS" -lt 30 ]
}

@test "remote-run: --failures writes who failed, but not who was stopped for that" {
	start web1 web2

	run --separate-stderr "$bin/remote-run" --hosts hosts --any-errors-fatal --failures failures \
		"if [ \${SSH_CONNECTION##* } = ${sshd_ports[web1]} ]; then sleep 60; else exit 3; fi"

	expect_status 6
	[ "$(cat failures)" = 'remote-run: web2: remote command: exit status 3' ]

	run "$bin/remote-run" --hosts hosts --failures failures true
	expect_status 0
	[ ! -s failures ]
	run "$bin/remote-run" --hosts hosts --failures no/such/folder "touch $PWD/ran"
	expect_status 3
	[ ! -e ran ]
}

@test "remote-run: --limit runs on the hosts that it names, and on no others" {
	start web1 web2 web3

	run "$bin/remote-run" --hosts hosts --limit web3,web1 'echo here'
	expect_status 0
	[ "$(sort <<<"$output")" = $'web1 | here\nweb3 | here' ]

	run "$bin/remote-run" --hosts hosts --limit web1,web4 "touch $PWD/ran"
	expect_status 2
	[[ $output == *'--limit "web4": no such host in the inventory'* ]]
	[ ! -e ran ]
}

@test "remote-run: --any-errors-fatal with --serial starts no further batch" {
	start web1 web2

	run "$bin/remote-run" --hosts hosts --serial 1 --any-errors-fatal "echo x >>$PWD/ran; false"

	expect_status 6
	[ "$(wc -l <ran)" = 1 ]
}

@test "remote-run: --parallel 1 goes through all hosts, one by one" {
	start web1 web2

	run "$bin/remote-run" --hosts hosts --parallel 1 "mkdir $PWD/one && rmdir $PWD/one && echo done"

	expect_status 0
	[ "$output" = $'web1 | done\nweb2 | done' ]
}

@test "remote-run: --fold prints the output of equal hosts once" {
	start web1 web2 web3

	run "$bin/remote-run" --hosts hosts --fold \
		"[ \${SSH_CONNECTION##* } = ${sshd_ports[web2]} ] && echo odd || echo same"

	expect_status 0
	[ "$output" = $'web1,web3 | same\nweb2 | odd' ]
}

@test "remote-run: --json prints one object per host" {
	start web1
	printf 'web2 ansible_host=127.0.0.1 ansible_port=1\n' >>hosts

	run --separate-stderr "$bin/remote-run" --hosts hosts --json 'printf "a\"\t\377"; echo e >&2; exit 5'

	expect_status 4
	[ "$(jq -c '[.host, .status, .stdout, .stderr, .error]' <<<"${lines[0]}")" = \
		'["web1",5,"a\"\t�","e\n","remote command: exit status 5"]' ]
	[ "$(jq -c '[.host, .status, .error]' <<<"${lines[1]}")" = \
		'["web2",null,"connect to 127.0.0.1 (127.0.0.1 port 1): Connection refused"]' ]
}

@test "remote-run: --record writes how and when each host ended" {
	start web1
	printf 'web2 ansible_host=127.0.0.1 ansible_port=1\n' >>hosts
	local before
	before=$(date +%s%3N)

	run --separate-stderr "$bin/remote-run" --hosts hosts --record record 'echo out; echo "a<b" >&2; exit 5'

	expect_status 4
	[ "$output" = 'web1 | out' ]
	[[ $stderr == *'web1 | a<b'* ]]
	[ "$(jq -c '[.host, .status, .stderr, .stopped, .error, .hint]' record | head -n 1)" = \
		'["web1",5,"a<b\n",false,"remote command: exit status 5",""]' ]
	[ "$(jq -c '[.host, .status, .error]' record | tail -n 1)" = \
		'["web2",null,"connect to 127.0.0.1 (127.0.0.1 port 1): Connection refused"]' ]
	[ "$(jq ".ended - .seconds * 1000 >= $before and .ended <= $(date +%s%3N)" record | sort -u)" = true ]
}

@test "remote-run: --record is written when a signal ends it, with the last lines" {
	start web1
	"$bin/remote-run" --hosts hosts --record record 'yes line | head -n 9000 >&2; sleep 60' \
		2>err 3>&- &
	pid=$!
	wait_for eval '[ "$(wc -l <err)" = 9000 ]'

	kill -TERM "$pid"

	wait "$pid" || :
	[ "$(jq -c '[.status, .stopped, .error, (.stderr | length)]' record)" = \
		'[null,true,"remote command: stopped by a signal",8190]' ]
}

@test "remote-run: --list-hosts prints what the inventory resolves to" {
	printf '[web]\nweb[1:2] ansible_host=10.0.0.1\n[web:vars]\nansible_user=deploy\n[db]\ndb1:2222\n' >inv
	unset SLIPWAY_USER

	run "$bin/remote-run" --hosts inv:web --list-hosts

	expect_status 0
	[ "$output" = $'web1 deploy@10.0.0.1:22\nweb2 deploy@10.0.0.1:22' ]
}

@test "remote-run: options count more than the environment, and that more than the inventory" {
	printf 'web1 ansible_host=10.0.0.1 ansible_user=inv ansible_port=1022\n' >inv

	unset SLIPWAY_USER
	run "$bin/remote-run" --hosts inv --list-hosts
	[ "$output" = 'web1 inv@10.0.0.1:1022' ]
	SLIPWAY_USER=env SLIPWAY_PORT=1023 run "$bin/remote-run" --hosts inv --list-hosts
	[ "$output" = 'web1 env@10.0.0.1:1023' ]
	SLIPWAY_USER=env run "$bin/remote-run" --hosts inv --user opt --port 1024 --list-hosts
	[ "$output" = 'web1 opt@10.0.0.1:1024' ]
}

@test "remote-run: --become runs by sudo -n, and explains a refusal" {
	start web1
	mkdir fake
	printf '#!/bin/sh\n[ "$1 $2" = "-n --" ] || exit 9\nshift 2\necho "as root: $#"\nexec "$@"\n' >fake/sudo
	chmod +x fake/sudo
	printf 'PATH=%s:$PATH exec "$SHELL" -c "$SSH_ORIGINAL_COMMAND"\n' "$PWD/fake" >wrap
	sshd_start web2 "ForceCommand sh $PWD/wrap" "SetEnv HOME=$HOME"

	run "$bin/remote-run" --hosts "127.0.0.1:$sshd_port" --become echo 'a b'
	expect_status 0
	[ "$output" = $'127.0.0.1:'"$sshd_port"$' | as root: 2\n127.0.0.1:'"$sshd_port | a b" ]

	printf '#!/bin/sh\necho "sudo: a password is required" >&2\nexit 1\n' >fake/sudo
	run "$bin/remote-run" --hosts "127.0.0.1:$sshd_port" --become true
	expect_status 6
	[[ $output == *'hint: sudo asks for a password'*'NOPASSWD'* ]]
}

@test "remote-run: ansible_become of the inventory is --become for that host" {
	start web1
	sed -i 's/$/ ansible_become=true/' hosts

	run "$bin/remote-run" --hosts hosts --json true

	if command -v sudo >/dev/null; then
		expect_status 0
	else
		expect_status 6
		[[ $output == *'sudo is not installed there'* ]]
	fi
}

@test "remote-run: output on a terminal has no control characters of the host's" {
	start web1

	run script -qec "$bin/remote-run --hosts hosts 'printf \"a\\tb\\033[2Jc\\n\"'" /dev/null

	expect_status 0
	[[ $output == *$'a\tb\\x1b[2Jc'* ]]
}

@test "remote-run: ends when nobody reads its output" {
	start web1

	run --separate-stderr timeout 20 bash -c "'$bin/remote-run' --hosts hosts yes | head -n 1"

	[ "${lines[0]}" = 'web1 | y' ]
	[ "$status" != 124 ]
}

@test "remote-run: -v says who logged in, and how" {
	start web1

	run --separate-stderr "$bin/remote-run" -v --hosts hosts true

	expect_status 0
	[[ $stderr =~ ^remote-run:\ web1:\ logged\ in\ as\ $sshd_user\ \(.*25519.*,\ ssh-ed25519,\ .*\)$ ]]
}

@test "remote-run: wrong usage exits 2 and says what is wrong" {
	run "$bin/remote-run" true
	expect_status 2
	[[ $output == *'--hosts is missing'* ]]

	run "$bin/remote-run" --hosts a
	expect_status 2
	[[ $output == *'no command'* ]]

	run "$bin/remote-run" --hosts a --fold --json true
	expect_status 2

	run "$bin/remote-run" --hosts a --stdin --script - true
	expect_status 2

	run "$bin/remote-run" --hosts a --stdin --serial 1 cat
	expect_status 2
	[[ $output == *'--stdin reaches all hosts at once'* ]]

	run "$bin/remote-run" --hosts a --host-key SHA256:short true
	expect_status 2
	[[ $output == *'not SHA256: and 43 base64 digits'* ]]

	SLIPWAY_PORT=70000 run "$bin/remote-run" --hosts a true
	expect_status 2
	[[ $output == *SLIPWAY_PORT* ]]
}

@test "remote-run: a malformed inventory names file and line" {
	printf '[web]\nweb1\n[web\n' >inv

	run "$bin/remote-run" --hosts inv true

	expect_status 2
	[[ $output == *'inv:3'* ]]
}
