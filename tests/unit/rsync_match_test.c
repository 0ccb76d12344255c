/* SPDX-License-Identifier: MIT */
/* match.c and blocks.c. */
#include "unit.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/rsync/match.h"
#include "lib/rsync/wire.h"

static struct err e;
static uint32_t seed = 1;
static const struct block_sums how = {CHECKSUM_XXH128, 0x1234, true};

static uint8_t
rnd(void)
{
	seed = seed * 1664525u + 1013904223u;
	return (uint8_t)(seed >> 16);
}

struct source {
	const uint8_t *bytes;
	size_t len;
	size_t at;
	size_t each;   /* most that one read gives */
	int fail_with; /* errno at the end of the bytes, or 0: end of file */
};

static int64_t
source_read(void *ctx, uint8_t *p, size_t n)
{
	struct source *s = ctx;

	if (n > s->len - s->at)
		n = s->len - s->at;
	if (n > s->each)
		n = s->each;
	if (n == 0 && s->fail_with != 0) {
		errno = s->fail_with;
		return -1;
	}
	memcpy(p, s->bytes + s->at, n);
	s->at += n;
	return (int64_t)n;
}

/* The sums of old, as a server sends them. */
static void
sums_of(struct blocks *b, const uint8_t *old, size_t len, uint32_t block_len, uint32_t strong_len)
{
	struct sum_head head = {(uint32_t)((len + block_len - 1) / block_len), block_len, strong_len,
	                        (uint32_t)(len % block_len)};
	struct buf wire = {0};
	uint32_t i;

	for (i = 0; i < head.count; i++) {
		size_t at = (size_t)i * block_len;
		size_t n = len - at < block_len ? len - at : block_len;
		uint8_t strong[CHECKSUM_LEN];
		struct rolling r;

		rolling_start(&r, old + at, n);
		checksum_block(how.kind, how.seed, how.seed_first, old + at, n, strong);
		CHECK_INT(wire_put_le32(&wire, rolling_sum(&r), &e), 0);
		CHECK_INT(buf_add(&wire, strong, strong_len, &e), 0);
	}
	blocks_begin(b, &head);
	if (wire.len > 5) { /* in two pieces, the first ending inside a sum */
		struct buf part = {0};

		CHECK_INT(buf_add(&part, wire.bytes, wire.len - 3, &e), 0);
		CHECK_INT(blocks_read(b, &part, &e), 0);
		CHECK_INT(buf_add(&part, wire.bytes + wire.len - 3, 3, &e), 0);
		CHECK_INT(buf_add(&part, "next", 4, &e), 0);
		CHECK_INT(blocks_read(b, &part, &e), 1);
		CHECK_INT(part.len, 4);
		buf_free(&part);
	} else {
		CHECK_INT(blocks_read(b, &wire, &e), 1);
	}
	buf_free(&wire);
}

struct result {
	size_t literal;
	size_t matched;
	unsigned n_blocks;
};

/* Run a match and put the file together again as the server would. */
static struct result
check_rebuild(const uint8_t *old, size_t old_len, const uint8_t *new_, size_t new_len,
              uint32_t block_len, uint32_t strong_len, size_t each)
{
	struct blocks b = {0};
	struct match *m = match_new(&e);
	struct source src = {new_, new_len, 0, each, 0};
	struct match_event ev;
	struct result res = {0, 0, 0};
	struct buf made = {0};

	sums_of(&b, old, old_len, block_len, strong_len);
	match_begin(m, &b, &how, (int64_t)new_len, source_read, &src);
	for (match_next(m, &ev); ev.kind != MATCH_END; match_next(m, &ev)) {
		CHECK(ev.len > 0);
		CHECK(made.len + ev.len <= new_len && memcmp(ev.bytes, new_ + made.len, ev.len) == 0);
		if (unit_this_failed)
			break;
		if (ev.kind == MATCH_LITERAL) {
			CHECK(ev.len <= MATCH_LITERAL_MAX);
			res.literal += ev.len;
			CHECK_INT(buf_add(&made, ev.bytes, ev.len, &e), 0);
		} else {
			CHECK(ev.block < b.head.count);
			CHECK_INT(ev.len, blocks_len(&b, ev.block));
			res.matched += ev.len;
			res.n_blocks++;
			CHECK_INT(buf_add(&made, old + (size_t)ev.block * block_len, ev.len, &e), 0);
		}
	}
	match_next(m, &ev);
	CHECK_INT(ev.kind, MATCH_END);
	CHECK(match_fault(m) == NULL);
	CHECK_INT(made.len, new_len);
	if (made.len == new_len && new_len > 0)
		CHECK_MEM(made.bytes, new_, new_len);
	buf_free(&made);
	match_free(m);
	blocks_free(&b);
	return res;
}

