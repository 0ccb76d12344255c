#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154
# slipway rollback: which build it goes to, from the builds and journals of all hosts. Builds are a
# letter here; nothing but their order counts.

load helper

choose=$BATS_TEST_DIRNAME/../../scripts/lib/choose.awk

# host NAME LIVE "COMPLETE..." "JOURNAL...": what inspect.sh says of a host. A word of the journal is
# +A>B (a deploy made B live, after A), -B>A (a rollback went from B to A), =A (adopted), !B (B failed).
host() {
	local word letter
	printf '%s current %s\n' "$1" "$2"
	for letter in $3; do printf '%s build %s complete\n' "$1" "$letter"; done
	for word in $4; do
		case $word in
		+*) printf '%s event began %s %s T c me\n' "$1" "${word#*>}" "${word:1:1}"
			printf '%s event active %s %s T c me\n' "$1" "${word#*>}" "${word:1:1}" ;;
		-*) printf '%s event rollback %s %s T c me\n' "$1" "${word#*>}" "${word:1:1}" ;;
		=*) printf '%s event adopted %s - T c me\n' "$1" "${word#=}" ;;
		!*) printf '%s event failed %s - T c me\n' "$1" "${word#!}"
			printf '%s build %s failed\n' "$1" "${word#!}" ;;
		esac
	done
}

# expect LIVE ANSWER: of the hosts on stdin.
expect() {
	local found
	found=$(awk -v live="$1" -f "$choose")
	if [ "$found" != "$2" ]; then
		printf 'live %s: %s, expected %s\n' "$1" "$found" "$2" >&2
		return 1
	fi
}

# one LIVE "COMPLETE..." "JOURNAL..." ANSWER: the same on two hosts.
one() {
	{ host web1 "$1" "$2" "$3"; host web2 "$1" "$2" "$3"; } | expect "$1" "$4"
}

@test "slipway choose: one back, and twice is two back" {
	abc='=A +A>B +B>C'
	one C 'A B C' "$abc" 'target B'
	one B 'A B C' "$abc -C>B" 'target A'
	one A 'A B C' "$abc -C>B -B>A" none
}

@test "slipway choose: after --to forward, one back again" {
	abc='=A +A>B +B>C'
	one C 'A B C' "$abc -C>B -B>A -A>C" 'target B'
	one B 'A B C' "$abc -C>B -B>A -A>C -C>B" 'target A'
	one A 'A B C' "$abc -C>A" none
}

@test "slipway choose: what was rolled back from is void once another is deployed" {
	one C 'A B C' '=A +A>B -B>A +A>C' 'target A'
	one D 'A B C D' '=A +A>B +B>C -C>A +A>D' 'target A'
	one D 'A B C D' '=A +A>B +B>C -C>B +B>D' 'target B'
}

@test "slipway choose: --to a void build makes it the latest" {
	one B 'A B C' '=A +A>B -B>A +A>C -C>B' 'target C'
}

@test "slipway choose: failed, incomplete and pruned builds are passed over" {
	one C 'A C' '=A +A>B +B>C' 'target A'
	one C 'A C' '=A !B +A>C' 'target A'
	one C 'A B C' '=A +A>B !B +A>C' 'target A'
	one C 'C' '=A +A>B +B>C' none
}

@test "slipway choose: a build that was never live is none to go back to" {
	one C 'A B C' '=A +A>C' 'target A'
	one B 'A B' '+->B' none
}

@test "slipway choose: a build made live by hand or by a deploy cut short is left for the last good one" {
	one X 'A B X' '=A +A>B' 'target B'
	one C 'A B X C' '=A +A>B +X>C' 'target B'
	one A 'A B C' '=A +A>B +B>C' none
	one D 'A B C D' '=A +A>B +B>C +B>D' 'target B'
}

@test "slipway choose: without a journal anywhere it goes by name" {
	one C 'A B C D' '' 'target B'
	one A 'A B' '' none
}

@test "slipway choose: a target is complete on every host" {
	{ host web1 C 'A B C' '=A +A>B +B>C'; host web2 C 'A C' '=A +A>C'; } | expect C 'target A'
	{ host web1 C 'A B C' '=A +A>B +B>C'; host web2 C 'B C' '=B +B>C'; } | expect C 'target B'
}

@test "slipway choose: failed on one host is failed" {
	{ host web1 C 'A B C' '=A +A>B +B>C'; host web2 C 'A B C' '=A !B +A>C'; } | expect C 'target A'
}

@test "slipway choose: proven on those that have a journal; one without has no say" {
	{ host web1 C 'A B C' '=A +A>B +B>C'; host web2 C 'A B C' ''; } | expect C 'target B'
	{ host web1 C 'A B C' ''; host web2 C 'A B C' '=A +A>C'; } | expect C 'target A'
	{ host web1 C 'A B C' '=A +A>B +B>C'; host web2 C 'A B C' '=C'; } | expect C none
}

@test "slipway choose: journals that contradict each other are named" {
	{ host web1 C 'A B C' '=A +A>B +B>C'; host web2 C 'A B C' '=B +B>A +A>C'; } |
		expect C 'differ web1 B, web2 A'
	{ host web1 C 'A C' '=A +A>C'; host web2 C 'A C' '=C +C>A -A>C'; } |
		expect C 'differ web1 A, web2 none'
}

@test "slipway choose: real names are compared as names" {
	{
		printf 'web1 current 20261124101502\n'
		printf 'web1 build %s complete\n' 20261124101500 20261124101501 20261124101502 20991231235959
	} | expect 20261124101502 'target 20261124101501'
}
