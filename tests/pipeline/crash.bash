# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: MIT
# crash.bash: what crash.bats and crash-back.bats share. `load crash` after `load deploy`.

setup_file() {
	deploy_hosts_up
	gcc -std=c11 -O2 -Wall -Wextra -Werror -static -o "$BATS_FILE_TMPDIR/trace" "$checkout/tests/crash/trace.c"
}
teardown_file() { deploy_hosts_down; }
setup() {
	deploy_setup
	unset SLIPWAY_TRY
	crash=$checkout/tests/crash
	artifacts=${ARTIFACTS:-$checkout/build/test/artifacts}
	mkdir -p "$artifacts" ../work
}

# struck PROGRAM NAME: run it, with its table at artifacts/NAME.{md,json}, and print that.
struck() {
	local folder
	folder=$(cd ../work && pwd -P)
	run "$crash/$1" "$folder" "$(dirname "$(command -v remote-run)")" "$BATS_FILE_TMPDIR/trace" "$artifacts/$2"
	sed 's/^/# /' "$artifacts/$2.md" >&3
}

# points VERDICT FILTER NAME: how many points of the table, chosen by a filter of jq, have that verdict.
points() {
	jq --arg verdict "$1" "[.points[] | select(.verdict == \$verdict) | select($2)] | length" "$artifacts/$3.json"
}
