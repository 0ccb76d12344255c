# shellcheck shell=sh disable=SC2154
# SPDX-License-Identifier: MIT
# pushed.sh: all of the build $id is there. Input: id.

main() {
	own_step
	came_to pushed
	answer pushed "$id"
}
