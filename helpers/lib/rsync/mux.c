/* SPDX-License-Identifier: MIT */
#include "lib/rsync/mux.h"

#define TAG_BASE 7u /* added to every kind, so that a zero byte is never valid */

static uint32_t
load32le(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

int
mux_decode(const uint8_t *buf, size_t n, struct mux_hdr *out)
{
	uint32_t word;

	if (n < MUX_HDR_LEN)
		return 0;
	word = load32le(buf);
	if (word >> 24 < TAG_BASE)
		return -1;
	out->kind = (uint8_t)((word >> 24) - TAG_BASE);
	out->len = word & MUX_LEN_MAX;
	return 1;
}

const char *
mux_fault(const struct mux_hdr *h)
{
	switch (h->kind) {
	case MUX_DATA:
		return NULL;
	case MUX_ERROR_XFER:
	case MUX_INFO:
	case MUX_ERROR:
	case MUX_WARNING:
	case MUX_ERROR_UTF8:
		return h->len <= MUX_TEXT_MAX ? NULL : "text message too long";
	case MUX_DELETED:
		return h->len > 0 && h->len <= MUX_NAME_MAX ? NULL : "bad length of a deleted name";
	case MUX_NOOP:
		return h->len == 0 ? NULL : "keep-alive with content";
	case MUX_IO_ERROR:
	case MUX_IO_TIMEOUT:
	case MUX_SUCCESS:
		return h->len == 4 ? NULL : "bad length of a number message";
	case MUX_ERROR_EXIT:
		return h->len == 0 || h->len == 4 ? NULL : "bad length of an exit message";
	default: /* not an enum's switch: kind is the network's */
		return "unknown kind of message";
	}
}

int
mux_add(struct buf *out, enum mux_kind kind, const void *bytes, size_t n, struct err *e)
{
	uint8_t head[MUX_HDR_LEN];

	if (n > MUX_LEN_MAX)
		return err_set(e, ERR_INTERNAL, "frame too long", "encode %zu bytes", n);
	head[0] = (uint8_t)n;
	head[1] = (uint8_t)(n >> 8);
	head[2] = (uint8_t)(n >> 16);
	head[3] = (uint8_t)(kind + TAG_BASE);
	if (buf_add(out, head, sizeof head, e) == -1)
		return -1;
	return buf_add(out, bytes, n, e);
}
