# shellcheck shell=sh disable=SC2034,SC2154
# SPDX-License-Identifier: MIT
# stages.sh: the stages of a deploy as commands, for a job that is made of them, and for hosts in shards.
# Between two of them the build stays on the hosts, marked incomplete; the marker says how far it has come
# (remote/marker.sh), and a later command goes on from there or refuses.

# Up to barrier 1, on all hosts or on a shard of them.
command_stage() {
	source_ready
	connect_and_lock
	begin
	stage_build
	stays
	printf '%s\n' "$id"
	say "$id is staged on $(listed <"$work/hosts"): slipway activate makes it live"
	spare_tell "slipway deploy"
}

# From barrier 1 on, on all hosts.
command_activate() {
	connect_and_lock
	which_build
	if [ -z "$id" ]; then
		! live_already || return 0
		no_build
	elif every_host_says current "$id" && live_and_well; then
		say "$id is live already: nothing to do"
		return
	fi
	resume staged
	mark_begin deploy
	go_live
}

command_push() {
	source_ready
	connect_and_lock
	begin
	stage push
	push_source
	hosts_run 60 "marker pushed" id="$id" || die $? "the build did not reach every host"
	stays
	printf '%s\n' "$id"
}

command_prepare() {
	find_source
	go_on pushed
	stage prepare
	prepare
	stays
}

command_try() {
	go_on prepared
	[ "$SLIPWAY_TRY" != none ] || say "try is none: nothing is tried"
	try_build "$SLIPWAY_TRY_SETTLE"
	stays
}

command_migrate() {
	go_on staged
	have_hook migrate || say "there is nothing to migrate"
	migrate
	stays
}

command_prune() {
	connect_and_lock
	hosts_run 120 begin id='' || spare $? begin "not every host is ready"
	stage prune
	hosts_run 300 "marker prune" || die $? "not every host was pruned"
}

# In the live build of each host, as the user who logs in.
command_run() {
	[ $# -gt 0 ] || usage "run: which command?" "slipway run --help"
	hosts_list
	line=$1
	if [ $# -gt 1 ]; then
		line=
		for word; do line="$line $(quoted "$word")"; done
	fi
	step_script lib run >"$work/run.sh"
	set -- --script "$work/run.sh" -- "root=$SLIPWAY_PROJECT_ROOT" "version=$version" "line=$line"
	[ "$SLIPWAY_BECOME" = 0 ] || set -- --become "$@"
	foreground remote-run --hosts "$SLIPWAY_HOSTS" --limit "$(in_play)" "$@" || exit
}

connect_and_lock() {
	stage connect
	connect
	stage lock
	lock_take
}

# go_on NEED: with a build that another command has brought so far.
go_on() {
	connect_and_lock
	which_build
	[ -n "$id" ] || no_build
	resume "$1"
}

# Sets id: the build that was named, or that this job makes, or this workflow; or nothing.
which_build() {
	id=$build
	if [ -n "$id" ]; then
		check_name --build "$id"
	elif job_held && [ -e "$job/build" ]; then
		id=$(cat "$job/build")
	elif [ -n "$(build_key)" ]; then
		only=$(first_host)
		hosts_run 60 name key="$(build_key)" id='' || die $? "the name of the build cannot be had from $only"
		only=
		id=$(all_answers name name)
	fi
}

no_build() {
	die "$STATUS_USAGE" "which build? there is none of this job or workflow on $(first_host)" \
		"--build ID; slipway stage and slipway push print it"
}

# resume NEED: go on with builds/$id, which every host must have pushed, prepared or staged, with the
# build live that was live when it began. Nothing of it is undone if that is not so.
resume() {
	resume_status=0
	hosts_run 120 "marker resume begin" id="$id" need="$1" || resume_status=$?
	[ -z "$(all_answers begin overtaken)" ] ||
		die "$STATUS_REMOTE" "another deploy or rollback has gone live since $id was begun: nothing was changed" \
			"stage again: run the workflow from its start"
	[ "$resume_status" = 0 ] || spare "$resume_status" begin "builds/$id is not $1 on every host: nothing was changed"
	phase=built
	[ "$1" != staged ] || resume_hooks
}

# What there is to migrate, by what the hosts say of the build.
resume_hooks() {
	hooks=
	case $(all_answers begin migration | paste -s -d ' ' -) in
	*done*) say "the migration of $id is done already" ;;
	*due*) hooks=migrate ;;
	esac
}

# The build is kept as it is, for the next command.
stays() {
	phase=idle
	stage_end
}

# What all shards of a workflow, and its later jobs, call their build by; nothing outside CI. A rerun from
# a failed job is another workflow, with the same workspace.
build_key() {
	key=$SLIPWAY_BUILD_KEY
	[ -n "$key" ] || key=${CIRCLE_WORKFLOW_WORKSPACE_ID:-${CIRCLE_WORKFLOW_ID-}}
	[ "$command" = deploy ] || printf '%s' "$key"
}

# Sets id: what the first shard to come called the build of this workflow; else what we propose.
agree_on_name() {
	name_build "$1"
	while :; do
		only=$(first_host)
		hosts_run 60 name key="$(build_key)" id="$id" || die $? "the build cannot get a name from $only"
		only=
		newer=$(all_answers name newer)
		[ -n "$newer" ] || break
		name_build "$newer"
	done
	id=$(all_answers name name)
}

# The locks of all hosts, for the later commands of this job.
command_lock() {
	stage connect
	connect
	if job_held; then
		job_join
		say "this job has the locks already"
		return
	fi
	stage lock
	lock_take
	job_keep
	say "the deploy lock of $(listed <"$work/hosts") is this job's until slipway unlock, or its end"
}
