# shellcheck shell=sh disable=SC2034,SC2154
# SPDX-License-Identifier: MIT
# mark.sh: deploy markers: with track_release=1 CircleCI is told what goes where and what came of it, by
# the command `circleci run release` of its jobs; its Deploys page and Rollback button live on that.
# A marker is only a note: one that cannot be made is a warning, and no deploy waits for it.

MARK_TRY_S=10 # for one call; then it is given up

# mark_name KIND: the marker's name. CircleCI wants it unique in the workflow, where a rollback may come
# after the deploy.
mark_name() {
	name=$SLIPWAY_RELEASE_NAME
	[ -n "$name" ] || name=$(printf '%s\n' "$SLIPWAY_COMPONENT_NAME" "$SLIPWAY_ENVIRONMENT_NAME" |
		sed '/^$/d; s/[^A-Za-z0-9._-]/-/g; s/^-*//' | paste -s -d - -)
	printf '%s' "${name:-default}"
	[ "$1" != rollback ] || printf -- '-rollback'
}

# mark_call ACTION WORDS...: circleci run release ACTION.
mark_call() {
	mark_status=0
	timeout -k 2 "$MARK_TRY_S" circleci run release "$@" >"$work/mark" 2>&1 </dev/null || mark_status=$?
	case $mark_status in
	0) return ;;
	124 | 137) said="no answer in $MARK_TRY_S s" ;;
	*) said=$(one_line "$(cat "$work/mark")") ;;
	esac
	say "warning: deploy marker: circleci run release $1: ${said:-exit status $mark_status}"
	return 1
}

mark_possible() {
	command -v circleci >/dev/null || {
		say "warning: deploy marker: there is no circleci command here: nothing was marked"
		return 1
	}
}

# mark_plan KIND: builds/$id is to go live.
mark_plan() {
	set -- "$1" plan "$(mark_name "$1")" "--target-version=$id"
	[ -z "$SLIPWAY_ENVIRONMENT_NAME" ] || set -- "$@" "--environment-name=$SLIPWAY_ENVIRONMENT_NAME"
	[ -z "$SLIPWAY_COMPONENT_NAME" ] || set -- "$@" "--component-name=$SLIPWAY_COMPONENT_NAME"
	[ "$1" != rollback ] || set -- "$@" --rollback
	shift
	mark_call "$@"
}

# mark_update KIND STATUS [REASON]
mark_update() {
	if [ -n "${3-}" ]; then
		mark_call update "$(mark_name "$1")" "--status=$2" "--failure-reason=$(one_line "$3")"
	else
		mark_call update "$(mark_name "$1")" "--status=$2"
	fi
}

# mark_begin KIND: builds/$id, which is on its way. KIND is deploy or rollback. In the background; mark_end
# waits for it.
mark_begin() {
	mark_kind=$1
	[ "$SLIPWAY_TRACK_RELEASE" = 1 ] && mark_possible || return 0
	{
		mark_plan "$mark_kind" || exit
		mark_update "$mark_kind" RUNNING || :
	} &
	mark_pid=$!
}

# mark_end STATUS: what came of it; only once.
mark_end() {
	[ -n "$mark_pid" ] || return 0
	mark_status=0
	wait "$mark_pid" || mark_status=$?
	mark_pid=
	[ "$mark_status" = 0 ] || return 0
	if [ "$1" = 0 ]; then
		mark_update "$mark_kind" SUCCESS
	elif [ -n "$caught" ]; then
		mark_update "$mark_kind" CANCELED
	else
		mark_update "$mark_kind" FAILED "${died:-exit status $1}"
	fi || :
}

# One marker, for jobs that are made of single stages.
command_mark() {
	kind=deploy
	[ -z "$of_rollback" ] || kind=rollback
	case $operand in
	plan)
		[ -n "$build" ] || usage "mark plan: --build ID says what is planned"
		check_name --build "$build"
		;;
	running | success | failed | canceled) ;;
	'') usage "mark: plan, running, success, failed or canceled?" ;;
	*) usage "mark $(shown "$operand"): neither plan nor running, success, failed, canceled" ;;
	esac
	mark_possible || return 0
	case $operand in
	plan) id=$build && mark_plan "$kind" ;;
	failed) mark_update "$kind" FAILED "$reason" ;;
	*) mark_update "$kind" "$(printf %s "$operand" | tr '[:lower:]' '[:upper:]')" ;;
	esac || :
}
