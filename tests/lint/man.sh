#!/bin/sh
# SPDX-License-Identifier: MIT
# man.sh: every tool has a man page that mandoc finds nothing wrong with, and that has the
# sections which may not be left out. TAP.
set -eu
cd "$(dirname "$0")/../.."

n=0
# check NAME COMMAND...: one test; what the command prints is shown when it fails
check() {
	n=$((n + 1))
	name=$1
	shift
	if found=$("$@" 2>&1); then
		echo "ok $n - $name"
	else
		printf '%s\n' "$found" | sed 's/^/# /'
		echo "not ok $n - $name"
	fi
}

has_sections() {
	for section in NAME SYNOPSIS DESCRIPTION 'EXIT STATUS' EXAMPLES; do
		grep -qx "\\.Sh $section" "$1" || { echo "no section $section" && return 1; }
	done
}

for source in scripts/slipway helpers/*/*.c; do
	tool=$(basename "$source" .c)
	page=$(dirname "$source")/$tool.1
	[ "$tool" = slipway ] || [ "$source" = "helpers/$tool/$tool.c" ] || continue
	check "$page is clean" mandoc -T lint -W warning "$page"
	check "$page has its sections" has_sections "$page"
done
echo "1..$n"
