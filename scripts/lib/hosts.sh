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

# Names of all hosts, one a line, into $work/hosts.
hosts_list() {
	remote-run --hosts "$SLIPWAY_HOSTS" --list-hosts >"$work/list" || exit
	awk '{ print $1 }' "$work/list" >"$work/hosts"
}

# hosts_run SECONDS "PART... STEP" [KEY=VALUE]...: run remote/STEP.sh, with the parts that it uses,
# on all hosts, or on $only. It gets the settings that count there, and KEY=VALUE. Answers go to $work/STEP as "HOST KEY VALUE" lines. Status as remote-run's.
hosts_run() {
	seconds=$1 parts=$2 step=${2##* }
	shift 2
	: >"$work/$step"
	for part in lib processes $parts; do cat "$here/remote/$part.sh"; done >"$work/$step.sh"
	# A step may bring a program of its own.
	[ ! -e "$work/$step.program" ] || cat "$work/$step.program" >>"$work/$step.sh"
	# shellcheck disable=SC2016
	printf 'main "$@"\n' >>"$work/$step.sh"
	set -- --script "$work/$step.sh" -- "root=$SLIPWAY_PROJECT_ROOT" "version=$version" \
		"token=$token" "$@"
	while IFS= read -r setting; do set -- "$@" "$setting"; done <"$work/host_settings"
	[ "$SLIPWAY_BECOME" = 0 ] || set -- --become "$@"
	run_status=0
	foreground remote-run --hosts "${only:-$SLIPWAY_HOSTS}" --timeout "$seconds" "$@" \
		>"$work/$step.raw" || run_status=$?
	answers <"$work/$step.raw" >"$work/$step"
	return "$run_status"
}

# The first host alone, in a form that --hosts takes.
first_host() {
	if [ -f "$SLIPWAY_HOSTS" ]; then
		printf '%s:%s\n' "$SLIPWAY_HOSTS" "$(head -n 1 "$work/hosts")"
	elif [ -f "${SLIPWAY_HOSTS%:*}" ]; then
		printf '%s:%s\n' "${SLIPWAY_HOSTS%:*}" "$(head -n 1 "$work/hosts")"
	else
		printf '%s\n' "${SLIPWAY_HOSTS%%,*}"
	fi
}

# "web1 | key: value" as "web1 key value", host by host.
answers() { sed -n 's/^\([^ ]*\) *| \([a-z_]*\): \(.*\)$/\1 \2 \3/p' | sort -s -k 1,1; }

# answer_of STEP HOST KEY: that host's answer.
answer_of() { sed -n "s/^$(pattern "$2") $3 //p" "$work/$1"; }
pattern() { printf %s "$1" | sed 's/[].[*^$\/]/\\&/g'; }

# all_answers STEP KEY: the different answers of all hosts, one a line.
all_answers() { awk -v key="$2" '$2 == key { sub(/^[^ ]* [^ ]* ?/, ""); print }' "$work/$1" | sort -u; }

# hosts_without STEP KEY: hosts that did not answer KEY.
hosts_without() {
	while read -r host; do
		grep -q "^$(pattern "$host") $2 " "$work/$1" || printf '%s\n' "$host"
	done <"$work/hosts"
}

# In one line, for messages.
listed() { paste -s -d , - | sed 's/,/, /g'; }
