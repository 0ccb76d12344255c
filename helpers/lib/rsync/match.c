/* SPDX-License-Identifier: MIT */
#include "lib/rsync/match.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Live at most: literals not yet given out (MATCH_LITERAL_MAX + a block), the block under the
 * rolling sum and one byte. The rest is for reading ahead. */
#define WINDOW_LEN (512u * 1024u)

/* A server may make up rolling sums that are everywhere in a file, so that a strong sum is computed in
 * vain for every byte. After VAIN_TURN bytes summed in vain, others have their turn; after
 * VAIN_FACTOR times the file, far beyond what chance does, the rest goes unsearched. */
#define VAIN_TURN (4 << 20)
#define VAIN_FACTOR 8

struct match {
	uint8_t *window;
	int64_t base; /* the file offset of window[0] */
	size_t fill;  /* bytes in the window */
	int64_t size;
	match_read *read;
	void *ctx;
	const char *fault;

	const struct blocks *blocks;
	const struct block_sums *how;
	struct rolling roll;
	bool rolling;       /* roll is that of the bytes at `at` */
	int64_t at;         /* where the search is */
	int64_t given;      /* up to here, events were given out */
	int64_t literal_to; /* up to here, given.. is known to be literal */
	int64_t block;      /* the block at literal_to, or -1 */
	uint32_t want;      /* the block that would follow the last one */
	int64_t vain;       /* bytes summed in vain */
	bool finished;      /* the search is over */
};

struct match *
match_new(struct err *e)
{
	struct match *m = calloc(1, sizeof *m);

	if (m != NULL)
		m->window = malloc(WINDOW_LEN);
	if (m == NULL || m->window == NULL) {
		(void)err_set(e, ERR_LOCAL, NULL, "allocate a window of %u bytes", WINDOW_LEN);
		free(m);
		return NULL;
	}
	return m;
}

void
match_free(struct match *m)
{
	if (m == NULL)
		return;
	free(m->window);
	free(m);
}

void
match_begin(struct match *m, const struct blocks *b, const struct block_sums *how, int64_t size,
            match_read *read, void *ctx)
{
	uint8_t *window = m->window;

	memset(m, 0, sizeof *m);
	m->window = window;
	m->blocks = b;
	m->how = how;
	m->size = size;
	m->read = read;
	m->ctx = ctx;
	m->block = -1;
}

const char *
match_fault(const struct match *m)
{
	return m->fault;
}

static const uint8_t *
bytes_at(const struct match *m, int64_t offset)
{
	return m->window + (offset - m->base);
}

/* Drop what was given out, to make room at the end. */
static void
slide(struct match *m)
{
	size_t gone = (size_t)(m->given - m->base);

	memmove(m->window, m->window + gone, m->fill - gone);
	m->fill -= gone;
	m->base = m->given;
}

/* Have the bytes up to file offset `to` (at most the size) in the window. */
static bool
have(struct match *m, int64_t to)
{
	if (to > m->size)
		to = m->size;
	if (to - m->base > (int64_t)WINDOW_LEN)
		slide(m);
	while (m->base + (int64_t)m->fill < to && m->fault == NULL) {
		int64_t room = (int64_t)(WINDOW_LEN - m->fill);
		int64_t rest = m->size - m->base - (int64_t)m->fill;
		int64_t got = m->read(m->ctx, m->window + m->fill, (size_t)(room < rest ? room : rest));

		if (got > 0)
			m->fill += (size_t)got;
		else
			m->fault = got == 0 ? "the file became shorter" : strerror(errno);
	}
	return m->fault == NULL;
}

/* Without blocks: as much as one read gives is literal. */
static void
take_all(struct match *m)
{
	int64_t to = m->given + (int64_t)MATCH_LITERAL_MAX;

	if (to > m->size)
		to = m->size;
	if (!have(m, to))
		to = m->given;
	m->literal_to = to;
	m->finished = m->fault != NULL || to == m->size;
}

/* Move the search on until the rolling sum is one that blocks have, or until `to`. The window holds
 * all bytes up to `to`, a block of `len` and one byte more. */
