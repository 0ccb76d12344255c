# shellcheck shell=sh disable=SC2034,SC2154
# SPDX-License-Identifier: MIT
# schema.sh: deploy/schema of the source says which schema of the database a release expects, and
# whether its migration takes away what older releases need. A rollback does not cross such a release.

# Lines "schema: N" and "contracting: yes" or "no"; they go into REVISION.
schema_read() {
	schema=$source/deploy/schema
	[ -e "$schema" ] || schema=/dev/null
	wrong=$(grep -nvE '^(schema: [0-9]+|contracting: (yes|no))?$' "$schema" | head -n 1) || :
	[ -z "$wrong" ] || usage "$schema:$wrong: neither \"schema: NUMBER\" nor \"contracting: yes\" or \"no\""
}

# Marked so are the complete builds that say it, and those whose migration has begun, by the journals.
contracting() {
	{
		all_answers inspect contracting
		all_answers inspect event | sed -n 's/^contracting \([0-9]*\) .*/\1/p'
	} | sort -u
}

# Refuse to make $id live if that goes back across one.
schema_check() {
	[ -z "$force" ] || return 0
	across=$(contracting | awk -v id="$id" '$1 "" > id ""' | tail -n 1)
	if [ -n "$across" ] && all_answers inspect current | awk -v id="$id" '$1 "" > id "" { found = 1 } END { exit !found }'; then
		die "$STATUS_REMOTE" "builds/$across is marked contracting: $id may not work with the database as that left it" \
			"repair and deploy; or slipway rollback --force --to $id, if you know better"
	fi
}
