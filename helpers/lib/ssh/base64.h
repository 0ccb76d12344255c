/* SPDX-License-Identifier: MIT */
/* lib/ssh/base64.h: RFC 4648 base64, as in key files, known_hosts and fingerprints. Pure. */
#ifndef SSH_BASE64_H
#define SSH_BASE64_H
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"

/* Bytes of the encoding of n bytes, without '=' at the end. */
#define BASE64_LEN(n) (((n) * 4 + 2) / 3)
/* Write the encoding, BASE64_LEN(n) bytes, no '=' and no NUL. */
void base64_encode(const uint8_t *bytes, size_t n, char *out);
/* Append what the text decodes to. Blanks and line ends are passed over; '=' ends it, with nothing
 * but '=' and blanks after. -1 with ERR_PROTO for anything else; *out may have grown then. */
int base64_decode(struct buf *out, const char *text, size_t n, struct err *e);

#endif
