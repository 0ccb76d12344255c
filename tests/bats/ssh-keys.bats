#!/usr/bin/env bats
# shellcheck shell=bash disable=SC2030,SC2031,SC2034,SC2154,SC2164
# SPDX-License-Identifier: MIT
# ssh-keys.bats: who we are: every format of private key, the agent, which one key is offered, and
# what is said when it is refused.
bats_require_minimum_version 1.5.0
load helper
load sshd

setup() {
	cd "$BATS_TEST_TMPDIR"
	sshd_setup
	export SLIPWAY_KNOWN_HOSTS=$sshd_known_hosts
}

teardown() {
	if [ -n "${SSH_AGENT_PID:-}" ]; then kill "$SSH_AGENT_PID"; fi
	sshd_stop_all
}

# start: a server that lets in the keys of the file `allowed`.
start() {
	: >allowed
	sshd_start web1 "AuthorizedKeysFile $PWD/allowed" "$@"
	host=127.0.0.1:$sshd_port
}

# make_key FILE TYPE [ssh-keygen's options]
make_key() {
	ssh-keygen -q -N '' -t "$2" -f "$1" "${@:3}"
	cat "$1.pub" >>allowed
}

start_agent() {
	SSH_AUTH_SOCK=$PWD/agent
	export SSH_AUTH_SOCK
	eval "$(ssh-agent -a "$SSH_AUTH_SOCK" 3>&-)" >/dev/null
}

fingerprint() {
	ssh-keygen -lf "$1" | cut -d ' ' -f 2
}

@test "ssh: logs in with every type of key in OpenSSH's format" {
	start
	make_key ed25519 ed25519
	make_key ecdsa256 ecdsa -b 256
	make_key ecdsa384 ecdsa -b 384
	make_key ecdsa521 ecdsa -b 521
	make_key rsa2048 rsa -b 2048
	make_key rsa4096 rsa -b 4096

	for key in ed25519 ecdsa256 ecdsa384 ecdsa521 rsa2048 rsa4096; do
		run "$bin/remote-run" --hosts "$host" --identity "$key" true
		expect_status 0
	done
	grep -q 'Accepted publickey .* RSA' "$sshd_dir/web1.log"
}