#define LEN 1500000u
static uint8_t old[LEN];
static uint8_t new_[LEN + 1000];

static void
fill(void)
{
	size_t i;

	for (i = 0; i < LEN; i++)
		old[i] = rnd();
	memcpy(new_, old, LEN);
}

TEST(finds_all_of_an_unchanged_file)
{
	static const uint32_t lengths[] = {1, 700, 1000, 131072};
	size_t i;

	fill();
	for (i = 0; i < 4; i++) {
		size_t len = i == 0 ? 300 : LEN;
		struct result r = check_rebuild(old, len, new_, len, lengths[i], 16, 5000);

		CHECK_INT(r.literal, 0);
		CHECK_INT(r.matched, len);
	}
}

TEST(finds_blocks_around_an_insertion)
{
	struct result r;

	fill();
	memmove(new_ + 70003, new_ + 70000, LEN - 70000);
	memcpy(new_ + 70000, "xyz", 3);
	r = check_rebuild(old, LEN, new_, LEN + 3, 700, 3, 65536);
	CHECK_INT(r.literal, 3);
	memcpy(new_, old, LEN);
	memmove(new_ + 70090, new_ + 70100, LEN - 70100); /* ten bytes gone */
	r = check_rebuild(old, LEN, new_, LEN - 10, 700, 3, 65536);
	CHECK_INT(r.literal, 690);
}

TEST(sends_all_when_nothing_matches)
{
	struct result r;
	size_t i;

	fill();
	for (i = 0; i < LEN; i++)
		new_[i] = (uint8_t)(old[i] ^ 0x55);
	r = check_rebuild(old, LEN, new_, LEN, 131072, 16, 1000);
	CHECK_INT(r.literal, LEN);
	r = check_rebuild(old, LEN, new_, LEN, 700, 16, 1u << 20);
	CHECK_INT(r.literal, LEN);
}

TEST(matches_a_short_last_block_at_the_end_only)
{
	struct result r;

	fill();
	memcpy(new_, "....", 4);
	memcpy(new_ + 4, old, 1050);
	r = check_rebuild(old, 1050, new_, 1054, 700, 16, 100);
	CHECK_INT(r.literal, 4);
	CHECK_INT(r.n_blocks, 2);
	memcpy(new_, old + 700, 350);
	memcpy(new_ + 350, "....", 4);
	r = check_rebuild(old, 1050, new_, 354, 700, 16, 100);
	CHECK_INT(r.matched, 0);
}

TEST(handles_small_and_empty_files)
{
	size_t n;

	fill();
	for (n = 0; n < 20; n++) {
		(void)check_rebuild(old, 10, new_, n, 3, 16, 2);
		(void)check_rebuild(old, n, new_, 10, 4, 2, 1);
	}
	(void)check_rebuild(old, 0, new_, 0, 700, 2, 10);
}

