#!/usr/bin/env bats
# shellcheck shell=bash disable=SC2030,SC2031,SC2034,SC2154,SC2164
# SPDX-License-Identifier: MIT
# ssh-faults.bats: servers that are not there, say nothing, say nonsense, or die.
bats_require_minimum_version 1.5.0
load helper
load sshd

setup() {
	cd "$BATS_TEST_TMPDIR"
	sshd_setup
	sshd_client_env
}

teardown() {
	if [ -n "${server:-}" ]; then kill "$server" 2>/dev/null || :; fi
	sshd_stop_all
}

# serve PYTHON: a TCP server; for each connection the code runs with the socket `c` (and `i`, which
# counts). Sets port.
serve() {
	rm -f port
	/usr/bin/python3 - "$1" <<-'END' 3>&- >/dev/null 2>server.log &
		import os, socket, sys, threading, time
		s = socket.socket()
		s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
		s.bind(("127.0.0.1", 0))
		s.listen()
		with open("port.new", "w") as f:
		    f.write(str(s.getsockname()[1]))
		os.rename("port.new", "port")
		code, kept, i = compile(sys.argv[1], "server", "exec"), [], 0
		while True:
		    c, _ = s.accept()
		    kept.append(c)
		    threading.Thread(target=exec, args=(code, dict(globals(), c=c, i=i)), daemon=True).start()
		    i += 1
	END
	server=$!
	wait_for test -s port
	port=$(cat port)
}

@test "ssh: a closed port is said at once" {
	run "$bin/remote-run" --hosts 127.0.0.1:1 true

	expect_status 4
	expect_line 'remote-run: 127.0.0.1:1: connect to 127.0.0.1 (127.0.0.1 port 1): Connection refused'
}

@test "ssh: a name without an address" {
	run "$bin/remote-run" --hosts host.invalid --connect-timeout 20 true

	expect_status 4
	expect_match 'remote-run: host.invalid: (look up|connect to) host.invalid'
}

@test "ssh: a listener that says nothing ends by --connect-timeout" {
	serve 'time.sleep(60)'

	run "$bin/remote-run" --hosts "127.0.0.1:$port" --connect-timeout 1 true

	expect_status 4
	expect_line "remote-run: 127.0.0.1:$port: connect to 127.0.0.1 port $port within 1 s: the server did not finish the SSH handshake"
}

@test "ssh: silent hosts do not hold up the others" {
	serve 'time.sleep(60)'
	sshd_start web1
	printf '%s\n' "127.0.0.1:$port" "127.0.0.1:$sshd_port" >hosts

	run "$bin/remote-run" --hosts hosts --connect-timeout 2 echo here

	expect_status 4
	expect_line "127.0.0.1:$sshd_port | here"
	expect_match "^remote-run: 127.0.0.1:$port: connect to"
}

@test "ssh: a server that is none" {
	serve 'c.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n"); c.close()'

	run "$bin/remote-run" --hosts "127.0.0.1:$port" --connect-timeout 5 true

	expect_status 4
	expect_match "^remote-run: 127.0.0.1:$port: set up SSH with 127.0.0.1 port $port: "
	expect_match 'hint: it closed the connection, or is no SSH server'
}

@test "ssh: a banner, then random bytes" {
	serve 'c.sendall(b"SSH-2.0-OpenSSH_9.2\r\n" + os.urandom(100000)); time.sleep(60)'

	run timeout 20 "$bin/remote-run" --hosts "127.0.0.1:$port" --connect-timeout 3 true

	expect_status 4
}

@test "ssh: a server that closes after any number of bytes" {
	sshd_start web1
	# The server's own bytes, cut after i * 97 of them: banner, key exchange, host key, login.
	serve '
u = socket.create_connection(("127.0.0.1", '"$sshd_port"'))
def up():
    try:
        while (b := c.recv(4096)): u.sendall(b)
    except OSError: pass
threading.Thread(target=up, daemon=True).start()
left = i * 97
while left > 0 and (b := u.recv(min(left, 4096))):
    c.sendall(b)
    left -= len(b)
c.shutdown(socket.SHUT_RDWR)
u.close()'
	sshd_know "$port" "$sshd_dir/web1.host_ed25519.pub"

	last=
	for ((i = 0; i < 40; i++)); do
		run timeout 20 "$bin/remote-run" --hosts "127.0.0.1:$port" --connect-timeout 5 true
		case $status in
		4) ;;
		5 | 0) last=$status ;;
		*) false ;;
		esac
	done
	[ -n "$last" ]
}

@test "ssh: a narrow network that stops and starts, with new keys in between" {
	sshd_start web1 'RekeyLimit 300K'
	head -c 3000000 /dev/urandom >data
	# Small buffers on both sides and pauses, so that packets are half sent again and again.
	serve '
c.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
u = socket.create_connection(("127.0.0.1", '"$sshd_port"'))
def move(a, b, n):
    k = 0
    try:
        while (d := a.recv(n)):
            b.sendall(d)
            k += 1
            if k % 50 == 0: time.sleep(0.02)
    except OSError: pass
    try: b.shutdown(socket.SHUT_WR)
    except OSError: pass
t = threading.Thread(target=move, args=(c, u, 3000), daemon=True)
t.start()
move(u, c, 5000)
t.join()'
	sshd_know "$port" "$sshd_dir/web1.host_ed25519.pub"

	for _ in 1 2; do
		timeout 60 "$bin/remote-run" --no-prefix --stdin --hosts "127.0.0.1:$port" 'tee /dev/stderr' \
			<data >out 2>err

		cmp data out
		cmp data err
	done
}

@test "ssh: a server that dies in the middle of a command" {
	sshd_start web1
	"$bin/remote-run" --hosts "127.0.0.1:$sshd_port" 'echo up; sleep 60' >out 2>err 3>&- &
	pid=$!
	wait_for grep -q up out

	sshd_kill web1
	status=0
	wait "$pid" || status=$?

	[ "$status" = 5 ]
	grep -qE "^remote-run: 127.0.0.1:$sshd_port: (receive from|wait for) the remote command" err
}

@test "ssh: a server that falls silent after login ends by the keepalive's deadline" {
	sshd_start web1
	printf 'ServerAliveInterval 2\nServerAliveCountMax 1\n' >config
	"$bin/remote-run" --ssh-config config --hosts "127.0.0.1:$sshd_port" 'echo up; sleep 60' >out 2>err 3>&- &
	pid=$!
	wait_for grep -q up out

	sshd_signal web1 STOP
	status=0
	wait "$pid" || status=$?

	[ "$status" = 5 ]
	grep -q 'no sign of life from the server' err
}

@test "ssh: a quiet command is kept alive" {
	sshd_start web1
	printf 'ServerAliveInterval 2\nServerAliveCountMax 1\n' >config

	run "$bin/remote-run" --ssh-config config --hosts "127.0.0.1:$sshd_port" 'sleep 6; echo done'

	expect_status 0
	expect_line "127.0.0.1:$sshd_port | done"
}

@test "ssh: a server that allows no command says so" {
	sshd_start web1 'MaxSessions 0'

	run "$bin/remote-run" --hosts "127.0.0.1:$sshd_port" true

	expect_status 5
	expect_match 'open a channel: '
}

@test "ssh: twenty hosts at once" {
	sshd_start web1
	for i in {1..20}; do
		printf 'web%d ansible_host=127.0.0.1 ansible_port=%s\n' "$i" "$sshd_port"
	done >hosts

	run "$bin/remote-run" --hosts hosts echo here

	expect_status 0
	[ "$(grep -c here <<<"$output")" = 20 ]
}
