#!/bin/sh
# SPDX-License-Identifier: MIT
# bearssl.sh: digests, ciphers, RSA and elliptic curves; without its TLS engine.
. "$(dirname "$0")/common.sh"

say build
unpack bearssl
find src -name '*.c' ! -path 'src/ssl/*' | archive libbearssl.a -Isrc -Iinc
cp inc/*.h "$prefix/include/"
cp LICENSE.txt "$prefix/licenses/bearssl"
