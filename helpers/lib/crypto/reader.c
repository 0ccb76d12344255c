/* SPDX-License-Identifier: MIT */
#include "lib/crypto/reader.h"

int
reader_bytes(struct reader *r, size_t n, struct reader *out)
{
	if (n > r->len)
		return -1;
	out->bytes = r->bytes;
	out->len = n;
	r->bytes += n;
	r->len -= n;
	return 0;
}

int
reader_u32(struct reader *r, uint32_t *out)
{
	struct reader b;

	if (reader_bytes(r, 4, &b) == -1)
		return -1;
	*out = (uint32_t)b.bytes[0] << 24 | (uint32_t)b.bytes[1] << 16 | (uint32_t)b.bytes[2] << 8 | b.bytes[3];
	return 0;
}

int
reader_string(struct reader *r, struct reader *out)
{
	struct reader rest = *r;
	uint32_t len;

	if (reader_u32(&rest, &len) == -1 || reader_bytes(&rest, len, out) == -1)
		return -1;
	*r = rest;
	return 0;
}

/* A DER length: one byte below 0x80, or 0x81..0x84 and that many bytes. */
static int
der_length(struct reader *r, size_t *out)
{
	struct reader b;
	size_t n;

	if (reader_bytes(r, 1, &b) == -1)
		return -1;
	if (b.bytes[0] < 0x80) {
		*out = b.bytes[0];
		return 0;
	}
	n = b.bytes[0] & 0x7fu;
	if (n == 0 || n > 4 || reader_bytes(r, n, &b) == -1)
		return -1;
	for (*out = 0; b.len > 0; b.bytes++, b.len--)
		*out = *out << 8 | *b.bytes;
	return 0;
}

int
reader_der(struct reader *r, enum der_tag tag, struct reader *out)
{
	struct reader rest = *r;
	struct reader b;
	size_t len;

	if (reader_bytes(&rest, 1, &b) == -1 || b.bytes[0] != tag)
		return -1;
	if (der_length(&rest, &len) == -1 || reader_bytes(&rest, len, out) == -1)
		return -1;
	*r = rest;
	return 0;
}
