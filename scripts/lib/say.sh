# shellcheck shell=sh disable=SC2034,SC2154
# SPDX-License-Identifier: MIT
# say.sh: messages, exit statuses, the seconds of each stage.

STATUS_NO=1 STATUS_USAGE=2 STATUS_LOCAL=3 STATUS_REMOTE=6

say() {
	printf 'slipway: %s\n' "$*" >&2
	record said text="$*"
}

# die STATUS MESSAGE [HINT]
die() {
	died=$2
	say "$2"
	[ -z "${3-}" ] || say "hint: $3"
	record died why="$2" hint="${3-}"
	exit "$1"
}
usage() { die "$STATUS_USAGE" "$@"; }

# shown TEXT: text that may be anything, as a message may show it: one line, escaped, bounded.
shown() {
	[ "${#1}" -le 64 ] || set -- "$(printf %s "$1" | head -c 64)..."
	printf '"%s"\n' "$(printf '%s\n' "$1" | LC_ALL=C sed -n ':all
		$!{
			N
			b all
		}
		l 0' | sed 's/\$$//')"
}

# one_line TEXT: words of others, as they may be passed on: one line, bounded.
TEXT_MAX=200 # bytes
one_line() {
	printf %s "$1" | tr -s '\000-\037\177' ' ' | head -c "$TEXT_MAX" | iconv -c -f UTF-8 -t UTF-8 2>/dev/null || :
}

now_ms() { printf '%s\n' "$(($(date +%s%N) / 1000000))"; }

# stage NAME: NAME begins, and what came before has ended. "stage push: 1.2 s" are stable words.
stage() {
	stage_end
	stage_name=$1 stage_last=$1 stage_start=$(now_ms)
	record stage name="$1"
}
stage_end() {
	[ -n "${stage_name-}" ] || return 0
	record stage_end
	tenths=$((($(now_ms) - stage_start + 50) / 100))
	say "stage $stage_name: $((tenths / 10)).$((tenths % 10)) s"
	stage_name=
}
