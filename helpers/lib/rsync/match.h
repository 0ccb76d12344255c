/* SPDX-License-Identifier: MIT */
/* lib/rsync/match.h: cuts a file into what the server has (blocks) and what it lacks (literals).
 * Source: A. Tridgell, "Efficient Algorithms for Sorting and Synchronization", ch. 3; README,
 * "Matching". Reads through a callback into a window of fixed size, so that a file of any length
 * needs no more memory than that. */
#ifndef RSYNC_MATCH_H
#define RSYNC_MATCH_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/rsync/blocks.h"

#define MATCH_LITERAL_MAX 32768u /* bytes of one literal; receivers before 3.0 hold no more */

enum match_kind { MATCH_LITERAL, MATCH_BLOCK, MATCH_END };

struct match_event {
	enum match_kind kind;
	const uint8_t *bytes; /* the file's bytes that it stands for; valid until the next call */
	size_t len;
	uint32_t block;       /* MATCH_BLOCK */
};

/* As sender_calls.read. */
typedef int64_t match_read(void *ctx, uint8_t *p, size_t n);

struct match;

/* The window is allocated once for many files. NULL with ERR_LOCAL. */
struct match *match_new(struct err *e);
void match_free(struct match *m);
/* Start with a file of `size` bytes. Blocks that are not blocks_usable: all is literal. Borrows
 * all until the end. */
void match_begin(struct match *m, const struct blocks *b, const struct block_sums *how,
                 int64_t size, match_read *read, void *ctx);
/* The next event. The events' bytes, joined, are the file. If the file turns out shorter than
 * `size` or a read fails, the events end early and match_fault() says why. */
void match_next(struct match *m, struct match_event *out);
/* NULL, or why the file could not be read to its end. */
const char *match_fault(const struct match *m);

#endif