@test "ssh: logs in with PEM and PKCS#8 keys, with no .pub beside them" {
	start
	make_key rsa rsa -b 3072 -m PEM
	make_key ecdsa256 ecdsa -b 256 -m PEM
	make_key ecdsa521 ecdsa -b 521 -m PEM
	make_key rsa8 rsa -b 2048 -m PKCS8
	make_key ecdsa8 ecdsa -b 384 -m PKCS8
	openssl genpkey -algorithm ed25519 -out ed8 2>/dev/null
	chmod 600 ed8
	openssl pkey -in ed8 -pubout -outform DER 2>/dev/null | tail -c 32 >raw
	{
		printf 'ssh-ed25519 '
		{ printf '\0\0\0\013ssh-ed25519\0\0\0\040' && cat raw; } | base64 -w 0
		echo
	} >>allowed
	rm -f ./*.pub

	for key in rsa ecdsa256 ecdsa521 rsa8 ecdsa8 ed8; do
		run "$bin/remote-run" --hosts "$host" --identity "$key" true
		expect_status 0
	done
}

@test "ssh: an RSA key signs with SHA-2" {
	start 'PubkeyAcceptedAlgorithms rsa-sha2-512,rsa-sha2-256'
	make_key rsa rsa -b 2048

	run "$bin/remote-run" --hosts "$host" --identity rsa true

	expect_status 0
}

@test "ssh: a refused key is named, and what the server accepts" {
	start
	make_key key ed25519
	: >allowed

	run "$bin/remote-run" --hosts "$host" --identity key true

	expect_status 4
	expect_line "remote-run: $host: log in as $sshd_user with ssh-ed25519 $(fingerprint key) (key): the server refused the key (it accepts: publickey)"
	expect_match 'hint: its public half must be a line of .*authorized_keys'
}

@test "ssh: one key is offered, and the rest is told of" {
	start
	make_key "$HOME/.ssh/id_ed25519" ed25519
	: >allowed
	make_key "$HOME/.ssh/id_rsa_0123456789abcdef" ed25519

	run "$bin/remote-run" --hosts "$host" true

	expect_status 4
	[[ $output == *"$(fingerprint "$HOME/.ssh/id_ed25519")"* ]]
	expect_match '1 more were there: name the right one by --identity'
	[ "$(grep -c 'Failed publickey' "$sshd_dir/web1.log")" = 1 ]
}

@test "ssh: CircleCI's key files are found, whatever type the key has" {
	start
	make_key "$HOME/.ssh/id_rsa_0123456789abcdef0123456789abcdef" ed25519

	run "$bin/remote-run" --hosts "$host" true

	expect_status 0
}

@test "ssh: CircleCI's ssh_config names the key" {
	start
	make_key "$HOME/.ssh/id_ed25519" ed25519
	: >allowed
	make_key "$HOME/.ssh/id_rsa_0123" ed25519
	printf 'Host *\n  IdentitiesOnly no\n  IdentityFile %s\n' "$HOME/.ssh/id_rsa_0123" >"$HOME/.ssh/config"

	run "$bin/remote-run" --hosts "$host" true

	expect_status 0
}

@test "ssh: a key with a passphrase is refused with advice" {
	start
	for format in '' '-m PEM' '-m PKCS8'; do
		rm -f locked locked.pub
		# shellcheck disable=SC2086  # options
		ssh-keygen -q -t ecdsa $format -N secret -f locked

		run "$bin/remote-run" --hosts "$host" --identity locked true

		expect_status 3
		expect_line "remote-run: $host: use the key locked: it has a passphrase, and passphrases are not asked for"
		expect_match 'hint: load it into ssh-agent \(ssh-add locked\)'
	done
}

@test "ssh: the agent's only key is used, of every type" {
	start
	make_key ed25519 ed25519
	make_key ecdsa ecdsa -b 384
	make_key rsa rsa -b 2048
	start_agent

	for key in ed25519 ecdsa rsa; do
		ssh-add -q "$key"
		run "$bin/remote-run" --hosts "$host" true
		expect_status 0
		ssh-add -q -D
	done
}

@test "ssh: a key of the agent is chosen by its public file" {
	start
	make_key wrong ed25519
	: >allowed
	make_key right ed25519
	start_agent
	ssh-add -q wrong right

	run "$bin/remote-run" --hosts "$host" true
	expect_status 3
	expect_match 'the agent holds several, and none was named'

	rm right
	run "$bin/remote-run" --hosts "$host" --identity right.pub true
	expect_status 0
	run "$bin/remote-run" --hosts "$host" --identity right true
	expect_status 0
}

@test "ssh: a key with a passphrase is used through the agent that holds it" {
	start
	ssh-keygen -q -t ed25519 -N secret -f locked
	cat locked.pub >>allowed
	printf '#!/bin/sh\necho secret\n' >ask
	chmod +x ask
	start_agent
	DISPLAY=x SSH_ASKPASS=$PWD/ask SSH_ASKPASS_REQUIRE=force ssh-add -q locked </dev/null

	run "$bin/remote-run" --hosts "$host" --identity locked true

	expect_status 0
}

@test "ssh: an agent that is not there is as none" {
	start
	make_key "$HOME/.ssh/id_ed25519" ed25519

	SSH_AUTH_SOCK=$PWD/absent run "$bin/remote-run" --hosts "$host" true

	expect_status 0
}

@test "ssh: an agent that says nonsense is as none" {
	start
	make_key "$HOME/.ssh/id_ed25519" ed25519
	/usr/bin/python3 - "$PWD/odd" <<-'END' 3>&- &
		import socket, sys
		s = socket.socket(socket.AF_UNIX)
		s.bind(sys.argv[1])
		s.listen()
		s.settimeout(20)
		c, _ = s.accept()
		c.recv(100)
		c.sendall(b"\0\0\0\011\014\xff\xff\xff\xff\0\0\0\0")
	END
	agent=$!
	wait_for test -S odd

	SSH_AUTH_SOCK=$PWD/odd run "$bin/remote-run" --hosts "$host" true

	wait "$agent"
	expect_status 0
}

@test "ssh: no key at all says what to do" {
	start

	run "$bin/remote-run" --hosts "$host" true

	expect_status 3
	expect_line "remote-run: $host: choose a key for $host: none in the agent and none in ~/.ssh"
	expect_match 'hint: pass --identity FILE, or on CircleCI run add_ssh_keys'
}

@test "ssh: files that are no keys are named" {
	start
	echo nonsense >text
	printf -- '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n' >cert
	ssh-keygen -q -t ed25519 -N '' -f whole
	head -n 3 whole >partial
	ssh-keygen -q -t rsa -b 1024 -N '' -f weak

	run "$bin/remote-run" --hosts "$host" --identity absent true
	expect_status 3
	expect_line "remote-run: $host: use the key absent: no such file"
	for file in text cert partial; do
		run "$bin/remote-run" --hosts "$host" --identity "$file" true
		expect_status 3
		expect_match "read the key $file: "
	done
	run "$bin/remote-run" --hosts "$host" --identity weak true
	expect_status 3
	expect_match 'use the key weak of 1024 bits: RSA keys of fewer than 2048 bits are not safe'
	run "$bin/remote-run" --hosts "$host" --identity whole.pub true
	expect_status 3
	expect_match 'a public key, and the agent does not hold its private half'
}
