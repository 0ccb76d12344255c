#!/bin/sh
# SPDX-License-Identifier: MIT
# licence.sh: every source file says what it is licensed under, in one line near its top. TAP.
set -eu
cd "$(dirname "$0")/../.."

n=0
find helpers orb/src/scripts scripts tests -type f \( -name '*.[ch]' -o -name '*.sh' -o -name '*.bats' -o -name '*.bash' \
	-o -name '*.py' \) -print | LC_ALL=C sort | {
	while read -r file; do
		n=$((n + 1))
		if head -n 4 "$file" | grep -q 'SPDX-License-Identifier: MIT'; then
			echo "ok $n - $file"
		else
			echo "not ok $n - $file has no SPDX line"
		fi
	done
	echo "1..$n"
}
