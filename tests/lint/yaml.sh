#!/bin/sh
# SPDX-License-Identifier: MIT
# yaml.sh: yamllint over every YAML file. TAP.
set -eu
cd "$(dirname "$0")/../.."

n=0
find . \( -name build -o -name .git \) -prune -o -type f \( -name '*.yml' -o -name '*.yaml' \) -print |
	LC_ALL=C sort | {
	while read -r file; do
		n=$((n + 1))
		if found=$(yamllint --strict --format parsable "$file" 2>&1 </dev/null); then
			echo "ok $n - yamllint ${file#./}"
		else
			printf '%s\n' "$found" | sed 's/^/# /'
			echo "not ok $n - yamllint ${file#./}"
		fi
	done
	echo "1..$n"
}
