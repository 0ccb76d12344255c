#!/usr/bin/env bats
# shellcheck shell=bash disable=SC2030,SC2031,SC2034,SC2154,SC2164
# SPDX-License-Identifier: MIT
# ssh-hostkeys.bats: whom we talk to: known_hosts in all its forms, --host-key, ssh_config. Each
# refusal is seen on a real sshd that must not have logged anybody in.
bats_require_minimum_version 1.5.0
load helper
load sshd

setup() {
	cd "$BATS_TEST_TMPDIR"
	sshd_setup
	sshd_client_env
	sshd_start web1
	host=127.0.0.1:$sshd_port
	key=$sshd_dir/web1.host_ed25519.pub
	print=$(ssh-keygen -lf "$key" | cut -d ' ' -f 2)
	regex=${print//+/[+]}
}

teardown() {
	sshd_stop_all
}

expect_nobody_logged_in() {
	run ! grep -q Accepted "$sshd_dir/web1.log"
}

# known LINE...: these lines alone are the known_hosts file.
known() {
	printf '%s\n' "$@" >"$sshd_known_hosts"
}

blob() {
	cut -d ' ' -f 1,2 "$key"
}

@test "ssh: an unknown host key is refused, with what to do" {
	known

	run "$bin/remote-run" --hosts "$host" true

	expect_status 4
	expect_line "remote-run: $host: check the host key: 127.0.0.1 port $sshd_port presented ssh-ed25519 $print: not in known_hosts"
	expect_match "hint: .* ssh-keyscan -t ed25519 -p $sshd_port 127.0.0.1 >>$sshd_known_hosts \(or pass --host-key $regex\)"
	expect_nobody_logged_in
}

@test "ssh: what the hint of an unknown host key says helps" {
	ssh-keyscan -t ed25519 -p "$sshd_port" 127.0.0.1 >"$sshd_known_hosts" 2>/dev/null

	run "$bin/remote-run" --hosts "$host" true

	expect_status 0
}

@test "ssh: a changed host key is refused, both fingerprints named" {
	ssh-keygen -q -t ed25519 -N '' -f other
	other=$(ssh-keygen -lf other.pub | cut -d ' ' -f 2)
	known '# a comment' "[127.0.0.1]:$sshd_port $(cut -d ' ' -f 1,2 other.pub)"

	run "$bin/remote-run" --hosts "$host" true

	expect_status 4
	expect_line "remote-run: $host: host key of 127.0.0.1 changed: presented ssh-ed25519 $print: known is ssh-ed25519 $other ($sshd_known_hosts:2)"
	expect_match "ssh-keygen -f $sshd_known_hosts -R '\[127.0.0.1\]:$sshd_port'"
	expect_nobody_logged_in
}

@test "ssh: a host known by another type of key only is refused as changed" {
	ssh-keygen -q -t rsa -b 2048 -N '' -f other
	known "[127.0.0.1]:$sshd_port $(cut -d ' ' -f 1,2 other.pub)"

	run "$bin/remote-run" --hosts "$host" true

	expect_status 4
	expect_match "presented ssh-ed25519 $regex: known is ssh-rsa SHA256:"
}

@test "ssh: of a server's several keys the known one is asked for" {
	sshd_start web2 "HostKey $(sshd_host_key web2 ecdsa)" "HostKey $(sshd_host_key web2 rsa)"
	known "[127.0.0.1]:$sshd_port $(cut -d ' ' -f 1,2 "$sshd_dir/web2.host_rsa.pub")"

	run "$bin/remote-run" -v --hosts "127.0.0.1:$sshd_port" true

	expect_status 0
	expect_match ', rsa-sha2-512, '
}

@test "ssh: hashed, wildcard and negated patterns of known_hosts" {
	sshd_listen=127.0.0.1
	known "[127.0.0.1]:$sshd_port $(blob)"
	ssh-keygen -q -H -f "$sshd_known_hosts"
	run "$bin/remote-run" --hosts "$host" true
	expect_status 0

	known "unrelated,[127.0.0.?]:* $(blob) with a comment"
	run "$bin/remote-run" --hosts "$host" true
	expect_status 0

	known "[127.*]:*,![127.0.0.1]:$sshd_port $(blob)"
	run "$bin/remote-run" --hosts "$host" true
	expect_status 4
	expect_match 'not in known_hosts'
}

@test "ssh: a line for the plain host does not count for another port" {
	known "127.0.0.1 $(blob)"

	run "$bin/remote-run" --hosts "$host" true

	expect_status 4
}

@test "ssh: a revoked key is refused, even where another line allows it" {
	known "[127.0.0.1]:$sshd_port $(blob)" "@revoked * $(blob)"

	run "$bin/remote-run" --hosts "$host" true
	expect_status 4
	expect_match "presented ssh-ed25519 $regex \($sshd_known_hosts:2\): this key was revoked"

	run "$bin/remote-run" --hosts "$host" --host-key "$print" true
	expect_status 4
	expect_nobody_logged_in
}

@test "ssh: a certificate authority's line vouches for nobody" {
	known "@cert-authority * $(blob)"

	run "$bin/remote-run" --hosts "$host" true

	expect_status 4
	expect_match 'not in known_hosts'
}

@test "ssh: --host-key accepts exactly that key" {
	known
	ssh-keygen -q -t ed25519 -N '' -f other
	other=$(ssh-keygen -lf other.pub | cut -d ' ' -f 2)

	run "$bin/remote-run" --hosts "$host" --host-key "$other" --host-key "$print" true
	expect_status 0

	known "[127.0.0.1]:$sshd_port $(blob)"
	run "$bin/remote-run" --hosts "$host" --host-key "$other" true
	expect_status 4
	expect_line "remote-run: $host: check the host key: 127.0.0.1 presented ssh-ed25519 $print, expected $other: not the key that --host-key asks for"
}

@test "ssh: SLIPWAY_HOST_KEY is --host-key" {
	known

	SLIPWAY_HOST_KEY=$print run "$bin/remote-run" --hosts "$host" true

	expect_status 0
}

@test "ssh: a known_hosts file that was named must be there" {
	run "$bin/remote-run" --hosts "$host" --known-hosts ./absent true

	expect_status 3
	expect_match 'open \./absent: No such file or directory'
}

@test "ssh: without --known-hosts, ~/.ssh/known_hosts counts" {
	unset SLIPWAY_KNOWN_HOSTS
	run "$bin/remote-run" --hosts "$host" true
	expect_status 4

	cp "$sshd_known_hosts" "$HOME/.ssh/known_hosts"
	run "$bin/remote-run" --hosts "$host" true
	expect_status 0
}

@test "ssh: ssh_config names host, port, user, key and known_hosts" {
	unset SLIPWAY_KNOWN_HOSTS SLIPWAY_IDENTITY SLIPWAY_USER
	cat >"$HOME/.ssh/config" <<-END
		# for all
		Host !web1 *
			Port 1
		Host web*
			HostName=127.0.0.1
			Port $sshd_port
			IdentityFile "$sshd_key"
			UserKnownHostsFile $sshd_known_hosts
			ServerAliveInterval 5
			Compression yes
		Host *
			Port 2
			User $sshd_user
	END

	run "$bin/remote-run" --hosts web1 true

	expect_status 0
}

@test "ssh: HostKeyAlias is looked up in known_hosts" {
	known "the-alias $(blob)"
	printf 'HostKeyAlias the-alias\n' >config

	run "$bin/remote-run" --hosts "$host" --ssh-config config true

	expect_status 0
}

@test "ssh: what ssh_config asks for in vain is an error where it applies" {
	printf 'Host other\n\tStrictHostKeyChecking no\n\tProxyJump bastion\n\tInclude more\n' >config
	run "$bin/remote-run" --hosts "$host" --ssh-config config true
	expect_status 0

	printf 'Host *\n\tStrictHostKeyChecking accept-new\n' >config
	run "$bin/remote-run" --hosts "$host" --ssh-config config true
	expect_status 2
	expect_line 'remote-run: config:2: StrictHostKeyChecking: only "yes" is supported'

	printf 'ProxyJump bastion\n' >config
	run "$bin/remote-run" --hosts "$host" --ssh-config config true
	expect_status 2
	expect_line 'remote-run: config:1: ProxyJump is not supported'

	printf 'Include more\n' >config
	run "$bin/remote-run" --hosts "$host" --ssh-config config true
	expect_status 2

	printf '\nMatch user deploy\n' >config
	run "$bin/remote-run" --hosts "$host" --ssh-config config true
	expect_status 2
	expect_line 'remote-run: config:2: of Match, only host, originalhost and all are supported'
}