static void
roll_to(struct match *m, int64_t to, uint32_t len)
{
	const uint8_t *p = bytes_at(m, m->at);
	const uint8_t *end = bytes_at(m, to);
	struct rolling r = m->roll;

	while (p < end && !blocks_maybe(m->blocks, rolling_sum(&r))) {
		rolling_move(&r, p[0], p[len]);
		p++;
	}
	m->at += p - bytes_at(m, m->at);
	m->roll = r;
}

/* One byte on; nearer to the end than a block, the sum is of fewer bytes. */
static void
move_on(struct match *m, uint32_t len)
{
	const uint8_t *p = bytes_at(m, m->at);

	if (m->at + (int64_t)len < m->size)
		rolling_move(&m->roll, p[0], p[len]);
	else
		rolling_shrink(&m->roll, p[0]);
	m->at++;
}

/* As far as the search may roll on from m->at without another look at the window, the end, or the
 * literals that wait. */
static int64_t
roll_limit(const struct match *m, uint32_t len)
{
	int64_t in_window = m->base + (int64_t)m->fill - (int64_t)len - 1;
	int64_t waiting = m->given + (int64_t)(MATCH_LITERAL_MAX + m->blocks->head.block_len) - 1;
	int64_t to = in_window < waiting ? in_window : waiting;

	return to > m->at ? to : m->at;
}

static bool
is_hopeless(const struct match *m)
{
	return m->vain / VAIN_FACTOR > m->size + VAIN_TURN;
}

/* Go on from m->at until there is something to give out. */
static void
search(struct match *m)
{
	const struct sum_head *head = &m->blocks->head;
	/* the last block may be shorter; nearer to the end than that, nothing can match */
	int64_t last = m->size - (int64_t)blocks_len(m->blocks, head->count - 1);
	int64_t vain_end = m->vain + VAIN_TURN;

	while (m->at <= last) {
		int64_t left = m->size - m->at;
		uint32_t len = left < (int64_t)head->block_len ? (uint32_t)left : head->block_len;

		if (!have(m, m->at + (int64_t)len + 1)) {
			m->finished = true;
			return;
		}
		if (!m->rolling)
			rolling_start(&m->roll, bytes_at(m, m->at), len);
		m->rolling = true;
		if (len == head->block_len)
			roll_to(m, roll_limit(m, len), len);
		m->block = blocks_find(m->blocks, m->how, rolling_sum(&m->roll), bytes_at(m, m->at),
		                       len, m->want);
		if (m->block >= 0) {
			m->literal_to = m->at;
			m->at += (int64_t)len;
			m->want = (uint32_t)m->block + 1;
			m->rolling = false;
			return;
		}
		if (m->block == BLOCKS_VAIN)
			m->vain += (int64_t)len;
		m->block = -1;
		move_on(m, len);
		if (m->vain >= vain_end) {
			m->literal_to = m->at;
			return;
		}
		if (m->at - m->given >= (int64_t)(MATCH_LITERAL_MAX + head->block_len)) {
			m->literal_to = m->given + (int64_t)MATCH_LITERAL_MAX;
			return;
		}
	}
	if (have(m, m->size))
		m->literal_to = m->size;
	m->finished = true;
}

void
match_next(struct match *m, struct match_event *out)
{
	memset(out, 0, sizeof *out);
	for (;;) {
		int64_t n = m->literal_to - m->given;

		if (n > 0) {
			out->kind = MATCH_LITERAL;
			out->len = n < (int64_t)MATCH_LITERAL_MAX ? (size_t)n : MATCH_LITERAL_MAX;
		} else if (m->block != -1) {
			out->kind = MATCH_BLOCK;
			out->block = (uint32_t)m->block;
			out->len = blocks_len(m->blocks, out->block);
			m->block = -1;
			m->literal_to = m->given + (int64_t)out->len;
		} else if (m->finished) {
			out->kind = MATCH_END;
			return;
		} else if (blocks_usable(m->blocks) && !is_hopeless(m)) {
			search(m);
			continue;
		} else {
			take_all(m);
			continue;
		}
		out->bytes = bytes_at(m, m->given);
		m->given += (int64_t)out->len;
		return;
	}
}
