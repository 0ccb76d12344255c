/* SPDX-License-Identifier: MIT */
#include "lib/rsync/blocks.h"

#include <stdlib.h>
#include <string.h>

#define STRONG_MIN 2u /* bytes; with fewer, chance matches would be the rule */
#define BITS_MIN 8u
#define BITS_MAX 22u

void
blocks_free(struct blocks *b)
{
	free(b->weak);
	free(b->strong);
	free(b->bucket);
	free(b->next);
	memset(b, 0, sizeof *b);
}

void
blocks_begin(struct blocks *b, const struct sum_head *head)
{
	blocks_free(b);
	b->head = *head;
}

static int
grow(struct blocks *b, struct err *e)
{
	uint32_t cap = b->cap == 0 ? 256 : b->cap * 2;
	uint32_t *weak;
	uint8_t *strong;

	if (cap > b->head.count)
		cap = b->head.count;
	weak = realloc(b->weak, cap * sizeof *weak);
	if (weak != NULL)
		b->weak = weak;
	strong = realloc(b->strong, (size_t)cap * b->head.strong_len + 1);
	if (strong != NULL)
		b->strong = strong;
	if (weak == NULL || strong == NULL)
		return err_set(e, ERR_LOCAL, NULL, "keep the sums of %lu blocks", (unsigned long)cap);
	b->cap = cap;
	return 0;
}

static int
make_index(struct blocks *b, struct err *e)
{
	uint32_t i;

	b->bits = BITS_MIN;
	while (b->bits < BITS_MAX && 1u << b->bits < 2 * b->n)
		b->bits++;
	b->bucket = calloc((size_t)1 << b->bits, sizeof *b->bucket);
	b->next = malloc(b->n * sizeof *b->next);
	if (b->bucket == NULL || b->next == NULL)
		return err_set(e, ERR_LOCAL, NULL, "index %lu blocks", (unsigned long)b->n);
	for (i = b->n; i-- > 0;) { /* so that a chain begins with its first block */
		uint32_t at = blocks_chain(b, b->weak[i]);

		b->next[i] = b->bucket[at];
		b->bucket[at] = i + 1;
	}
	return 0;
}

int
blocks_read(struct blocks *b, struct buf *in, struct err *e)
{
	size_t each = 4 + b->head.strong_len;
	struct rd r = rd_of(in->bytes, in->len);

	while (b->n < b->head.count && r.left >= each) {
		const uint8_t *strong;

		if (b->n == b->cap && grow(b, e) == -1)
			return -1;
		(void)rd_le32(&r, &b->weak[b->n]);
		(void)rd_bytes(&r, b->head.strong_len, &strong);
		memcpy(b->strong + (size_t)b->n * b->head.strong_len, strong, b->head.strong_len);
		b->n++;
	}
	buf_consume(in, in->len - r.left);
	if (b->n < b->head.count)
		return 0;
	if (blocks_usable(b) && make_index(b, e) == -1)
		return -1;
	return 1;
}

bool
blocks_usable(const struct blocks *b)
{
	return b->head.count > 0 && b->head.strong_len >= STRONG_MIN;
}

uint32_t
blocks_len(const struct blocks *b, uint32_t block)
{
	if (block == b->head.count - 1 && b->head.remainder != 0)
		return b->head.remainder;
	return b->head.block_len;
}

int64_t
blocks_find(const struct blocks *b, const struct block_sums *how, uint32_t weak,
            const uint8_t *bytes, uint32_t len, uint32_t want)
{
	uint8_t sum[CHECKSUM_LEN];
	bool have_sum = false;
	uint32_t link = b->bucket[blocks_chain(b, weak)];
	uint32_t tries;
	uint32_t i;

	if (link == 0)
		return -1;
	/* `want` is tried as a candidate before the chain's */
	for (tries = 0; tries <= BLOCKS_TRIES_MAX; tries++) {
		if (tries == 0 && want < b->head.count) {
			i = want;
		} else {
			if (link == 0)
				break;
			i = link - 1;
			link = b->next[i];
		}
		if (b->weak[i] != weak || blocks_len(b, i) != len)
			continue;
		if (!have_sum)
			checksum_block(how->kind, how->seed, how->seed_first, bytes, len, sum);
		have_sum = true;
		if (memcmp(sum, b->strong + (size_t)i * b->head.strong_len, b->head.strong_len) == 0)
			return i;
	}
	return have_sum ? BLOCKS_VAIN : -1;
}
