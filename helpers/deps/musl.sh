#!/bin/sh
# SPDX-License-Identifier: MIT
# musl.sh: the C library; its wrapper PREFIX/musl/bin/musl-gcc is the compiler of all that follows.
. "$(dirname "$0")/common.sh"

say build
unpack musl
# configure's --target for our own architecture would look for a cross ar that is not there
cross=${CC%gcc}
./configure --prefix="$prefix/musl" --disable-shared --enable-wrapper=gcc ${cross:+--target="$ARCH"} \
	CC="$CC" CFLAGS="-Os -w -ffile-prefix-map=$PWD=." CROSS_COMPILE="$cross" >configure.log
make -s -j"$JOBS" >make.log
make -s install >>make.log
cp COPYRIGHT "$prefix/licenses/musl"

# The kernel's interface (linux/*.h), which the wrapper hides with the rest of /usr/include.
rm -rf "$prefix/uapi"
mkdir -p "$prefix/uapi"
for tree in /usr/include/linux /usr/include/asm-generic; do
	cp -R "$tree" "$prefix/uapi/"
done
for asm in "/usr/$ARCH-linux-gnu/include/asm" "/usr/include/$ARCH-linux-gnu/asm"; do
	if [ -d "$asm" ] && [ ! -d "$prefix/uapi/asm" ]; then cp -R "$asm" "$prefix/uapi/"; fi
done
