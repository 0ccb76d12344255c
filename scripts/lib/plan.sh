# shellcheck shell=sh disable=SC2034,SC2154
# SPDX-License-Identifier: MIT
# plan.sh: what a deploy of the source would do on each host. Asks the hosts, and has each host's rsync
# compare as a deploy's push does, in a dry run; plan.py makes the text, the page and the JSON of it.
# Takes no lock, writes nothing on a host.

command_plan() {
	command -v python3 >/dev/null || die "$STATUS_LOCAL" "python3: not found on PATH" "install Python 3.8 or newer"
	hosts_list
	find_source
	build_source
	measure_source
	stage look
	plan_look
	stage compare
	plan_compare
	stage_end
	plan_tell
	[ "$plan_status" = 0 ] || die "$plan_status" "not every host could be looked at"
}

# Hosts that fail are told of, and are not in the plan.
plan_look() {
	plan_status=0
	plan_program >"$work/plan.program"
	hosts_run 300 "inspect begin env plan" source_kb="$source_kb" source_files="$source_files" || plan_status=$?
	hosts_with plan planned ok >"$work/planned"
	[ -s "$work/planned" ] || die "$plan_status" "no host could be looked at"
}

# hosts_with STEP KEY VALUE: hosts that answered so.
hosts_with() { awk -v key="$2" -v value="$3" '$2 == key && $3 == value { print $1 }' "$work/$1"; }

# The shell function plan_program on the host.
plan_program() {
	# shellcheck disable=SC2016
	printf 'plan_program() {\n"$python" - "$@" <<\\SLIPWAY_PROGRAM\n'
	cat "$here/remote/plan/tree.py"
	printf 'SLIPWAY_PROGRAM\n}\n'
}

# Hosts with the same live build, and the same failed build to go on from, are compared in one go. A dry
# run does not make the folder builds/.plan.
plan_compare() {
	id=.plan
	: >"$work/items"
	awk '
		$2 == "current" { live[$1] = $3 }
		$2 == "retry" && NF > 2 { retry[$1] = $3 }
		FILENAME ~ /planned$/ { print live[$1], retry[$1] ? retry[$1] : "none", $1 }' "$work/plan" "$work/planned" |
		sort >"$work/bases"
	cut -d ' ' -f 1,2 "$work/bases" | sort -u >"$work/each_basis"
	while read -r live retry; do
		only=$(awk -v live="$live" -v retry="$retry" '$1 == live && $2 == retry { print $3 }' "$work/bases" | paste -s -d , -)
		plan_compare_with "$live" "$retry" || plan_status=$?
	done <"$work/each_basis"
	only='' id=''
}

# plan_compare_with BUILD...: hosts of $only link from these.
plan_compare_with() {
	for build; do
		shift
		[ "$build" = none ] || set -- "$@" --link-dest "$SLIPWAY_PROJECT_ROOT/builds/$build/"
	done
	push_tree dry_push "$@"
}

dry_push() {
	[ "$SLIPWAY_BECOME" = 0 ] || set -- --become "$@"
	foreground rsync-push --hosts "$SLIPWAY_HOSTS" --limit "$only" --quiet --dry-run -ii --json "$@" >>"$work/items"
}

# What git knows, "KEY VALUE": the commit, the branch, and of each live commit how many lie between, and
# which the source brings.
plan_git() {
	revision | sed -n 's/^\(commit\|branch\): \(.\)/\1 \2/p'
	[ -z "$(git -C "$source" status --porcelain --untracked-files=no 2>/dev/null | head -n 1)" ] || printf 'dirty yes\n'
	all_answers plan commit | while read -r commit; do
		case $commit in '' | *[!0-9a-f]*) continue ;; esac
		counts=$(git -C "$source" rev-list --left-right --count "$commit...HEAD" 2>/dev/null) || continue
		printf '%s\n' "$counts" | sed "s/^/between $commit /"
		git -C "$source" log --max-count=100 --format="subject $commit %h %s" "$commit..HEAD"
	done
}

plan_tell() {
	plan_git >"$work/git"
	[ -z "$SLIPWAY_REPORT_DIR" ] || mkdir -p -- "$SLIPWAY_REPORT_DIR" || exit "$STATUS_LOCAL"
	python3 -B "$lib/plan/plan.py" "$work" "$source" "$SLIPWAY_REPORT_DIR" "$hooks" || exit "$STATUS_LOCAL"
}
