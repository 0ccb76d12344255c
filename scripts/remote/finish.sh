# shellcheck shell=sh disable=SC2154
# SPDX-License-Identifier: MIT
# finish.sh: the build $id is live and healthy everywhere: write that down, remove what is too old,
# run the team's hooks/finish. Nothing here can fail a deploy that has succeeded.
# Input: id, fresh (0: remove nothing), reason (of a rollback, may be empty).

# Names that no activation will ask for any more.
forget_names() {
	for note in "$state/names"/*; do
		[ ! -e "$note" ] || [ "$(cat "$note")" -gt "$id" ] || rm -f -- "$note"
	done
}

main() {
	own_step
	rm -f -- "$state/run/reserve"
	event=active
	[ "$fresh" = 1 ] || event=rollback
	journal "$event" "$id" || {
		warn "the journal could not be written"
		has_room || :
	}
	rm -f -- "$state/run/flipped"
	forget_names
	[ "$fresh" != 1 ] || (prune_all)
	if has_hook finish "$id"; then
		run_hook finish 240 "$id" || warn "hooks/finish: exit status $hook_status"
	fi
	answer finished "$id"
}
