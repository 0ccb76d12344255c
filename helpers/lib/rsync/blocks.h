/* SPDX-License-Identifier: MIT */
/* lib/rsync/blocks.h: the sums of the server's old copy of one file, and finding a block by its
 * sums. Bounds: request.h; memory grows only with what has really arrived. Pure but for memory. */
#ifndef RSYNC_BLOCKS_H
#define RSYNC_BLOCKS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/rsync/checksum.h"
#include "lib/rsync/request.h"

#define BLOCKS_TRIES_MAX 1024u /* blocks with the same rolling sum that are compared at one place */

/* A zeroed struct is empty; it may be used for one file after the other. */
struct blocks {
	struct sum_head head;
	uint32_t n;       /* sums that have arrived */
	uint32_t cap;     /* room for that many */
	uint32_t *weak;   /* rolling sums */
	uint8_t *strong;  /* head.strong_len bytes each */
	uint32_t *bucket; /* 2^bits heads of chains: block number + 1, or 0 */
	uint32_t *next;   /* the chains */
	unsigned bits;
};

void blocks_free(struct blocks *b);
void blocks_begin(struct blocks *b, const struct sum_head *head);
/* Take sums from `in` (consumed). 1: all are here and can be searched; 0: more are needed. */
int blocks_read(struct blocks *b, struct buf *in, struct err *e);
/* There is something to search for: blocks, with strong sums that mean something. */
bool blocks_usable(const struct blocks *b);
uint32_t blocks_len(const struct blocks *b, uint32_t block);

/* The chain in which blocks with this rolling sum are. */
static inline uint32_t
blocks_chain(const struct blocks *b, uint32_t weak)
{
	return (uint32_t)(weak * 2654435761u) >> (32 - b->bits);
}

/* False: no block has this rolling sum. (Of usable blocks.) */
static inline bool
blocks_maybe(const struct blocks *b, uint32_t weak)
{
	return b->bucket[blocks_chain(b, weak)] != 0;
}

/* How strong sums are made in this session. */
struct block_sums {
	enum checksum_kind kind;
	int32_t seed;
	bool seed_first;
};
/* The block that equals bytes (len of them, with the rolling sum `weak`): `want` if it does, else
 * the first of those with this sum; -1 if none, BLOCKS_VAIN if the strong sum had to be computed to
 * know that. */
#define BLOCKS_VAIN (-2)
int64_t blocks_find(const struct blocks *b, const struct block_sums *how, uint32_t weak,
                    const uint8_t *bytes, uint32_t len, uint32_t want);

#endif