/* Equal blocks, random edits: whatever is found must rebuild the file. */
TEST(rebuilds_repetitive_files)
{
	unsigned round;
	size_t i;

	for (round = 0; round < 30; round++) {
		size_t len = 1 + (size_t)(rnd() * 256 + rnd()) / 3;

		for (i = 0; i < len; i++)
			old[i] = (uint8_t)(rnd() % 2 == 0 ? 'a' : 'b');
		memcpy(new_, old, len);
		for (i = 0; i < len; i += 1 + (size_t)rnd() * 20)
			new_[i] = rnd() % 3 == 0 ? 'c' : 'a';
		(void)check_rebuild(old, len, new_, len - len / 7, 5 + round, 16, 700);
	}
}

TEST(prefers_the_block_that_follows)
{
	struct blocks b = {0};
	struct rolling r;

	memset(old, 'x', 100);
	sums_of(&b, old, 100, 10, 16);
	rolling_start(&r, old, 10);
	CHECK_INT(blocks_find(&b, &how, rolling_sum(&r), old, 10, 7), 7);
	CHECK_INT(blocks_find(&b, &how, rolling_sum(&r), old, 10, 10), 0);
	CHECK_INT(blocks_find(&b, &how, rolling_sum(&r), old, 9, 10), -1);
	CHECK_INT(blocks_find(&b, &how, rolling_sum(&r) + 1, old, 10, 1), -1);
	blocks_free(&b);
}

/* A server may send any number of blocks with one rolling sum. */
TEST(tries_a_bounded_number_of_equal_sums)
{
	struct sum_head head = {50000, 10, 16, 0};
	struct blocks b = {0};
	struct buf wire = {0};
	struct rolling r;
	uint8_t strong[CHECKSUM_LEN] = {0};
	uint32_t i;

	memset(old, 'x', 10);
	rolling_start(&r, old, 10);
	for (i = 0; i < head.count; i++) {
		if (i == BLOCKS_TRIES_MAX + 5)
			checksum_block(how.kind, how.seed, how.seed_first, old, 10, strong);
		CHECK_INT(wire_put_le32(&wire, rolling_sum(&r), &e), 0);
		CHECK_INT(buf_add(&wire, strong, sizeof strong, &e), 0);
	}
	blocks_begin(&b, &head);
	CHECK_INT(blocks_read(&b, &wire, &e), 1);
	CHECK_INT(blocks_find(&b, &how, rolling_sum(&r), old, 10, 0), BLOCKS_VAIN);
	buf_free(&wire);
	blocks_free(&b);
}

TEST(does_not_match_on_rolling_sums_alone)
{
	struct sum_head head = {10, 10, 1, 0};
	struct blocks b = {0};
	struct buf wire = {0};
	struct match *m = match_new(&e);
	struct match_event ev;
	struct source src = {old, 100, 0, 100, 0};

	memset(old, 0, 100);
	CHECK_INT(buf_add(&wire, old, 50, &e), 0);
	blocks_begin(&b, &head);
	CHECK_INT(blocks_read(&b, &wire, &e), 1);
	CHECK(!blocks_usable(&b));
	match_begin(m, &b, &how, 100, source_read, &src);
	match_next(m, &ev);
	CHECK_INT(ev.kind, MATCH_LITERAL);
	CHECK_INT(ev.len, 100);
	buf_free(&wire);
	match_free(m);
	blocks_free(&b);
}

/* The count alone must not make us allocate. */
/* A server that makes up the rolling sum of zeros costs us a strong sum for each byte of a file of
 * zeros; but others get their turn in between, and not for ever. */
