# shellcheck shell=sh disable=SC2154
# SPDX-License-Identifier: MIT
# finish.sh: the build $id is live and healthy everywhere: write that down, remove what is too old.
# Nothing here can fail a deploy that has succeeded. Input: id, owner, fresh (0: remove
# nothing).

main() {
	own_step
	rm -f -- "$state/run/flipped"
	journal active "$id" || warn "the journal could not be written"
	[ "$fresh" != 1 ] || prune
	answer finished "$id"
}
