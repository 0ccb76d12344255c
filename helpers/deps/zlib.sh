#!/bin/sh
# SPDX-License-Identifier: MIT
# zlib.sh: rsync's older stream compression ("zlibx"). No gzip file functions.
. "$(dirname "$0")/common.sh"

say build
unpack zlib
printf '%s\n' adler32.c compress.c crc32.c deflate.c inffast.c inflate.c inftrees.c trees.c uncompr.c zutil.c |
	archive libz.a -DHAVE_UNISTD_H -DHAVE_HIDDEN
cp zlib.h zconf.h "$prefix/include/"
cp LICENSE "$prefix/licenses/zlib"
