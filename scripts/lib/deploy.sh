# shellcheck shell=sh disable=SC2034,SC2154
# SPDX-License-Identifier: MIT
# deploy.sh: the stages of a deploy, in order. Each leaves by die when it does not succeed;
# on_exit (back.sh) then undoes what has been done.

command_deploy() {
	source_ready
	stage connect
	connect
	! live_already || return 0
	stage lock
	lock_take
	begin
	mark_begin deploy
	stage_build
	go_live
}

# What is to be deployed, before any host is asked anything.
source_ready() {
	find_source
	build_source
	measure_source
}

# Up to barrier 1: the new build $id is ready on every host.
stage_build() {
	stage push
	push_source
	stage prepare
	prepare
	try_build "$SLIPWAY_TRY_SETTLE"
}

# From there on: it goes live on every host.
go_live() {
	migrate
	stage activate
	activate
	stage finish
	finish
	say "$id is live on $(listed <"$work/hosts")"
	spare_tell "slipway deploy"
}

# How much there is to push, which is known for sure only once it has been.
measure_source() {
	source_kb=$(du -sk "$source" | cut -f 1) source_files=$(find "$source" | wc -l)
}

# What to deploy, and which hooks the team has.
find_source() {
	source=$SLIPWAY_SOURCE
	[ -d "$source" ] || die "$STATUS_LOCAL" "source: $source: no such folder"
	excludes=$SLIPWAY_EXCLUDES_FILE
	if [ ! -e "$excludes" ]; then
		[ "$excludes" = deploy/excludes ] || die "$STATUS_LOCAL" "excludes_file: $excludes: no such file"
		excludes=$work/no_excludes
		: >"$excludes"
	fi
	[ "$SLIPWAY_REQUIREMENTS_FILE" = none ] || [ -f "$source/$SLIPWAY_REQUIREMENTS_FILE" ] ||
		die "$STATUS_LOCAL" "requirements_file: $source/$SLIPWAY_REQUIREMENTS_FILE: no such file" \
			"requirements_file=none if there are no requirements"
	schema_read
	hooks=
	for hook in build prepare migrate restart healthcheck finish; do
		[ -e "$source/deploy/hooks/$hook" ] || continue
		[ -x "$source/deploy/hooks/$hook" ] ||
			die "$STATUS_LOCAL" "hooks/$hook: not executable" "chmod +x deploy/hooks/$hook"
		hooks="$hooks $hook"
	done
	check_restart_hook
}

# The hook and the setting that calls it come together.
check_restart_hook() {
	if have_hook restart; then
		[ "$SLIPWAY_RESTART" = hook ] ||
			usage "hooks/restart: restart is $SLIPWAY_RESTART, which does not run it" "set restart=hook, or remove it"
	elif [ "$SLIPWAY_RESTART" = hook ]; then
		usage "restart: hook, and there is no deploy/hooks/restart"
	fi
}

have_hook() { case " $hooks " in *" $1 "*) ;; *) return 1 ;; esac; }

# hooks/build, before any host is asked anything.
build_source() {
	have_hook build || return 0
	stage build
	# shellcheck disable=SC2016
	overheard sh -c 'cd "$1" && exec deploy/hooks/build >&2' sh "$source" ||
		die "$STATUS_LOCAL" "hooks/build: exit status $?"
}

# Ask every host how it is, and see that our helpers are there.
connect() {
	hosts_list
	hosts_run 60 inspect create=1 ask_health=0 ||
		spare $? inspect "not every host can be deployed to: nothing was changed"
	helpers_push || spare $? push "the helpers did not reach every host: nothing was changed"
}

# CI's very commit is live and well on every host.
live_already() {
	[ "$SLIPWAY_REDEPLOY" = 0 ] && [ -n "${CIRCLE_SHA1-}" ] && every_host_says commit "$CIRCLE_SHA1" &&
		live_and_well || return 1
	say "$CIRCLE_SHA1 is live already as $(all_answers inspect current): nothing to do"
	say "hint: redeploy=1 deploys it all the same"
}

# One build is live on every host, and serves well.
live_and_well() {
	hosts_run 60 inspect create=0 ask_health=1 && [ ! -s "$work/left_out" ] || return 1
	set -- "$(all_answers inspect current)"
	every_host_says current "$1" && nobody_says_but runs "$1" && nobody_says_but health ok &&
		[ -z "$(all_answers inspect unfinished)" ]
}
every_host_says() { [ "$(all_answers inspect "$1")" = "$2" ] && [ -z "$(hosts_without inspect "$1")" ]; }
nobody_says_but() { case $(all_answers inspect "$1") in '' | "$2") ;; *) return 1 ;; esac; }

# Only a word of warning: how much of the source is new to a host, and what the excludes leave out, is
# known when it has been pushed. Some file systems have no number of inodes.
warn_of_full_disks() {
	awk -v kb="$source_kb" -v files="$source_files" '
		$2 == "free_kb" && $3 + 0 < kb { print $1 ": " $3 " kB free, and the source has " kb }
		$2 == "free_inodes" && $3 + 0 < files && $3 > 0 {
			print $1 ": " $3 " inodes free, and the source has " files " files"
		}' "$work/inspect" | while read -r line; do say "warning: $line"; done
}

