#!/bin/sh
# SPDX-License-Identifier: MIT
# libssh2.sh: the SSH protocol. Its crypto is ours: helpers/lib/crypto, built by the Makefile
# into an archive of its own. Not compiled: the engines for other crypto libraries, its own
# chacha20-poly1305, its key file reader (pem.c), and what only file transfer by SFTP or SCP and key subsystems need.
. "$(dirname "$0")/common.sh"

say build
unpack libssh2
backend=$deps/../lib/crypto
headers=${BEARSSL_INCLUDE:-$prefix/include}
for unit in agent bcrypt_pbkdf channel comp crypt global hostkey keepalive kex knownhost mac misc packet \
	session transport userauth userauth_kbd_packet version; do
	printf 'src/%s.c\n' "$unit"
done | archive libssh2.a -isystem "$headers" "-I$backend" -Isrc -Iinclude \
	-DHAVE_CONFIG_H -DLIBSSH2_BEARSSL
cp include/libssh2.h "$prefix/include/"
cp COPYING "$prefix/licenses/libssh2"
