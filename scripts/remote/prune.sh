# shellcheck shell=sh disable=SC2154
# SPDX-License-Identifier: MIT
# prune.sh: remove what is too old, and what earlier deploys left unfinished.

# The newest failed build stays to be looked at, until the deploy after this one succeeds.
prune_all() {
	failed=$(newest_build .failed) previous=$(cat "$state/run/previous")
	if [ -n "$failed" ] && [ "$failed" -gt "${previous:-0}" ]; then
		prune --active "$failed"
	else
		prune
	fi
}

main() {
	own_step
	prune_all
	answer pruned ok
}
