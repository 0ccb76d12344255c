# shellcheck shell=sh disable=SC2034,SC2154
# SPDX-License-Identifier: MIT
# hosts.sh: run a script of remote/ on all hosts, and read what they answered.

# foreground COMMAND...: run it so that a signal is acted upon at once, not when it has ended.
foreground() {
	"$@" &
	child=$!
	printf '%s\n' "$child" >"$work/child"
	child_status=0
	wait "$child" || child_status=$?
	child=
	rm -f "$work/child"
	return "$child_status"
}

# Names of the hosts that this is about, one a line, into $work/hosts: all of the inventory, or a shard of
# it, or those whose locks this job has. Who is left out later (spare.sh) goes from there.
hosts_list() {
	remote-run --hosts "$SLIPWAY_HOSTS" --list-hosts >"$work/list" || exit
	awk '{ print $1 }' "$work/list" >"$work/hosts"
	spare_check
	job_find
	case $command in
	# These only look.
	status | releases | check | plan | run | unlock) ;;
	*) if job_held; then job_hosts; else shard_of_hosts; fi ;;
	esac
}

first_host() { sed -n '1s/ .*//p' "$work/list"; }

# Commands that may be about a shard of the hosts: I of N has each Nth host, from the Ith on.
shard_of_hosts() {
	case $command in
	stage | push | prepare | try | lock) ;;
	*) return 0 ;;
	esac
	[ -n "$shard" ] || [ "${CIRCLE_NODE_TOTAL:-1}" -le 1 ] || shard=$((CIRCLE_NODE_INDEX + 1))/$CIRCLE_NODE_TOTAL
	[ -n "$shard" ] || return 0
	if ! printf '%s\n' "$shard" | grep -Eqx '[1-9][0-9]{0,4}/[1-9][0-9]{0,4}' || [ "${shard%/*}" -gt "${shard#*/}" ]; then
		usage "shard: $(shown "$shard") is not I/N, as 1/2"
	fi
	awk -v i="${shard%/*}" -v n="${shard#*/}" '(NR - i) % n == 0 { print $1 }' "$work/list" >"$work/hosts"
	[ -s "$work/hosts" ] || {
		say "nothing for shard $shard: there are only $(wc -l <"$work/list") hosts"
		exit 0
	}
	say "shard $shard: $(listed <"$work/hosts")"
}

# step_script PART...: what runs on the hosts: these parts of remote/, then the main of the last.
step_script() {
	for part; do cat "$here/remote/$part.sh"; done
	# A step may bring a program of its own.
	[ ! -e "$work/$part.program" ] || cat "$work/$part.program"
	# shellcheck disable=SC2016
	printf 'main "$@"\n'
}

# hosts_run SECONDS "PART... STEP" [KEY=VALUE]...: run remote/STEP.sh, with the parts that it uses,
# on all hosts, or on those of $only. It gets the settings that count there, and KEY=VALUE. Answers go
# to $work/STEP as "HOST KEY VALUE" lines, who failed to $work/STEP.failures. Status as remote-run's.
hosts_run() {
	seconds=$1 parts=$2 step=${2##* }
	shift 2
	: >"$work/$step"
	# shellcheck disable=SC2086
	step_script lib journal processes $parts >"$work/$step.sh"
	set -- --script "$work/$step.sh" -- "root=$SLIPWAY_PROJECT_ROOT" "version=$version" \
		"token=$token" "$@"
	while IFS= read -r setting; do set -- "$@" "$setting"; done <"$work/host_settings"
	[ "$SLIPWAY_BECOME" = 0 ] || set -- --become "$@"
	run_status=0
	record_run "$step" "${only:-$(in_play)}"
	ln -sf "$run.out" "$work/$step.raw"
	foreground remote-run --hosts "$SLIPWAY_HOSTS" --limit "${only:-$(in_play)}" --timeout "$seconds" \
		--failures "$work/$step.failures" --record "$run.json" ${all_stop:+--any-errors-fatal} "$@" \
		>"$run.out" || run_status=$?
	answers <"$work/$step.raw" >"$work/$step"
	return "$run_status"
}

# All that have not been left out, as --limit takes it.
in_play() { paste -s -d , "$work/hosts"; }

# "web1 | key: value" as "web1 key value", host by host.
answers() { sed -n 's/^\([^ ]*\) *| \([a-z_]*\): \(.*\)$/\1 \2 \3/p' | sort -s -k 1,1; }

# answer_of STEP HOST KEY: that host's answer.
answer_of() { sed -n "s/^$(pattern "$2") $3 //p" "$work/$1"; }
pattern() { printf %s "$1" | sed 's/[].[*^$\/]/\\&/g'; }

# all_answers STEP KEY: the different answers of all hosts, one a line.
all_answers() { awk -v key="$2" '$2 == key { sub(/^[^ ]* [^ ]* ?/, ""); print }' "$work/$1" | sort -u; }

# each_answer STEP KEY: "HOST VALUE" of every host that answered, one a line.
each_answer() { awk -v key="$2" '$2 == key { print $1 " " $3 }' "$work/$1"; }

# hosts_without STEP KEY: hosts that did not answer KEY.
hosts_without() {
	while read -r host; do
		grep -q "^$(pattern "$host") $2 " "$work/$1" || printf '%s\n' "$host"
	done <"$work/hosts"
}

# failed_hosts STEP: hosts that failed in it, one a line.
failed_hosts() { sed -n 's/^[a-z-]*: \([^ ]*\): .*/\1/p' "$work/$1.failures" | grep -xFf "$work/hosts" | sort -u; }

# why_failed STEP HOST: what the step said, or else remote-run.
why_failed() {
	why=$(answer_of "$1" "$2" refused | head -n 1)
	[ -n "$why" ] || why=$(sed -n "s/^[a-z-]*: $(pattern "$2"): //p" "$work/$1.failures")
	printf '%s\n' "$why"
}

# In one line, for messages.
listed() { paste -s -d , - | sed 's/,/, /g'; }
