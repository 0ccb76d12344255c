/* SPDX-License-Identifier: MIT */
/* reader.h: bounded readers for what key files are made of: SSH's wire format (RFC 4251 5) and
 * DER (X.690). A reader is a stretch of borrowed bytes; taking something shortens it. Every
 * function returns 0, or -1 and leaves the reader as it was. Pure. */
#ifndef CRYPTO_READER_H
#define CRYPTO_READER_H
#include <stddef.h>
#include <stdint.h>

struct reader {
	const unsigned char *bytes;
	size_t len;
};

enum der_tag {
	DER_INTEGER = 0x02,
	DER_BIT_STRING = 0x03,
	DER_OCTET_STRING = 0x04,
	DER_OID = 0x06,
	DER_SEQUENCE = 0x30,
	DER_CONTEXT_0 = 0xa0
};

int reader_bytes(struct reader *r, size_t n, struct reader *out);
int reader_u32(struct reader *r, uint32_t *out);
int reader_string(struct reader *r, struct reader *out); /* u32 length, bytes */

/* Take one element of that tag; out becomes its content. */
int reader_der(struct reader *r, enum der_tag tag, struct reader *out);

#endif
