# shellcheck shell=sh disable=SC2034,SC2154
# SPDX-License-Identifier: MIT
# try.sh: try a build on every host before it goes live, or as a rehearsal.

# try_build SETTLE [LOCKED]: builds/$id, which every host has. Leaves by die unless it is good on all of
# them. LOCKED is 0 if no lock is held. Nothing is changed.
try_build() {
	[ "$SLIPWAY_TRY" != none ] || return 0
	stage try
	hosts_run "$((2 * SLIPWAY_TRY_TIMEOUT + $1 + 60))" "marker try" id="$id" settle="$1" locked="${2:-1}" ||
		spare $? try "builds/$id was not found good on $(hosts_without try tried | listed): nothing was changed"
}

# slipway check --rollback: whether a rollback would find a good build. It puts nothing but the helpers there.
rehearse_rollback() {
	[ "$SLIPWAY_TRY" != none ] || usage "check --rollback: try is none: there is nothing to rehearse"
	check_names
	stage connect
	connect
	choose_target
	schema_check
	try_build 0 0
	say "$id is good on $(listed <"$work/hosts"): a rollback would make it live"
}
