# shellcheck shell=sh disable=SC2034,SC2154
# SPDX-License-Identifier: MIT
# report.sh: status, releases, unlock: what hosts look like.

look() {
	hosts_list
	look_status=0
	hosts_run 60 inspect create=0 ask_health=1 || look_status=$?
}

# How the checkout stands to each commit that is live: "COMMIT HOW".
checkout_of() {
	all_answers inspect commit | while read -r commit; do
		[ -n "$commit" ] || continue
		printf '%s %s\n' "$commit" "$(checkout_to "$commit")"
	done
}

# The live commit, as seen from the checkout.
checkout_to() {
	case $1 in *[!0-9a-f]*)
		printf 'unknown\n'
		return
		;;
	esac
	head=$(git -C "$SLIPWAY_SOURCE" rev-parse -q --verify HEAD 2>/dev/null) || {
		printf -- '-\n'
		return
	}
	if [ "$head" = "$1" ]; then
		printf 'same\n'
	elif counts=$(git -C "$SLIPWAY_SOURCE" rev-list --left-right --count "$1...HEAD" 2>/dev/null); then
		printf '%s\n' "$counts" | awk '{
			print ($2 ? $2 " behind" : "") ($1 && $2 ? ", " : "") ($1 ? $1 " ahead" : "") }'
	else
		printf 'unknown\n'
	fi
}

# In columns, from cells that are divided by tabs.
columns() {
	awk -F '\t' '{
		line[NR] = $0
		for (i = 1; i < NF; i++) if (length($i) > width[i]) width[i] = length($i)
	}
	END {
		for (r = 1; r <= NR; r++) {
			n = split(line[r], cell, "\t")
			for (i = 1; i < n; i++) printf "%-" width[i] "s  ", cell[i]
			print cell[n]
		}
	}'
}

# report WHAT: the table, or with --json an object per host in a line; what is wrong to $work/wrong.
report() {
	checkout_of >"$work/checkout"
	awk -v what="$1" -v json="$json" -f "$lib/report.awk" "$work/hosts" "$work/checkout" "$work/inspect" >"$work/report"
	grep '^[!-]' "$work/report" >"$work/wrong" || :
	if [ -n "$json" ]; then
		grep -v '^[!-]' "$work/report"
	else
		grep -v '^[!-]' "$work/report" | columns
	fi
	sed 's/^.//' "$work/wrong" | while read -r line; do say "$line"; done
}

# One line per host on stdout. Status 1 if hosts differ, one is not healthy, or runs what is not live.
command_status() {
	look
	report status
	[ -z "$(git -C "$SLIPWAY_SOURCE" status --porcelain 2>/dev/null | head -n 1)" ] ||
		say "the checkout has changes that are not committed"
	[ "$look_status" = 0 ] || die "$look_status" "not every host answered"
	! grep -q '^!' "$work/wrong" || exit "$STATUS_NO"
}

# One line per build on stdout, newest first, and more where hosts differ.
command_releases() {
	look
	[ "$look_status" = 0 ] || die "$look_status" "not every host answered"
	report releases
}

command_unlock() {
	hosts_list
	if job_held; then
		job_is_private || die "$STATUS_LOCAL" "$jobs: not ours alone: what it says does not count"
		job_let_go
		say "this job holds no lock any more"
		return
	fi
	hosts_run 60 unlock yes="$yes" || die $? "not every host answered"
	sed 's/ | token: .*/ | token: (not shown)/' "$work/unlock.raw"
	[ "$yes" = 1 ] || die "$STATUS_NO" "nothing was changed" "slipway unlock --yes ends whoever holds it"
}
