# shellcheck shell=sh disable=SC2034,SC2154
# SPDX-License-Identifier: MIT
# rollback.sh: choose an older build that every host has, and make it live.

command_rollback() {
	check_names
	reason=$(one_line "$reason")
	[ -z "$reason" ] || say "reason: $reason"
	stage connect
	connect
	choose_target
	schema_check
	if already_live; then
		say "$id is live already: nothing to do"
		return
	fi
	mark_begin rollback
	stage lock
	lock_take
	hosts_run 120 begin id='' || spare $? begin "not every host is ready"
	check_live
	[ -n "$force" ] || try_build 0
	stage activate
	fresh=0
	activate
	stage finish
	finish
	say "$id is live on $(listed <"$work/hosts")"
	spare_tell "slipway rollback --to $id"
}

# Builds that every host has complete, oldest first.
common_builds() {
	awk -v hosts="$(wc -l <"$work/hosts")" '
		$2 == "build" && $4 == "complete" { n[$3]++ }
		END { for (name in n) if (n[name] == hosts) print name }' "$work/inspect" | sort
}

choose_target() {
	live=$(all_answers inspect current)
	check_current
	if [ -n "$to" ]; then
		check_target
		id=$to
		return
	fi
	case $live in
	none) die "$STATUS_REMOTE" "there is nothing live to roll back from" ;;
	*[!0-9]*) die "$STATUS_REMOTE" "hosts differ in what is live: $(each_answer inspect current | listed)" "slipway rollback --to ID: $(have)" ;;
	esac
	choice=$(awk -v live="$live" -f "$lib/choose.awk" "$work/inspect")
	case $choice in
	"target "*) id=${choice#target } ;;
	"differ "*) die "$STATUS_REMOTE" "the hosts' journals differ in what was live before $live: ${choice#differ }: nothing was changed" \
		"slipway rollback --to ID: $(have)" ;;
	*) die "$STATUS_REMOTE" "no build that was live before $live is complete and proven on every host" \
		"slipway rollback --to ID: $(have)" ;;
	esac
}

# Others may have been at work before the lock was ours, and that counts unless the build alone was named.
check_live() {
	[ -z "$to" ] || [ -n "$expect_current" ] || return 0
	each_answer inspect current >"$work/chosen_for"
	each_answer begin previous | cmp -s - "$work/chosen_for" ||
		die "$STATUS_REMOTE" "another deploy changed what is live: nothing was changed" \
			"look at slipway status and try again"
}

# What a button's dialog gave may be anything: nothing is done with it unless it looks like a build.
check_names() {
	[ -z "$to" ] || check_name --to "$to"
	[ -z "$expect_current" ] || is_commit "$expect_current" || check_name --expect-current "$expect_current"
}

is_commit() {
	case $1 in *[!0123456789abcdef]*) return 1 ;; esac
	[ ${#1} -eq 40 ]
}

# What the one who asks for a rollback believes to be live is.
check_current() {
	[ -n "$expect_current" ] || return 0
	found=$live
	! is_commit "$expect_current" || found=$(all_answers inspect commit)
	[ "$found" = "$expect_current" ] ||
		die "$STATUS_NO" "--expect-current $expect_current: live is $(printf '%s\n' "${found:-unknown}" | listed): nothing was changed"
}

check_name() {
	case $2 in
	*[!0123456789]* | ???????????????*) ;;
	??????????????) return 0 ;;
	esac
	usage "$1 $(shown "$2"): not the name of a build" "it is fourteen digits; slipway releases prints those that are there"
}

check_target() {
	awk -v to="$to" '
		FNR == NR { state[$1] = "is not there"; next }
		$2 == "build" && $3 == to { state[$1] = $4 == "complete" ? "" : "is " $4 }
		END { for (host in state) if (state[host]) print host ": builds/" to " " state[host] }' \
		"$work/hosts" "$work/inspect" | sort >"$work/not_there"
	[ ! -s "$work/not_there" ] || die "$STATUS_REMOTE" "$(paste -s -d ';' "$work/not_there" | sed 's/;/; /g')" "$(have)"
}

# Also no host is left in the middle of an activation that was cut short.
already_live() {
	[ "$live" = "$id" ] && [ -z "$(all_answers inspect unfinished)" ]
}

have() {
	set -- "$(common_builds | listed)"
	printf 'every host has %s' "${1:-no complete build}"
}