TEST(does_not_let_made_up_sums_hold_it)
{
	const struct sum_head head = {2, SUM_BLOCK_MAX, CHECKSUM_LEN, 0};
	static uint8_t zeros[SUM_BLOCK_MAX * 8];
	struct source src = {zeros, sizeof zeros, 0, sizeof zeros, 0};
	struct match *m = match_new(&e);
	struct match_event ev;
	struct blocks b = {0};
	struct buf wire = {0};
	size_t total = 0;
	uint8_t *last = zeros + sizeof zeros - SUM_BLOCK_MAX;
	uint8_t strong[CHECKSUM_LEN];
	struct rolling r;

	memset(last, 'x', SUM_BLOCK_MAX);
	rolling_start(&r, last, SUM_BLOCK_MAX);
	checksum_block(how.kind, how.seed, how.seed_first, last, SUM_BLOCK_MAX, strong);
	blocks_begin(&b, &head);
	CHECK_INT(wire_put_le32(&wire, 0, &e), 0); /* of zeros; but the strong sum of something else */
	CHECK_INT(buf_add(&wire, strong, sizeof strong, &e), 0);
	CHECK_INT(wire_put_le32(&wire, rolling_sum(&r), &e), 0);
	CHECK_INT(buf_add(&wire, strong, sizeof strong, &e), 0);
	REQUIRE(blocks_read(&b, &wire, &e) == 1);
	match_begin(m, &b, &how, sizeof zeros, source_read, &src);
	match_next(m, &ev);
	CHECK_INT(ev.kind, MATCH_LITERAL);
	CHECK_INT(ev.len, (4 << 20) / SUM_BLOCK_MAX);
	for (; ev.kind != MATCH_END; match_next(m, &ev)) {
		CHECK_INT(ev.kind, MATCH_LITERAL); /* the last block is not even looked for */
		CHECK(memcmp(ev.bytes, zeros + total, ev.len) == 0);
		total += ev.len;
	}
	CHECK_INT(total, sizeof zeros);
	match_free(m);
	blocks_free(&b);
	buf_free(&wire);
}

TEST(takes_memory_only_for_what_arrived)
{
	struct sum_head head = {SUM_COUNT_MAX, 700, 16, 0};
	struct blocks b = {0};
	struct buf wire = {0};

	CHECK_INT(buf_add(&wire, old, 60, &e), 0);
	blocks_begin(&b, &head);
	CHECK_INT(blocks_read(&b, &wire, &e), 0);
	CHECK_INT(b.n, 3);
	CHECK(b.cap <= 256);
	buf_free(&wire);
	blocks_free(&b);
}

static void
check_fault(size_t promised, size_t there, int fail_with, const char *why, bool with_blocks)
{
	struct blocks b = {0};
	struct match *m = match_new(&e);
	struct source src = {new_, there, 0, 1000, fail_with};
	struct match_event ev;
	size_t n = 0;

	if (with_blocks)
		sums_of(&b, old, 5000, 700, 16);
	match_begin(m, &b, &how, (int64_t)promised, source_read, &src);
	for (match_next(m, &ev); ev.kind != MATCH_END; match_next(m, &ev))
		n += ev.len;
	CHECK(n <= there);
	CHECK_STR(match_fault(m), why);
	match_free(m);
	blocks_free(&b);
}

TEST(says_when_the_file_is_shorter_or_unreadable)
{
	fill();
	check_fault(90000, 40000, 0, "the file became shorter", false);
	check_fault(90000, 40000, 0, "the file became shorter", true);
	check_fault(1, 0, EIO, strerror(EIO), false);
	check_fault(5000, 4999, EIO, strerror(EIO), true);
}

int
main(void)
{
	RUN(finds_all_of_an_unchanged_file);
	RUN(finds_blocks_around_an_insertion);
	RUN(sends_all_when_nothing_matches);
	RUN(matches_a_short_last_block_at_the_end_only);
	RUN(handles_small_and_empty_files);
	RUN(rebuilds_repetitive_files);
	RUN(prefers_the_block_that_follows);
	RUN(tries_a_bounded_number_of_equal_sums);
	RUN(does_not_match_on_rolling_sums_alone);
	RUN(does_not_let_made_up_sums_hold_it);
	RUN(takes_memory_only_for_what_arrived);
	RUN(says_when_the_file_is_shorter_or_unreadable);
	return unit_done();
}
