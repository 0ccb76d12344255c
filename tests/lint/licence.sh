#!/bin/sh
# SPDX-License-Identifier: MIT
# licence.sh: every source file says what it is licensed under, in one line near its top. TAP.
set -eu
cd "$(dirname "$0")/../.."

echo 1..1
missing=$(find helpers orb/src/scripts scripts tests -type f \( -name '*.[ch]' -o -name '*.sh' -o -name '*.bats' \
	-o -name '*.bash' -o -name '*.py' \) -print | LC_ALL=C sort | while read -r file; do
	head -n 4 "$file" | grep -q 'SPDX-License-Identifier: MIT' || printf '# %s\n' "$file"
done)
if [ -z "$missing" ]; then
	echo "ok 1 - every source file names its licence"
else
	printf '%s\n' "$missing"
	echo "not ok 1 - every source file names its licence"
fi
