#!/bin/sh
# SPDX-License-Identifier: MIT
# xxhash.sh: rsync's checksums xxh128, xxh3 and xxh64.
. "$(dirname "$0")/common.sh"

say build
unpack xxhash
printf 'xxhash.c\n' | archive libxxhash.a -I.
cp xxhash.h "$prefix/include/"
cp LICENSE "$prefix/licenses/xxhash"
