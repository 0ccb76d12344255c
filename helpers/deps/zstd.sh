#!/bin/sh
# SPDX-License-Identifier: MIT
# zstd.sh: rsync's stream compression. The linker leaves out what a program does not call, so
# the decompressor is here for the tests and costs the helpers nothing.
. "$(dirname "$0")/common.sh"

say build
unpack libzstd
cd lib
find common compress decompress -name '*.c' | archive libzstd.a -I. -Icommon \
	-DZSTD_DISABLE_ASM -DZSTD_LEGACY_SUPPORT=0 -DXXH_NAMESPACE=ZSTD_
cp zstd.h zstd_errors.h "$prefix/include/"
cp ../LICENSE "$prefix/licenses/zstd"