# Names are the order of builds: a new one is later than every other, whatever the clock says.
name_build() {
	id=$(date -u +%Y%m%d%H%M%S)
	if [ -n "$1" ] && [ "$1" -ge "$id" ]; then
		id=$(date -u -d "$(printf %s "$1" |
			sed 's/\(....\)\(..\)\(..\)\(..\)\(..\)\(..\)/\1-\2-\3 \4:\5:\6/') UTC + 1 second" +%Y%m%d%H%M%S) ||
			die "$STATUS_REMOTE" "builds/$1: not a time, and no name is later" "move it out of builds"
	fi
}

begin() {
	warn_of_full_disks
	if [ -n "$(build_key)" ]; then
		begin_shared
	else
		begin_own
	fi
	! job_held || printf '%s\n' "$id" >"$job/build"
	say "build $id"
}

begin_own() {
	name_build "$(all_answers inspect build | sed -n '$s/ .*//p')"
	phase=built
	while :; do
		begin_build
		[ -n "$newer" ] || break
		name_build "$newer"
	done
}

# With the name that all shards of this workflow have for it. Under our locks no newer one comes.
begin_shared() {
	hosts_run 120 begin id='' || spare $? begin "not every host is ready for a build"
	agree_on_name "$(all_answers begin newest | tail -n 1)"
	phase=built
	begin_build
	[ -z "$newer" ] || die "$STATUS_REMOTE" "a newer build than $id, the one of this workflow, is there: $newer" \
		"run the workflow from its start"
}

# Sets newer: a build that is there already and is later than $id, or nothing.
begin_build() {
	hosts_run 120 "marker begin" id="$id" need=new source_kb="$source_kb" source_files="$source_files" ||
		spare $? begin "not every host is ready for a build"
	newer=$(all_answers begin newer | tail -n 1)
}

# What has not changed is linked from the live build; what a failed deploy brought, from that.
push_source() {
	push_tree push --rsync-path "$(push_guard)" \
		--link-dest ../../.slipway/run/basis/ --link-dest ../../.slipway/run/retry/ ||
		spare $? push "the build did not reach every host"
}

# push_tree FUNCTION OPTION...: push the source as builds/$id by that function. What slipway itself writes
# into a build is never taken from it.
push_tree() {
	"$@" --exclude /.git --exclude /env --exclude /REVISION \
		--exclude /.incomplete --exclude /.failed --exclude /.slipway-assets --exclude /deploy-report \
		--exclude-from "$excludes" --exclude __pycache__/ --exclude '*.pyc' \
		"$source/" "$SLIPWAY_PROJECT_ROOT/builds/$id/"
}

prepare() {
	hosts_run "$SLIPWAY_PREPARE_TIMEOUT" "env tree marker prepare" id="$id" hooks="$hooks" \
		revision="$(revision)" || spare $? prepare "the build could not be prepared on every host"
}

# What the build is made of, for REVISION.
revision() {
	printf 'commit: %s\n' "${CIRCLE_SHA1:-$(git -C "$source" rev-parse -q --verify HEAD 2>/dev/null || :)}"
	printf 'branch: %s\n' "${CIRCLE_BRANCH:-$(git -C "$source" symbolic-ref -q --short HEAD 2>/dev/null || :)}"
	printf 'pipeline: %s\n' "${CIRCLE_BUILD_URL:-none}"
	printf 'deployer: %s\n' "$owner"
	printf 'time: %s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)"
	sed '/^$/d' "$schema"
}

migrate() {
	have_hook migrate || return 0
	stage migrate
	only=$(head -n 1 "$work/hosts")
	hosts_run "$((SLIPWAY_MIGRATE_TIMEOUT + 30))" "marker migrate" id="$id" hooks="$hooks" ||
		die $? "the migration did not succeed"
	only=
}

# One line for each batch of hosts that go live together: their names, divided by commas.
batches() {
	of=$(wc -l <"$work/hosts")
	case $SLIPWAY_SERIAL in
	'') size=$of ;;
	*%) size=$((of * ${SLIPWAY_SERIAL%\%} / 100)) ;;
	*) size=$SLIPWAY_SERIAL ;;
	esac
	awk -v size="$size" '
		{ line = line (line == "" ? "" : ",") $0; n++ }
		n >= size { print line; line = ""; n = 0 }
		END { if (line != "") print line }' "$work/hosts"
}

# Barrier 2: one host that is not healthy takes all back (see back_out), at once: the others are not
# waited for.
activate() {
	phase=activating all_stop=1 pause=0
	batches >"$work/batches"
	while read -r only; do
		foreground sleep "$pause"
		hosts_run "$(reload_seconds)" "settle gunicorn reload activate" fresh="$fresh" id="$id" ||
			die "$STATUS_REMOTE" "builds/$id is not healthy on $(failed_hosts activate | listed)"
		[ -z "$SLIPWAY_SERIAL" ] || say "live on $only"
		pause=$SLIPWAY_SERIAL_PAUSE
	done <"$work/batches"
	phase=idle only='' all_stop=''
}

# The deploy has succeeded: from here on problems are only told.
finish() {
	! job_held || rm -f -- "$job/build"
	hosts_run 300 "marker prune finish" id="$id" fresh="$fresh" reason="$reason" && return
	[ -z "$(all_answers finish taken_over)" ] ||
		die "$STATUS_REMOTE" "builds/$id was live on every host, but another deploy has taken over" \
			"slipway status shows what is live now"
	say "the journal or pruning of $(hosts_without finish finished | listed) needs a look"
}
