/* SPDX-License-Identifier: MIT */
/* Arbitrary block sums against a file: whatever matches, the events' bytes are the file's. */
#include <stdlib.h>
#include <string.h>

#include "lib/rsync/match.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct source {
	const uint8_t *bytes;
	size_t left;
};

static int64_t
source_read(void *ctx, uint8_t *p, size_t n)
{
	struct source *s = ctx;

	if (n > s->left)
		n = s->left;
	if (n > 61)
		n = 61;
	memcpy(p, s->bytes, n);
	s->bytes += n;
	s->left -= n;
	return (int64_t)n;
}

/* 4 bytes: blocks, block length, strong length, remainder; then sums; the rest is the file. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct block_sums how = {CHECKSUM_XXH128, 7, true};
	struct sum_head head;
	struct blocks b = {0};
	struct buf in = {0};
	struct err e;
	struct match *m = NULL;
	struct match_event ev;
	struct source src;
	const uint8_t *file;
	size_t n = 0;

	if (size < 4)
		return 0;
	head = (struct sum_head){data[0], data[1], data[2] & 31, data[3]};
	if (sum_head_fault(&head) != NULL)
		return 0;
	if (buf_add(&in, data + 4, size - 4, &e) == -1)
		abort();
	blocks_begin(&b, &head);
	m = match_new(&e);
	if (m == NULL)
		abort();
	if (blocks_read(&b, &in, &e) != 1)
		goto out;
	file = in.bytes;
	src = (struct source){file, in.len};
	match_begin(m, &b, &how, (int64_t)(in.len + (data[0] & 1)), source_read, &src);
	for (match_next(m, &ev); ev.kind != MATCH_END; match_next(m, &ev)) {
		if (n + ev.len > in.len || memcmp(ev.bytes, file + n, ev.len) != 0)
			abort();
		n += ev.len;
	}
	if (match_fault(m) == NULL && n != in.len)
		abort();
out:
	match_free(m);
	blocks_free(&b);
	buf_free(&in);
	return 0;
}
