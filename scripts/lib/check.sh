# shellcheck shell=sh disable=SC2034,SC2154
# SPDX-License-Identifier: MIT
# check.sh: ask every host whether its configuration has a known trap, and tell how to mend it.
# Changes nothing, takes no lock. With --rollback: try the build that a rollback would choose.

# The modules of remote/check, the one that starts last.
CHECK_MODULES='report files host users servers nginx uwsgi gunicorn application permissions system supervisor cron check'

command_check() {
	if [ -n "$rehearse" ]; then
		rehearse_rollback
		return
	fi
	hosts_list
	check_program >"$work/check.program"
	check_status=0
	hosts_run 120 check now="$(date +%s)" become="$SLIPWAY_BECOME" || check_status=$?
	if [ -n "$json" ]; then findings_json; else findings_text; fi
	[ "$check_status" = 0 ] || die "$check_status" "not every host answered"
	check_summary
}

# The shell function check_program on the host: Python that holds all modules as texts, so that they
# import each other as they do in the folder.
check_program() {
	# shellcheck disable=SC2016
	printf 'check_program() {\n"$python" - "$@" <<\\SLIPWAY_PROGRAM\n'
	cat "$here/remote/check/load.py"
	for module in $CHECK_MODULES; do
		printf '\nload("%s", """' "$module"
		sed 's/[\\"]/\\&/g' "$here/remote/check/$module.py"
		printf '""")\n'
	done
	printf 'sys.exit(sys.modules["check"].main(sys.argv[1:]))\nSLIPWAY_PROGRAM\n}\n'
}

# A finding is two answers: finding, fix; and a third, json, which is both.
findings_text() {
	awk '$2 == "finding" || $2 == "fix" {
		head = $2 == "fix" ? "    fix: " : $1 ": "
		sub(/^[^ ]* [^ ]* /, "")
		print head $0
	}' "$work/check"
}

findings_json() {
	awk '
		BEGIN { printf "[" }
		$2 == "json" {
			host = $1
			gsub(/[\\"]/, "\\\\&", host)
			sub(/^[^ ]* [^ ]* \{/, "")
			printf "%s\n  {\"host\": \"%s\", %s", n++ ? "," : "", host, $0
		}
		END { print n ? "\n]" : "]" }' "$work/check"
}

check_summary() {
	errors=$(grep -c '^[^ ]* finding error: ' "$work/check" || :)
	warnings=$(grep -c '^[^ ]* finding warning: ' "$work/check" || :)
	say "$(wc -l <"$work/hosts") hosts: $errors errors, $warnings warnings"
	[ "$errors" = 0 ] || exit "$STATUS_NO"
}
