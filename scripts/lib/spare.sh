# shellcheck shell=sh disable=SC2154
# SPDX-License-Identifier: MIT
# spare.sh: hosts that fail before any is live are left out, if min_hosts says that the others suffice.

spare_check() {
	: >"$work/left_out"
	[ "${SLIPWAY_MIN_HOSTS:-0}" -le "$(wc -l <"$work/hosts")" ] ||
		usage "min_hosts: $SLIPWAY_MIN_HOSTS, and there are $(wc -l <"$work/hosts") hosts"
}

# spare STATUS STEP MESSAGE: STEP ended with STATUS: go on without the hosts that failed in it, or leave
# with MESSAGE.
spare() {
	[ -n "$SLIPWAY_MIN_HOSTS" ] || die "$1" "$3"
	failed_hosts "$2" >"$work/failed"
	[ -s "$work/failed" ] || die "$1" "$3"
	left=$(($(wc -l <"$work/list") - $(wc -l <"$work/left_out") - $(wc -l <"$work/failed")))
	[ "$left" -ge "$SLIPWAY_MIN_HOSTS" ] ||
		die "$1" "$3" "$left would be left, and min_hosts is $SLIPWAY_MIN_HOSTS"
	while read -r host; do
		why="$(why_failed "$2" "$host")"
		say "warning: $host is left out: $why"
		printf '%s: %s\n' "$host" "$why" >>"$work/left_out"
		record left_out host="$host" why="$why"
	done <"$work/failed"
	grep -vxFf "$work/failed" "$work/hosts" >"$work/hosts.left"
	mv -- "$work/hosts.left" "$work/hosts"
	# What they answered counts no more.
	for answers in "$work/inspect" "$work/$2"; do
		[ -f "$answers" ] || continue
		awk 'FNR == NR { out[$1]; next } !($1 in out)' "$work/failed" "$answers" >"$work/answers"
		mv -- "$work/answers" "$answers"
	done
}

# spare_tell COMMAND: at the end: who was left out, and the command that brings them up to date.
spare_tell() {
	[ -s "$work/left_out" ] || return 0
	while read -r line; do say "warning: left out: $line"; done <"$work/left_out"
	say "hint: when they are well again, this brings all hosts to the same build: $1"
}
