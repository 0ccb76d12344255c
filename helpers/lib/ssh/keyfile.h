/* SPDX-License-Identifier: MIT */
/* lib/ssh/keyfile.h: a user's key on disk: is it one that we can use, and which public key is it?
 * Formats: OpenSSH (PROTOCOL.key), PEM (PKCS#1 RSA, SEC1 EC), PKCS#8, and .pub lines. Signing is
 * libssh2's work; this looks only at what is public. */
#ifndef SSH_KEYFILE_H
#define SSH_KEYFILE_H
#include <stdbool.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"

/* Zeroed: nothing. */
struct keyfile {
	char *path;
	struct buf text;  /* the private key as it stands in the file; wiped when freed */
	bool is_private;  /* false: a .pub file */
	bool encrypted;
	struct buf blob;  /* the public key in wire form; empty if neither file tells */
};

/* What the text says: sets is_private, encrypted and blob. -1 with ERR_LOCAL if it is no key. Pure. */
int keyfile_parse(const void *text, size_t n, struct keyfile *out, struct err *e);
/* Read `path`, and `path`.pub if the private file does not tell its public key. -1 with ERR_LOCAL. */
int keyfile_load(const char *path, struct keyfile *out, struct err *e);
void keyfile_free(struct keyfile *k);

#endif
