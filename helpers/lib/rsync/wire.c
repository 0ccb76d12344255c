/* SPDX-License-Identifier: MIT */
#include "lib/rsync/wire.h"

int
wire_put_le16(struct buf *out, uint16_t v, struct err *e)
{
	uint8_t b[2] = {(uint8_t)v, (uint8_t)(v >> 8)};

	return buf_add(out, b, sizeof b, e);
}

int
wire_put_le32(struct buf *out, uint32_t v, struct err *e)
{
	uint8_t b[4] = {(uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 16), (uint8_t)(v >> 24)};

	return buf_add(out, b, sizeof b, e);
}

/* varint and varlong are one coding: a floor of `min` bytes, the top byte first, in which as many
 * leading ones as there are bytes above the floor; then the other bytes, lowest first. */
static int
put_var(struct buf *out, uint64_t v, unsigned min, struct err *e)
{
	uint8_t b[9];
	uint8_t le[8];
	unsigned cnt = 8;
	unsigned i;
	unsigned limit;
	unsigned ones;
	size_t n = 0;

	for (i = 0; i < 8; i++)
		le[i] = (uint8_t)(v >> (8 * i));
	while (cnt > min && le[cnt - 1] == 0)
		cnt--;
	ones = cnt - min;
	limit = 1u << (7 - ones);
	if (le[cnt - 1] < limit) {
		b[n++] = (uint8_t)((0xff00u >> ones & 0xffu) | le[cnt - 1]);
		cnt--;
	} else {
		b[n++] = (uint8_t)(0xff00u >> (ones + 1) & 0xffu);
	}
	for (i = 0; i < cnt; i++)
		b[n++] = le[i];
	return buf_add(out, b, n, e);
}

static int
get_var(struct rd *r, unsigned min, unsigned max_extra, uint64_t *out)
{
	const uint8_t *head;
	const uint8_t *rest;
	unsigned extra = 0;
	unsigned i;
	uint64_t v = 0;

	if (!rd_bytes(r, min, &head))
		return 0;
	while (extra < 8 && (head[0] & 0x80u >> extra) != 0)
		extra++;
	if (extra > max_extra)
		return -1;
	if (!rd_bytes(r, extra, &rest))
		return 0;
	for (i = 1; i < min; i++)
		v |= (uint64_t)head[i] << (8 * (i - 1));
	for (i = 0; i < extra; i++)
		v |= (uint64_t)rest[i] << (8 * (min - 1 + i));
	if (min - 1 + extra < 8)
		v |= (uint64_t)(head[0] & (0xffu >> (extra + 1))) << (8 * (min - 1 + extra));
	*out = v;
	return 1;
}

int
wire_put_varint(struct buf *out, uint32_t v, struct err *e)
{
	return put_var(out, v, 1, e);
}

int
wire_get_varint(struct rd *r, uint32_t *out)
{
	uint64_t v;
	int got = get_var(r, 1, 4, &v);

	if (got == 1)
		*out = (uint32_t)v;
	return got;
}

int
wire_put_varlong(struct buf *out, int64_t v, unsigned min, struct err *e)
{
	return put_var(out, (uint64_t)v, min, e);
}

int
wire_get_varlong(struct rd *r, unsigned min, int64_t *out)
{
	uint64_t v;
	int got = get_var(r, min, 9 - min, &v);

	if (got == 1)
		*out = (int64_t)v;
	return got;
}

int
wire_put_vstring(struct buf *out, const void *bytes, size_t n, struct err *e)
{
	uint8_t head[2];

	if (n > WIRE_VSTRING_MAX)
		return err_set(e, ERR_INTERNAL, "longer than 32767", "encode %zu bytes", n);
	head[0] = (uint8_t)(n > 0x7f ? 0x80u | n >> 8 : n);
	head[1] = (uint8_t)n;
	if (buf_add(out, head, n > 0x7f ? 2 : 1, e) == -1)
		return -1;
	return buf_add(out, bytes, n, e);
}

int
wire_get_vstring(struct rd *r, const uint8_t **bytes, size_t *n)
{
	uint8_t first;
	uint8_t second;
	size_t len;

	if (!rd_u8(r, &first))
		return 0;
	len = first;
	if (first & 0x80u) {
		if (!rd_u8(r, &second))
			return 0;
		len = (size_t)(first & 0x7fu) << 8 | second;
	}
	if (!rd_bytes(r, len, bytes))
		return 0;
	*n = len;
	return 1;
}

void
wire_ndx_init(struct wire_ndx *state)
{
	state->pos = -1;
	state->neg = 1;
}

int
wire_put_ndx(struct buf *out, struct wire_ndx *state, int32_t ndx, struct err *e)
{
	int64_t diff = ndx - state->pos;
	uint8_t b[5] = {0xfe};
	uint32_t u = (uint32_t)ndx;
	size_t n;

	if (ndx == NDX_DONE)
		return buf_byte(out, 0, e);
	if (ndx < 0)
		return err_set(e, ERR_INTERNAL, "negative", "encode index %ld", (long)ndx);
	if (diff > 0 && diff < 0xfe) {
		b[0] = (uint8_t)diff;
		n = 1;
	} else if (diff >= 0 && diff <= 0x7fff) {
		b[1] = (uint8_t)(diff >> 8);
		b[2] = (uint8_t)diff;
		n = 3;
	} else {
		b[1] = (uint8_t)(u >> 24 | 0x80u);
		b[2] = (uint8_t)u;
		b[3] = (uint8_t)(u >> 8);
		b[4] = (uint8_t)(u >> 16);
		n = 5;
	}
	if (buf_add(out, b, n, e) == -1)
		return -1;
	state->pos = ndx;
	return 0;
}

int
wire_get_ndx(struct rd *r, struct wire_ndx *state, int32_t *out)
{
	uint8_t b;
	const uint8_t *p;
	const uint8_t *q;
	bool negative;
	int64_t v;

	if (!rd_u8(r, &b))
		return 0;
	if (b == 0) {
		*out = NDX_DONE;
		return 1;
	}
	negative = b == 0xff;
	if (negative && !rd_u8(r, &b))
		return 0;
	v = negative ? state->neg : state->pos;
	if (b != 0xfe) {
		v += b;
	} else {
		if (!rd_bytes(r, 2, &p))
			return 0;
		if (p[0] & 0x80u) {
			if (!rd_bytes(r, 2, &q))
				return 0;
			v = (int64_t)(p[0] & 0x7fu) << 24 | p[1] | (int64_t)q[0] << 8 | (int64_t)q[1] << 16;
		} else {
			v += (int64_t)p[0] << 8 | p[1];
		}
	}
	if (v > INT32_MAX)
		return -1;
	if (negative)
		state->neg = v;
	else
		state->pos = v;
	*out = (int32_t)(negative ? -v : v);
	return 1;
}
