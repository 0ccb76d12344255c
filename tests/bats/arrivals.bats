#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154
# arrivals: the load generator of tests/pipeline/load.bats, against a server that misbehaves on purpose.

bats_require_minimum_version 1.5.0

checkout=$(cd "$BATS_TEST_DIRNAME/../.." && pwd -P)
arrivals=$checkout/build/load/arrivals

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	mkfifo port
	# shellcheck disable=SC2094
	/usr/bin/python3 "$checkout/tests/load/server.py" >port 3>&- &
	server=$!
	# shellcheck disable=SC2094
	read -r port <port
	url=http://127.0.0.1:$port
}

teardown() {
	kill "$server" 2>/dev/null || :
}

# load [OPTION]... PATH: half a second of load; the result is in result.json
load() {
	"$arrivals" -b 'ok ' -d 0.5 "${@:1:$#-1}" "$url${*: -1}" >result.json
}

# result EXPRESSION: r is the result, t its total, h its hosts
result() {
	/usr/bin/python3 -c 'import json, sys
r = json.load(open("result.json")); t = r["total"]; h = r["hosts"]
print(eval(sys.argv[1]))' "$1"
}

@test "arrivals: as many requests as the rate says, to each host, and which release answered" {
	"$arrivals" -b 'ok ' -r 250 -d 2 "$url/ok" "http://127.0.0.1:$port/header" >result.json

	[ "$(result '[x["requests"] for x in h]')" = '[500, 500]' ]
	[ "$(result 't["requests"], t["failed"]')" = '(1000, 0)' ]
	[ "$(result '[(x["release"], x["requests"]) for x in t["releases"]]')" = "[('r1', 500), ('r2', 500)]" ]
	[ "$(result 't["releases"][0]["first_s"] < 1 < t["releases"][0]["last_s"]')" = True ]
	[ "$(result '0 < t["p50_ms"] <= t["p99_ms"] <= t["worst_ms"]')" = True ]
}

# A generator that waits for each answer would send one request into the stall, and see one that is slow.
@test "arrivals: a server that stalls for a second is charged for all who came in that second" {
	"$arrivals" -b 'ok ' -r 100 -d 3 "$url/stall" >result.json

	[ "$(result 't["requests"], t["failed"]')" = '(300, 0)' ]
	[ "$(result 't["worst_ms"] >= 950 and t["p99_ms"] >= 900')" = True ]
}

@test "arrivals: every second request is a POST when asked" {
	load -p /method

	[ "$(result 't["failed"], [(x["release"], x["requests"]) for x in t["releases"]]')" = "(0, [('GET', 50), ('POST', 50)])" ]
}

@test "arrivals: connections are kept open when asked" {
	load /connections
	[ "$(result 't["failed"], len(t["releases"])')" = '(0, 100)' ]

	load -k /connections
	[ "$(result 't["failed"], len(t["releases"]) < 50')" = '(0, True)' ]
}

@test "arrivals: what fails is counted by its kind" {
	load /refuse
	[ "$(result 't["requests"], t["failed"], t["failures"]["5xx"]')" = '(100, 50, 50)' ]
	[ "$(result 't["first_failure"]["what"]')" = 'HTTP/1.1 500 Internal Server Error' ]
	load /missing
	[ "$(result 't["failed"], t["failures"]["4xx"]')" = '(100, 100)' ]
	load /wrong
	[ "$(result 't["failed"], t["failures"]["body"]')" = '(100, 100)' ]
	load /drop
	[ "$(result 't["failed"], t["failures"]["reset"]')" = '(100, 100)' ]
	load /half
	[ "$(result 't["failed"], t["failures"]["reset"]')" = '(100, 100)' ]
	load -t 300 /hang
	[ "$(result 't["failed"], t["failures"]["timeout"]')" = '(100, 100)' ]
	kill "$server"
	wait "$server" || :
	load /ok
	[ "$(result 't["failed"], t["failures"]["connect"]')" = '(100, 100)' ]
}

@test "arrivals: without a duration it goes on until it is told to stop, and awaits the last answers" {
	timeout --preserve-status 1 "$arrivals" -b 'ok ' "$url/ok" >result.json

	[ "$(result 't["requests"] > 10 and t["failed"] == 0')" = True ]
}
