# shellcheck shell=sh disable=SC2154
# SPDX-License-Identifier: MIT
# migrate.sh: the team's hooks/migrate, on one host, before any host goes live.
# Input: id, hooks.

main() {
	own_step
	hook migrate "$migrate_timeout"
	answer migrated "$id"
}
