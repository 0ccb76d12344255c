#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2016,SC2154
# docs/troubleshooting.md has every message of ours, and tests/messages finds them all.

load helper

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	top=$(cd "$BATS_TEST_DIRNAME/../.." && pwd -P)
}

# copy: the sources, to change them.
copy() {
	mkdir -p tests orb
	cp -r "$top/scripts" "$top/docs" .
	cp -r "$top/orb/src" orb/
	cp -r "$top/tests/messages" tests/
	mkdir helpers
	cp -r "$top"/helpers/*-* "$top/helpers/lib" helpers/
}

@test "troubleshooting: every message of ours has an entry, or a reason not to" {
	run python3 -B "$top/tests/messages/messages.py" --check

	expect_status 0
}

@test "troubleshooting: a new message of each kind, and an entry of no message, are found" {
	copy
	printf 'x() {\n\t[ $# = 1 ] || refuse "shop/$1: closed on\\\n Sundays"\n}\n' >>scripts/remote/lib.sh
	printf 'die "$STATUS_LOCAL" "the shop burnt down" "call somebody"\n' >>scripts/lib/say.sh
	printf 'raise Wrong("shop %%d is empty" %% 1)\n' >>scripts/remote/try_app.py
	printf 'static int x(void)\n{\n\treturn err_set(e, ERR_LOCAL, "it is %%d%%%% \\"shut\\"", "open shop %%s", name);\n}\n' >>helpers/lib/base/fs.c
	printf '| `the shop is open` | | |\n' >>docs/troubleshooting.md

	run python3 -B tests/messages/messages.py --check

	expect_status 1
	expect_match 'remote/lib.sh:[0-9]+: no entry: shop/…: closed on Sundays$'
	expect_match 'lib/say.sh:[0-9]+: no entry: the shop burnt down$'
	expect_match 'try_app.py:[0-9]+: no entry: shop … is empty$'
	expect_match 'base/fs.c:[0-9]+: no entry: open shop …: it is .*shut'
	expect_match 'troubleshooting.md:[0-9]+: no message is like this: the shop is open'
	[ "${#lines[@]}" = 5 ]
}

@test "troubleshooting: the reader of messages finds about as many as there are calls" {
	run python3 -B "$top/tests/messages/messages.py"

	expect_status 0
	calls=$(grep -rhoE '\berr_set\(e|\b(die|usage|refuse) ["$]' "$top/scripts" "$top/helpers" | wc -l)
	[ "${#lines[@]}" -gt "$calls" ]
}
