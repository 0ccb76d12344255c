# shellcheck shell=sh disable=SC2154
# SPDX-License-Identifier: MIT
# migrate.sh: the team's hooks/migrate, on one host, before any host goes live. That it has begun is
# written down if older releases may not stand what it does, whatever becomes of it.
# Input: id, hooks.

main() {
	own_step
	if grep -qx 'contracting: yes' "$root/builds/$id/REVISION"; then
		journal contracting "$id" || refuse "the journal cannot be written"
	fi
	hook migrate "$migrate_timeout"
	came_to migrated
	answer migrated "$id"
}
