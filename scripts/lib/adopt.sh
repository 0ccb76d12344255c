# shellcheck shell=sh disable=SC2034,SC2154
# SPDX-License-Identifier: MIT
# adopt.sh: take over a project root that something else than slipway has made, as it stands: look at it
# on every host, and write into the journal that its live build is proven. Nothing else is changed.

command_adopt() {
	hosts_list
	hosts_run 120 adopt id='' || die $? "not every host answered: nothing was changed"
	cp -- "$work/adopt" "$work/look"
	adopt_tell
	adopt_refuse
	if [ -z "$(hosts_without look known)" ]; then
		say "every host is slipway's already: nothing to do"
		return
	fi
	id=$(all_answers look current)
	connect
	lock_take
	hosts_run 60 adopt id="$id" || die $? "not every host was adopted" "slipway adopt goes on where it ended"
	say "$id is adopted on $(listed <"$work/hosts"): slipway rollback will go back to it, and to no older build"
	[ "$SLIPWAY_KEEP_RELEASES" = 0 ] ||
		say "nothing else was changed; deploys keep the $SLIPWAY_KEEP_RELEASES newest builds and remove older ones"
}

# What was found, host by host, on stdout.
adopt_tell() {
	awk '
		{ host = $1; key = $2; sub(/^[^ ]* [^ ]* /, "") }
		key == "current" { live[host] = $0 }
		key == "build" {
			name = $1
			sub(/^[^ ]* /, "")
			is_live = live[host] == name
			if ($0 == "whole")
				print host ": builds/" name ": " (is_live ? "live" : "whole: slipway rollback --to " name " goes there")
			else
				print host ": builds/" name ": " \
					(is_live ? "live, and looks half-made: " $0 : "half-made: " $0 ": remove it, or it is kept like a good one")
		}
		key == "foreign" { print host ": builds/" $0 ": not a build, and left alone" }
		key == "strange" { print host ": " $0 ": it will stay when its build is pruned" }
	' "$work/look"
}

adopt_refuse() {
	awk '
		$2 == "refused" || $2 == "mend" {
			head = $2 == "refused" ? $1 ": " : "hint: " $1 ": "
			sub(/^[^ ]* [^ ]* /, "")
			print head $0
		}' "$work/look" >"$work/refused"
	while read -r line; do say "$line"; done <"$work/refused"
	[ ! -s "$work/refused" ] || die "$STATUS_REMOTE" "not adopted: nothing was changed"
	[ "$(all_answers look current | wc -l)" = 1 ] ||
		die "$STATUS_REMOTE" "hosts differ in what is live: $(each_answer look current | listed)" \
			"link current to one build on all of them"
}
