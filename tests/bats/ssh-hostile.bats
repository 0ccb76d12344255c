#!/usr/bin/env bats
# shellcheck shell=bash disable=SC2030,SC2031,SC2034,SC2154,SC2164
# SPDX-License-Identifier: MIT
# ssh-hostile.bats: servers that log us in and then break the protocol (fixtures/ssh/odd_server.py).
# What counts: success is never made out of it, and it ends.
bats_require_minimum_version 1.5.0
load helper
load sshd

setup() {
	cd "$BATS_TEST_TMPDIR"
	sshd_setup
	sshd_client_env
	key=$(sshd_host_key odd ecdsa)
	/usr/bin/python3 "$BATS_TEST_DIRNAME/fixtures/ssh/odd_server.py" "$key" port 3>&- >/dev/null 2>server.log &
	server=$!
	wait_for test -s port
	port=$(cat port)
	host=127.0.0.1:$port
	sshd_know "$port" "$key.pub"
}

teardown() {
	kill "$server"
	wait "$server" 2>/dev/null || :
}

# odd BEHAVIOUR [OPTION...]: what the client makes of it.
odd() {
	run timeout 20 "$bin/remote-run" --hosts "$host" "${@:2}" "$1"
}

@test "ssh: the odd server can behave" {
	odd plain

	expect_status 0
	expect_line "$host | plain"
}

@test "ssh: a command that ends without an exit status has failed" {
	odd no_status

	expect_status 5
	expect_line "$host | said"
	expect_match 'the server closed it without an exit status'
}

@test "ssh: an exit status that is none has failed" {
	odd large_status
	expect_status 5

	odd wide_status
	expect_status 5
}

@test "ssh: signals by name" {
	odd signalled
	expect_status 6
	expect_match 'exit status 139 \(128 \+ signal 11\)'

	odd odd_signal
	expect_status 6
}

@test "ssh: a signal whose name is longer than its packet" {
	odd long_signal

	expect_status 5
}

@test "ssh: malformed requests and data, channels that nobody asked for" {
	for behaviour in short_request bad_length opens_channels; do
		odd "$behaviour"
		case $status in
		0) expect_match "^$host \| (abc)?plain$" ;; # passed over; bad_length has three bytes of data
		*) expect_status 5 ;;
		esac
	done
}

@test "ssh: more data than the window allows does no harm" {
	odd over_window --json

	case $status in
	0) [ "${#output}" -lt 7000000 ] ;;
	*) expect_status 5 ;;
	esac
}

@test "ssh: messages about other channels, questions, unknown messages" {
	for behaviour in other_channel questions unknown_message twice; do
		odd "$behaviour"
		expect_status 0
		expect_line "$host | plain"
	done
}

@test "ssh: a server that disconnects in the middle" {
	odd disconnects

	expect_status 5
}

@test "ssh: data after the end of data does not hold up the end" {
	for behaviour in data_after_close data_after_end; do
		for _ in 1 2 3 4 5; do
			odd "$behaviour"
			expect_status 0
		done
	done
}

@test "ssh: a refused command" {
	odd refused

	expect_status 5
	expect_match 'start the remote command: '
}

@test "ssh: a command that never says anything ends by --timeout" {
	odd falls_silent --timeout 1

	expect_status 6
}
