# shellcheck shell=sh disable=SC2034,SC2154
# SPDX-License-Identifier: MIT
# commands.sh: the two tables of what may be typed after "slipway", the reading of it, and the help.
# The command NAME is the function command_NAME of any file in lib/.

# command|operand|what it does. An operand is left in $operand; WORDS... are the function's arguments.
commands_table() {
	cat <<'END'
init||write what an application needs to be tested, deployed and rolled back, by looking at it
deploy||make the source live on all hosts, or on none
rollback||make live again what was live and healthy before
status||print what is live on each host, and how it is
releases||print the builds on the hosts
plan||say what a deploy would do, and change nothing
check||look for known traps in how the hosts are set up
adopt||take over a project root as something else has made it
unlock||let go of the locks of this job; or show who holds them, or end that
lock||take the deploy lock of every host for the later commands of this job
stage||bring a new build to the hosts, ready to go live, and print its name
activate||make a staged build live on all hosts, or on none
push||stage, first part: make a new build, send it, print its name
prepare||stage, second part: environment, shared paths, hooks/prepare
try||stage, third part: see that the build loads, answers and stays alive
migrate||hooks/migrate of a staged build; activate does it, if it was not done
prune||remove the builds above keep_releases
run|COMMAND...|a command in the live build of every host
mark|ACTION|tell CircleCI of a deploy (a deploy marker): plan, running, success, failed or canceled
END
}

# commands, divided by commas, or *|option|its value, if it has one|variable|help. The variable is the
# value, or 1 if the option has none; not given, it is empty, or what SLIPWAY_VARIABLE of the environment says.
options_table() {
	cat <<'END'
init|--diff||show_diff|show what would be written, and write nothing
rollback|--to|ID|to|the build to roll back to [the one that was live and healthy before]
rollback|--expect-current|ID|expect_current|do nothing, with status 1, unless this build, or commit, is live everywhere
rollback|--force||force|roll back without trying the build, and across a contracting release
status,releases,check|--json||json|JSON: an object per host in a line; check: an array of findings
stage,push,prepare,try,lock|--shard|I/N|shard|the Ith of N parts of the hosts alone [by CIRCLE_NODE_INDEX and _TOTAL]
activate,prepare,try,migrate|--build|ID|build|the build [the one of this job, or else of this workflow]
rollback,mark|--reason|TEXT|reason|why: of a rollback, for the journals; of a mark, why it failed
mark|--build|ID|build|the build that a plan is for
mark|--rollback||of_rollback|mark a rollback
check|--rollback||rehearse|try the build that a rollback would choose, and change nothing
unlock|--yes||yes|end the holder of the lock, whoever it is; without it, show who that is
*|--settings|FILE|settings|read settings from FILE [deploy/settings]
END
}

# options_of COMMAND: its rows, without the commands.
options_of() {
	options_table | awk -F '|' -v command="$1" '
		$1 == "*" || index("," $1 ",", "," command ",") { print substr($0, length($1) + 2) }'
}

operand_of() { commands_table | sed -n "s/^$1|\([^|]*\)|.*/\1/p"; }

command_known() { commands_table | cut -d '|' -f 1 | grep -qxF -e "$1"; }

# synopsis COMMAND: one line.
synopsis() {
	printf 'slipway %s' "$1"
	options_of "$1" | grep -v '^--settings|' | while IFS='|' read -r option value _; do
		printf ' [%s%s]' "$option" "${value:+ $value}"
	done
	printf ' [SETTINGS]'
	case $(operand_of "$1") in
	'') printf '\n' ;;
	*...) printf ' [--] %s\n' "$(operand_of "$1")" ;;
	*) printf ' %s\n' "$(operand_of "$1")" ;;
	esac
}

show_synopses() {
	commands_table | while IFS='|' read -r name _; do synopsis "$name"; done |
		sed '1s/^/usage: /; 1!s/^/       /'
}

# help_option OPTION VALUE HELP
help_option() { printf '  %-27s %s\n' "$1${2:+ $2}" "$3"; }

show_help() {
	show_synopses
	printf '\nDeploy an application to web hosts, all or nothing, and roll it back.\n\n'
	commands_table | while IFS='|' read -r name _ what; do help_option "$name" '' "$what"; done
	printf '\n'
	options_table | while IFS='|' read -r _ option value _ help; do help_option "$option" "$value" "$help"; done
	help_option '-h, --help' '' 'show this; slipway COMMAND --help: of one command'
	help_option --version '' 'show the version'
	printf '\nSettings: a flag, or SLIPWAY_NAME in the environment, or name=VALUE in the settings file.\n'
	settings_help
	cat <<'END'

exit status: 0 done; 1 the answer is no; 2 wrong usage; 3 local problem; 4 no connection;
5 transfer broke; 6 a host failed. Unless 0, every host has what it had before.
END
}

# show_help_of COMMAND
show_help_of() {
	printf 'usage: %s\n\n%s: %s\n\n' "$(synopsis "$1")" "$1" "$(commands_table | sed -n "s/^$1|[^|]*|//p")"
	options_of "$1" | while IFS='|' read -r option value _ help; do help_option "$option" "$value" "$help"; done
	printf '\nslipway --help shows the settings and the exit statuses; slipway(1) has it all.\n'
}

# help_for [COMMAND]
help_for() {
	if [ $# = 0 ]; then
		show_help
	elif command_known "$1"; then
		show_help_of "$1"
	else
		usage "$1: no such command" "slipway --help"
	fi
}

# options_unset: as if no option were given.
options_unset() {
	while IFS='|' read -r _ _ value name _; do
		if [ -n "$value" ]; then
			own_value "$name" "$(printenv "SLIPWAY_$(printf %s "$name" | tr '[:lower:]' '[:upper:]')" || :)"
		else
			own_value "$name" ''
		fi
	done <<-END
		$(options_table)
	END
}

# own_option OPTION [VALUE]: take one option of $command; 1 if it has none of that name. words_taken says
# how many words that were.
own_option() {
	row=$(options_of "$command" | grep -e "^${1%%=*}|") || return 1
	words_taken=1
	case $row,$1 in
	--*'||'*,*=*) usage "${1%%=*}: takes no value" ;;
	--*'||'*) word=1 ;;
	*,*=*) word=${1#*=} ;;
	*)
		[ $# -ge 2 ] || usage "$1: expects a value"
		word=$2 words_taken=2
		;;
	esac
	own_value "$(printf '%s\n' "$row" | cut -d '|' -f 3)" "$word"
}

# own_value NAME VALUE: a variable of this shell, not of the environment. It is one line.
own_value() {
	case $2 in
	*'
'*) set -- "$1" "$(printf %s "$2" | tr '\n' ' ')" ;;
	esac
	IFS= read -r "${1?}" <<-END
		$2
	END
}
