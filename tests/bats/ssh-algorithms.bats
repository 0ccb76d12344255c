#!/usr/bin/env bats
# shellcheck shell=bash disable=SC2016,SC2030,SC2031,SC2034,SC2154,SC2164
# SPDX-License-Identifier: MIT
# ssh-algorithms.bats: every key exchange, cipher, MAC and host key type that we offer, each the only
# one that a real server has; a key exchange in the middle of a transfer; OpenSSH and dropbear.
bats_require_minimum_version 1.5.0
load helper
load sshd

setup() {
	cd "$BATS_TEST_TMPDIR"
	sshd_setup
	sshd_client_env
	head -c 300000 /dev/urandom >data
}

teardown() {
	if [ -n "${dropbear:-}" ]; then kill "$dropbear"; fi
	sshd_stop_all
}

# echo_data: 300 kB there and back over the server at sshd_port; what was agreed on is in `agreed`.
echo_data() {
	"$bin/remote-run" -v --no-prefix --stdin --hosts "127.0.0.1:$sshd_port" cat <data >echoed 2>agreed || {
		cat agreed
		return 1
	}
	cmp data echoed
}

# only KEYWORD VALUE...: a server for each value alone.
only() {
	local keyword=$1 value
	shift
	for value; do
		sshd_start "server" "$keyword $value"
		echo_data
		grep -qF -e "$value" agreed
		sshd_kill server
	done
}

@test "ssh: every key exchange works with OpenSSH" {
	only KexAlgorithms curve25519-sha256 curve25519-sha256@libssh.org ecdh-sha2-nistp256 \
		ecdh-sha2-nistp384 ecdh-sha2-nistp521 diffie-hellman-group-exchange-sha256 \
		diffie-hellman-group16-sha512 diffie-hellman-group14-sha256
}

@test "ssh: every cipher works with OpenSSH" {
	only Ciphers aes128-gcm@openssh.com aes256-gcm@openssh.com chacha20-poly1305@openssh.com aes128-ctr \
		aes192-ctr aes256-ctr
}

@test "ssh: every MAC works with OpenSSH" {
	for mac in hmac-sha2-256 hmac-sha2-512 hmac-sha2-256-etm@openssh.com hmac-sha2-512-etm@openssh.com; do
		sshd_start server "MACs $mac" 'Ciphers aes256-ctr'
		echo_data
		grep -qF -e "$mac" agreed
		sshd_kill server
	done
}

@test "ssh: every type of host key works with OpenSSH" {
	for algorithm in ecdsa-sha2-nistp256 ecdsa-sha2-nistp384 ecdsa-sha2-nistp521 rsa-sha2-512 rsa-sha2-256; do
		type=${algorithm%%-*}
		file=$sshd_dir/$algorithm
		case $algorithm in
		*nistp*) ssh-keygen -q -t ecdsa -b "${algorithm##*nistp}" -N '' -f "$file" ;;
		*) ssh-keygen -q -t rsa -b 3072 -N '' -f "$file" ;;
		esac
		sshd_start server "HostKey $file" "HostKeyAlgorithms $algorithm"
		: >"$sshd_known_hosts"
		sshd_know "$sshd_port" "$file.pub"
		echo_data
		grep -qF -e "$algorithm" agreed
		sshd_kill server
	done
}

@test "ssh: a host key of too few bits is refused" {
	ssh-keygen -q -t rsa -b 1024 -N '' -f weak
	sshd_start server "HostKey $PWD/weak" 'RequiredRSASize 1024' 'HostKeyAlgorithms rsa-sha2-512'
	sshd_know "$sshd_port" weak.pub

	run "$bin/remote-run" --hosts "127.0.0.1:$sshd_port" true

	expect_status 4
	expect_match 'hint: .* its host key is an RSA key of fewer than 2048 bits'
}

@test "ssh: nothing in common is said plainly" {
	sshd_start server 'KexAlgorithms diffie-hellman-group1-sha1'

	run "$bin/remote-run" --hosts "127.0.0.1:$sshd_port" true

	expect_status 4
	expect_match "set up SSH with 127.0.0.1 port $sshd_port: "
	expect_match 'hint: .*algorithm'
}

@test "ssh: new keys every megabyte do not disturb a transfer" {
	head -c 12000000 /dev/urandom >data
	for cipher in aes128-gcm@openssh.com chacha20-poly1305@openssh.com aes256-ctr; do
		sshd_start server "Ciphers $cipher" 'RekeyLimit 1M'
		echo_data
		sshd_kill server
	done
}

@test "ssh: works with dropbear" {
	for type in ed25519 ecdsa rsa; do
		dropbearkey -t "$type" -f "$type.key" >key.txt 2>&1
		mkdir -p "$HOME/.ssh"
		sshd_port=$((20000 + RANDOM % 12000))
		: >"$sshd_known_hosts"
		grep -E '^(ssh|ecdsa)' key.txt >key.pub
		sshd_know "$sshd_port" key.pub
		# dropbear looks for authorized_keys in the passwd entry's home: give it a private /root
		unshare -m bash -c '
			mkdir -p root/.ssh && cp "$1.pub" root/.ssh/authorized_keys && chmod 700 root root/.ssh
			mount --bind root "$(getent passwd "$(id -un)" | cut -d : -f 6)"
			exec dropbear -F -E -r "$2" -p "127.0.0.1:$3"' \
			bash "$sshd_key" "$type.key" "$sshd_port" 2>dropbear.log 3>&- &
		dropbear=$!
		wait_for sshd_answers "$sshd_port"
		echo_data
		kill "$dropbear"
		wait "$dropbear" 2>/dev/null || :
		dropbear=
	done
}

@test "ssh: the aarch64 build logs in and moves bytes" {
	other=$bin/../aarch64/bin/remote-run
	command -v qemu-aarch64-static >/dev/null || skip 'no qemu-aarch64-static'
	[ -x "$other" ] || skip 'no aarch64 build'
	sshd_start server

	qemu-aarch64-static "$other" -v --no-prefix --stdin --hosts "127.0.0.1:$sshd_port" cat <data >echoed 2>agreed

	cmp data echoed
	grep -qF chacha20-poly1305 agreed
}
