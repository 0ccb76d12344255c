/* SPDX-License-Identifier: MIT */
/* lib/rsync/request.h: what the server's generator asks for, and our echo of it. Sources: openrsync
 * rsync(5) "Block exchange"; captured sessions (README, "Requests"). Pure. */
#ifndef RSYNC_REQUEST_H
#define RSYNC_REQUEST_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/rsync/itemize.h"
#include "lib/rsync/wire.h"

#define REQUEST_XNAME_MAX 4095u   /* bytes */
#define SUM_COUNT_MAX (16u << 20) /* blocks of one file */
#define SUM_BLOCK_MAX 131072u     /* bytes of a block */

/* How the server's old copy of a file is cut into blocks. */
struct sum_head {
	uint32_t count;      /* blocks; 0: no old copy */
	uint32_t block_len;  /* bytes of all blocks but perhaps the last */
	uint32_t strong_len; /* bytes sent of each strong sum */
	uint32_t remainder;  /* bytes of the last block; 0: block_len */
};

struct request {
	int32_t index; /* >= 0, NDX_DONE or NDX_DEL_STATS */
	/* For index >= 0: */
	uint16_t iflags;
	int basis;            /* a byte, or -1 */
	const uint8_t *xname; /* xname_len bytes in the input, or NULL */
	size_t xname_len;
	bool has_head;
	struct sum_head head;
	/* For NDX_DEL_STATS: files, directories, links, devices, specials. */
	uint32_t deleted[5];
};

/* NULL, or the rule that the head breaks. */
const char *sum_head_fault(const struct sum_head *h);

/* Take one request up to its sum head; the block sums follow it. heads: transfers come with a head
 * (no dry run). 1 with *out filled; 0 more bytes needed; -1 with *why. *state changes only on 1. */
int request_read(struct rd *r, struct wire_ndx *state, bool heads, struct request *out,
                 const char **why);
/* The reply to a request with index >= 0 up to and with the sum head. */
int request_write(const struct request *q, struct wire_ndx *state, struct buf *out,
                  struct err *e);

#endif
