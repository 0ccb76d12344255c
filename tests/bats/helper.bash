# shellcheck shell=bash disable=SC2034,SC2154
# SPDX-License-Identifier: MIT
# helper.bash: what every bats file here loads. Sets bin, the folder with the static programs, as an
# absolute path; SLIPWAY_BIN says where, else build/bin of the checkout.

bats_require_minimum_version 1.5.0
bin=$(cd "${SLIPWAY_BIN:-$BATS_TEST_DIRNAME/../../build/bin}" && pwd)

# expect_status N: the status of the last `run`, with its output when it is another.
expect_status() {
	if [ "$status" -ne "$1" ]; then
		printf 'status %s, expected %s; output:\n%s\n' "$status" "$1" "$output"
		if [ -n "${stderr:-}" ]; then printf 'standard error:\n%s\n' "$stderr"; fi
		return 1
	fi
}

# expect_line TEXT: a line of the last `run` is exactly this.
expect_line() {
	if ! grep -qxF -e "$1" <<<"$output"; then
		printf 'no line: %s\noutput:\n%s\n' "$1" "$output"
		return 1
	fi
}

# expect_match REGEX: the last output matches this extended regular expression.
expect_match() {
	if ! grep -qE -e "$1" <<<"$output"; then
		printf 'no match: %s\noutput:\n%s\n' "$1" "$output"
		return 1
	fi
}

# wait_for COMMAND...: until it succeeds, at most 10 seconds.
wait_for() {
	local end=$((SECONDS + 10))
	until "$@"; do
		if ((SECONDS >= end)); then
			printf 'waited in vain for: %s\n' "$*"
			return 1
		fi
		read -rt 0.05 <> <(:) || true
	done
}

# as_nobody TOOL ARG...: run a tool as a user to whom nothing belongs. As root only.
as_nobody() {
	local tool=$BATS_TEST_TMPDIR/as_nobody/$1 dir=$BATS_TEST_TMPDIR/as_nobody
	mkdir -p "$dir"
	cp "$bin/$1" "$tool"
	while [ "$dir" != / ] && [ -O "$dir" ]; do
		chmod a+x "$dir"
		dir=$(dirname "$dir")
	done
	shift
	setpriv --reuid 65534 --regid 65534 --clear-groups "$tool" "$@"
}
