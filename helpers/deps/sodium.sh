#!/bin/sh
# SPDX-License-Identifier: MIT
# sodium.sh: Ed25519, X25519, ChaCha20 and Poly1305. The tarball has no configure script (it
# is made by autotools), so the few facts that it would find out are stated here.
. "$(dirname "$0")/common.sh"

say build
unpack libsodium
version=src/libsodium/include/sodium/version.h
sed -e 's/@VERSION@/1.0.18/' -e 's/@SODIUM_LIBRARY_VERSION_MAJOR@/10/' \
	-e 's/@SODIUM_LIBRARY_VERSION_MINOR@/3/' -e '/@SODIUM_LIBRARY_MINIMAL_DEF@/d' "$version.in" >"$version"
# The vector versions are chosen at run time by what the processor has.
vectors=
if [ "$ARCH" = x86_64 ]; then
	vectors="-DHAVE_CPUID -DHAVE_MMINTRIN_H -DHAVE_EMMINTRIN_H -DHAVE_PMMINTRIN_H -DHAVE_TMMINTRIN_H
		-DHAVE_SMMINTRIN_H -DHAVE_AVXINTRIN_H -DHAVE_AVX2INTRIN_H"
fi
# shellcheck disable=SC2086  # a list of flags
find src/libsodium -name '*.c' | archive libsodium.a -Isrc/libsodium/include -Isrc/libsodium/include/sodium \
	-D_GNU_SOURCE -DCONFIGURED=1 -DNATIVE_LITTLE_ENDIAN -DHAVE_TI_MODE -DHAVE_INLINE_ASM -DHAVE_WEAK_SYMBOLS \
	-DHAVE_ATOMIC_OPS -DHAVE_C_VARARRAYS -DHAVE_EXPLICIT_BZERO -DHAVE_SYS_RANDOM_H -DHAVE_GETRANDOM \
	-DHAVE_POSIX_MEMALIGN -DHAVE_GETPID -DHAVE_NANOSLEEP $vectors
cp -R src/libsodium/include/sodium src/libsodium/include/sodium.h "$prefix/include/"
cp LICENSE "$prefix/licenses/libsodium"
