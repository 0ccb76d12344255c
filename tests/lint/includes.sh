#!/bin/sh
# SPDX-License-Identifier: MIT
# includes.sh: the dependency rule: which folder's headers each folder of helpers/ may include
# (always its own). The linker enforces the same, by the archives that the Makefile gives it. TAP.
set -eu
cd "$(dirname "$0")/../../helpers"

allowed() {
	case $1 in
	lib/base | lib/crypto) ;;
	lib/ssh | lib/rsync) echo lib/base ;;
	rsync-push) echo lib/base lib/rsync lib/ssh ;;
	remote-run) echo lib/base lib/ssh ;;
	*) echo lib/base ;;
	esac
}

n=0
for folder in lib/* *; do
	case $folder in lib | deps) continue ;; esac
	ls "$folder"/*.[ch] >/dev/null 2>&1 || continue
	n=$((n + 1))
	pattern=$(printf '%s %s' "$folder" "$(allowed "$folder")" | sed -e 's/ $//' -e 's/ /|/g')
	bad=$(grep -nE '^#[[:space:]]*include[[:space:]]*"' "$folder"/*.[ch] |
		grep -vE "include[[:space:]]*\"(($pattern)/)?[A-Za-z0-9_-]+\\.h\"" || :)
	# a system-style include is no way round the rule
	bad=$bad$(grep -nE '^#[[:space:]]*include[[:space:]]*<(lib|\.\.)/' "$folder"/*.[ch] || :)
	if [ "$folder" != lib/ssh ] && [ "$folder" != lib/crypto ]; then
		bad=$bad$(grep -nE '^#[[:space:]]*include[[:space:]]*<libssh2' "$folder"/*.[ch] || :)
	fi
	if [ -z "$bad" ]; then
		echo "ok $n - $folder includes only itself $(allowed "$folder")"
	else
		printf '%s\n' "$bad" | sed 's/^/# /'
		echo "not ok $n - $folder includes only itself $(allowed "$folder")"
	fi
done
echo "1..$n"
