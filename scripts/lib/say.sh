# shellcheck shell=sh disable=SC2034,SC2154
# SPDX-License-Identifier: MIT
# say.sh: messages, exit statuses, the seconds of each stage.

STATUS_NO=1 STATUS_USAGE=2 STATUS_LOCAL=3 STATUS_REMOTE=6

say() { printf 'slipway: %s\n' "$*" >&2; }

# die STATUS MESSAGE [HINT]
die() {
	say "$2"
	[ -z "${3-}" ] || say "hint: $3"
	exit "$1"
}
usage() { die "$STATUS_USAGE" "$@"; }

now_ms() { printf '%s\n' "$(($(date +%s%N) / 1000000))"; }

# stage NAME: NAME begins, and what came before has ended. "stage push: 1.2 s" are stable words.
stage() {
	stage_end
	stage_name=$1 stage_last=$1 stage_start=$(now_ms)
}
stage_end() {
	[ -n "${stage_name-}" ] || return 0
	tenths=$((($(now_ms) - stage_start + 50) / 100))
	say "stage $stage_name: $((tenths / 10)).$((tenths % 10)) s"
	stage_name=
}
