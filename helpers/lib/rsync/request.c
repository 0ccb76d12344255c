/* SPDX-License-Identifier: MIT */
#include "lib/rsync/request.h"

#include <string.h>

#include "lib/rsync/checksum.h"

#define DELETED_MAX (1u << 28) /* of each kind; more is nonsense */

const char *
sum_head_fault(const struct sum_head *h)
{
	if (h->count > SUM_COUNT_MAX)
		return "too many blocks";
	if (h->block_len > SUM_BLOCK_MAX)
		return "block length too large";
	if (h->count > 0 && h->block_len == 0)
		return "blocks of no length";
	if (h->strong_len > CHECKSUM_LEN)
		return "strong sums longer than the digest";
	if (h->remainder != 0 && h->remainder >= h->block_len)
		return "last block longer than the others";
	return NULL;
}

static bool
read_head(struct rd *r, struct sum_head *h)
{
	return rd_le32(r, &h->count) && rd_le32(r, &h->block_len) && rd_le32(r, &h->strong_len) &&
	       rd_le32(r, &h->remainder);
}

static int
read_deleted(struct rd *r, struct request *q, const char **why)
{
	size_t i;

	for (i = 0; i < sizeof q->deleted / sizeof q->deleted[0]; i++) {
		int got = wire_get_varint(r, &q->deleted[i]);

		if (got == 0)
			return 0;
		if (got == -1 || q->deleted[i] > DELETED_MAX) {
			*why = "count of deleted files out of range";
			return -1;
		}
	}
	return 1;
}

static int
read_item(struct rd *r, bool heads, struct request *q, const char **why)
{
	uint8_t basis;

	if (!rd_le16(r, &q->iflags))
		return 0;
	if (q->iflags & ITEM_BASIS_FOLLOWS) {
		if (!rd_u8(r, &basis))
			return 0;
		q->basis = basis;
	}
	if (q->iflags & ITEM_XNAME_FOLLOWS) {
		if (wire_get_vstring(r, &q->xname, &q->xname_len) != 1)
			return 0;
		if (q->xname_len > REQUEST_XNAME_MAX) {
			*why = "alternative name too long";
			return -1;
		}
	}
	q->has_head = heads && (q->iflags & ITEM_TRANSFER) != 0;
	if (!q->has_head)
		return 1;
	if (!read_head(r, &q->head))
		return 0;
	*why = sum_head_fault(&q->head);
	return *why == NULL ? 1 : -1;
}

int
request_read(struct rd *r, struct wire_ndx *state, bool heads, struct request *out,
             const char **why)
{
	struct wire_ndx next = *state;
	struct request q;
	int got;

	memset(&q, 0, sizeof q);
	q.basis = -1;
	got = wire_get_ndx(r, &next, &q.index);
	if (got == -1)
		*why = "index out of range";
	if (got != 1)
		return got;
	if (q.index >= 0) {
		got = read_item(r, heads, &q, why);
	} else if (q.index == NDX_DEL_STATS) {
		got = read_deleted(r, &q, why);
	} else if (q.index != NDX_DONE) {
		*why = "an index that has no meaning";
		got = -1;
	}
	if (got != 1)
		return got;
	*state = next;
	*out = q;
	return 1;
}

int
request_write(const struct request *q, struct wire_ndx *state, struct buf *out, struct err *e)
{
	if (wire_put_ndx(out, state, q->index, e) == -1 || wire_put_le16(out, q->iflags, e) == -1)
		return -1;
	if ((q->iflags & ITEM_BASIS_FOLLOWS) && buf_byte(out, (uint8_t)q->basis, e) == -1)
		return -1;
	if ((q->iflags & ITEM_XNAME_FOLLOWS) &&
	    wire_put_vstring(out, q->xname, q->xname_len, e) == -1)
		return -1;
	if (!q->has_head)
		return 0;
	if (wire_put_le32(out, q->head.count, e) == -1 ||
	    wire_put_le32(out, q->head.block_len, e) == -1 ||
	    wire_put_le32(out, q->head.strong_len, e) == -1)
		return -1;
	return wire_put_le32(out, q->head.remainder, e);
}
