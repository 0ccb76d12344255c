/* SPDX-License-Identifier: MIT */
/* lib/rsync/mux.h: the frame header around all traffic after the handshake, and the kinds of
 * messages. Source: openrsync rsync(5), "Multiplexing"; captured sessions (README).
 * Pure: no I/O, no state. */
#ifndef RSYNC_MUX_H
#define RSYNC_MUX_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"

#define MUX_HDR_LEN 4u        /* bytes */
#define MUX_LEN_MAX 0xffffffu /* bytes; the length field has 24 bits */
#define MUX_TEXT_MAX 8192u    /* bytes of text that we accept in one message */
#define MUX_NAME_MAX 4096u    /* bytes of a deleted name */

enum mux_kind {
	MUX_DATA = 0,
	MUX_ERROR_XFER = 1,
	MUX_INFO = 2,
	MUX_ERROR = 3,
	MUX_WARNING = 4,
	MUX_ERROR_UTF8 = 8,
	MUX_IO_ERROR = 22,
	MUX_IO_TIMEOUT = 33,
	MUX_NOOP = 42,
	MUX_ERROR_EXIT = 86,
	MUX_SUCCESS = 100,
	MUX_DELETED = 101,
	MUX_NO_SEND = 102
};

struct mux_hdr {
	uint8_t kind; /* enum mux_kind, or a value that this code does not know */
	uint32_t len; /* payload bytes that follow, 0..MUX_LEN_MAX */
};

/* Decode the header at the start of buf (n bytes). 1 and *out filled; 0 if n < MUX_HDR_LEN;
 * -1 if the tag is below the protocol's base (it is not a frame). *out changes only on 1. */
int mux_decode(const uint8_t *buf, size_t n, struct mux_hdr *out);

/* Whether a server may send this kind to us with this many bytes; NULL, or the rule it breaks. */
const char *mux_fault(const struct mux_hdr *h);

/* Append a frame. n <= MUX_LEN_MAX. */
int mux_add(struct buf *out, enum mux_kind kind, const void *bytes, size_t n, struct err *e);

#endif
