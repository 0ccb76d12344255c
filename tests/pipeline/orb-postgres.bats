#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154  # runner.bash sets the variables
# wait_for_postgres against a real server of Debian's.
load runner

as_postgres() {
	if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi
}

setup_file() {
	local data programs
	cd "$BATS_FILE_TMPDIR" || return 1
	packed
	data=$(as_postgres mktemp -d)
	programs=$(pg_config --bindir 2>/dev/null || printf '%s\n' /usr/lib/postgresql/*/bin | tail -n 1)
	PGPORT=$(/usr/bin/python3 -c 'import socket
s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
	cd "$data" || return 1
	as_postgres "$programs/initdb" --no-sync --auth trust -D "$data" >/dev/null
	printf 'host all locked 127.0.0.1/32 scram-sha-256\nhost all all 127.0.0.1/32 trust\n' |
		as_postgres tee "$data/pg_hba.conf" >/dev/null
	as_postgres "$programs/pg_ctl" -D "$data" -s -l "$data/log" \
		-o "-h 127.0.0.1 -p $PGPORT -k '$data'" start 3>&-
	export PGPORT PGDATA=$data PGPROGRAMS=$programs
}

teardown_file() {
	as_postgres "$PGPROGRAMS/pg_ctl" -D "$PGDATA" -s -m immediate stop
	as_postgres rm -rf "$PGDATA"
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
}

# waiting URL [SECONDS]: the orb's command, as a job runs it.
waiting() {
	MY_DATABASE=$1 "$runner/command.py" "$BATS_FILE_TMPDIR/orb.yml" wait_for_postgres database_url=MY_DATABASE \
		${2:+"timeout=$2"}
}

@test "wait_for_postgres: a server that lets us in is ready" {
	run waiting "postgresql://postgres@127.0.0.1:$PGPORT/postgres"

	expect_status 0
	expect_text "Postgres at 127.0.0.1:$PGPORT is ready"
}

@test "wait_for_postgres: a server that asks for a password is ready" {
	run waiting "postgresql+psycopg2://locked:secret@127.0.0.1:$PGPORT/postgres?sslmode=disable" 10

	expect_status 0
	[[ $output != *secret* ]]
}

@test "wait_for_postgres: the server's own error is the last answer" {
	run waiting "postgres://postgres@127.0.0.1:$PGPORT/nope" 1

	expect_status 1
	expect_text "127.0.0.1:$PGPORT: not ready within 1 s"
	expect_text 'database "nope" does not exist'
}

@test "wait_for_postgres: a closed port is not ready" {
	run waiting postgresql://postgres@127.0.0.1:1/postgres 1

	expect_status 1
	expect_text "Connection refused"
}

@test "wait_for_postgres: an open port that does not speak is not ready" {
	/usr/bin/python3 -u -c 'import socket
s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])
kept = [s.accept() for _ in range(99)]' >port 3>&- &
	silent=$!
	while [ ! -s port ]; do read -rt 0.05 <> <(:) || true; done

	run waiting "postgresql://postgres@127.0.0.1:$(cat port)/postgres" 1
	kill "$silent"

	expect_status 1
	expect_text "last answer: none"
}

@test "wait_for_postgres: says what a DATABASE_URL looks like" {
	run waiting mysql://localhost/x 1

	expect_status 1
	expect_text "MY_DATABASE is not postgresql://USER@HOST:PORT/NAME"
}
