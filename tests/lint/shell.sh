#!/bin/sh
# SPDX-License-Identifier: MIT
# shell.sh: shellcheck over every shell script, bats file and sourced library. TAP.
set -eu
cd "$(dirname "$0")/../.."

n=0
find . \( -name build -o -name .git -o -name __pycache__ \) -prune -o -type f -print | LC_ALL=C sort | {
	while read -r file; do
		case $file in
		*.sh | *.bash | *.bats) ;;
		*)
			# by the first line, for programs without a suffix
			head -n 1 "$file" | tr -d '\0' | grep -qE '^#!(/bin/(ba)?sh|/usr/bin/env (ba)?sh)' || continue
			;;
		esac
		n=$((n + 1))
		# bats runs each test in a subshell (SC2030, SC2031), and tests quote what hosts are to run (SC2016)
		set --
		case $file in *.bats) set -- --exclude=SC2016,SC2030,SC2031 ;; esac
		if found=$(shellcheck --external-sources --source-path=SCRIPTDIR "$@" "$file" 2>&1 </dev/null); then
			echo "ok $n - shellcheck ${file#./}"
		else
			printf '%s\n' "$found" | sed 's/^/# /'
			echo "not ok $n - shellcheck ${file#./}"
		fi
	done
	echo "1..$n"
}
