# shellcheck shell=sh disable=SC2034,SC2154
# SPDX-License-Identifier: MIT
# report.sh: status, releases, unlock: what hosts look like.

look() {
	hosts_list
	look_status=0
	hosts_run 60 inspect create=0 ask_health=1 || look_status=$?
}

# One line per host on stdout. Status 1 if hosts differ or one is not healthy.
status() {
	look
	answer=0
	printf '%-20s %-14s %-12s %-9s %s\n' HOST LIVE COMMIT HEALTH LOCK
	while read -r host; do
		if [ -z "$(answer_of inspect "$host" inspected)" ]; then
			printf '%-20s %s\n' "$host" unknown
			continue
		fi
		health=$(answer_of inspect "$host" health)
		[ "$health" != bad ] || answer=$STATUS_NO
		printf '%-20s %-14s %-12.12s %-9s %s\n' "$host" "$(answer_of inspect "$host" current)" \
			"$(answer_of inspect "$host" commit)" "${health:-unasked}" \
			"$(answer_of inspect "$host" lock | sed -n 's/^owner: /held by /p; s/^free$/free/p')"
	done <"$work/hosts"
	[ "$look_status" = 0 ] || die "$look_status" "not every host answered"
	if [ "$(all_answers inspect current | wc -l)" -gt 1 ]; then
		say "hosts differ in what is live"
		answer=$STATUS_NO
	fi
	exit "$answer"
}

# One line per build on stdout, newest first: which hosts have it, and in which state.
releases() {
	look
	[ "$look_status" = 0 ] || die "$look_status" "not every host answered"
	awk '
		$2 == "current" { live[$3] = live[$3] "," $1 }
		$2 == "active" { active[$3] = 1 }
		$2 == "build" { names[$3] = 1; where[$3, $4] = where[$3, $4] "," $1 }
		function on(list) { return list == "" ? "-" : substr(list, 2) }
		END {
			for (name in names)
				printf "%s %s %s %s %s %s\n", name, on(where[name, "complete"]),
					on(where[name, "failed"]), on(where[name, "incomplete"]),
					name in active ? "yes" : "no", on(live[name])
		}' "$work/inspect" | sort -r >"$work/releases"
	printf 'BUILD COMPLETE-ON FAILED-ON INCOMPLETE-ON PROVEN LIVE-ON\n' | cat - "$work/releases" |
		awk '{
			line[NR] = $0
			for (i = 1; i <= NF; i++) if (length($i) > width[i]) width[i] = length($i)
		}
		END {
			for (r = 1; r <= NR; r++) {
				n = split(line[r], cell)
				for (i = 1; i < n; i++) printf "%-" width[i] "s  ", cell[i]
				print cell[n]
			}
		}'
}

unlock() {
	hosts_list
	hosts_run 60 unlock yes="$yes" || die $? "not every host answered"
	sed 's/ | token: .*/ | token: (not shown)/' "$work/unlock.raw"
	[ "$yes" = 1 ] || die "$STATUS_NO" "nothing was changed" "slipway unlock --yes ends whoever holds it"
}
