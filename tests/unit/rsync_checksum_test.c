/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <stdlib.h>

#include "lib/base/text.h"
#include "lib/rsync/checksum.h"

static void
check_hex(const uint8_t *sum, const char *want)
{
	char hex[2 * CHECKSUM_LEN + 1];

	text_hex(sum, CHECKSUM_LEN, hex);
	CHECK_STR(hex, want);
}

/* From recorded sessions: the sums of the same file in a session with each kind. */
TEST(sums_as_the_wire_has_them)
{
	static const char text[] = "unchanged content\n";
	uint8_t sum[CHECKSUM_LEN];

	checksum_of(CHECKSUM_MD5, text, 18, sum);
	check_hex(sum, "5b2e61133e313a81df592b465633d97d");
	checksum_of(CHECKSUM_XXH128, text, 18, sum);
	check_hex(sum, "e0df966d3a7dbc42fbb1acb7a916bcc0");
	checksum_of(CHECKSUM_XXH128, "", 0, sum);
	check_hex(sum, "7f498d4624c30160d8984701d306aa99");
}

TEST(sums_in_pieces_as_in_one)
{
	static uint8_t bytes[5000];
	enum checksum_kind kind;
	size_t i;

	for (i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)(i * 7 + i / 256);
	for (kind = CHECKSUM_MD5; kind <= CHECKSUM_XXH128; kind++) {
		struct err e;
		struct checksum *c = checksum_new(kind, &e);
		uint8_t whole[CHECKSUM_LEN];
		uint8_t pieces[CHECKSUM_LEN];

		REQUIRE(c != NULL);
		checksum_of(kind, bytes, sizeof bytes, whole);
		checksum_add(c, "spoiled", 7);
		checksum_reset(c);
		for (i = 0; i < sizeof bytes; i += 100)
			checksum_add(c, bytes + i, 100);
		checksum_end(c, pieces);
		CHECK_MEM(pieces, whole, CHECKSUM_LEN);
		checksum_free(c);
	}
	checksum_free(NULL);
}

TEST(puts_the_seed_where_the_server_does)
{
	uint8_t sum[CHECKSUM_LEN];
	uint8_t want[CHECKSUM_LEN];

	checksum_block(CHECKSUM_MD5, 0x04030201, true, "block", 5, sum);
	checksum_of(CHECKSUM_MD5, "\1\2\3\4block", 9, want);
	CHECK_MEM(sum, want, CHECKSUM_LEN);
	checksum_block(CHECKSUM_MD5, 0x04030201, false, "block", 5, sum);
	checksum_of(CHECKSUM_MD5, "block\1\2\3\4", 9, want);
	CHECK_MEM(sum, want, CHECKSUM_LEN);
	checksum_block(CHECKSUM_MD5, 0, true, "block", 5, sum);
	checksum_of(CHECKSUM_MD5, "block", 5, want);
	CHECK_MEM(sum, want, CHECKSUM_LEN);
	checksum_block(CHECKSUM_XXH128, 0, true, "block", 5, sum);
	checksum_of(CHECKSUM_XXH128, "block", 5, want);
	CHECK_MEM(sum, want, CHECKSUM_LEN);
	checksum_block(CHECKSUM_XXH128, -3, true, "block", 5, sum);
	CHECK(memcmp(sum, want, CHECKSUM_LEN) != 0);
}

/* By the definition: a = sum of x, b = sum of (n - i) * x, bytes signed. */
static uint32_t
plain_sum(const uint8_t *p, size_t n)
{
	uint32_t a = 0;
	uint32_t b = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		a += (uint32_t)(int32_t)(int8_t)p[i];
		b += (uint32_t)(n - i) * (uint32_t)(int32_t)(int8_t)p[i];
	}
	return (a & 0xffff) | b << 16;
}

TEST(rolls)
{
	uint8_t bytes[300];
	struct rolling r;
	size_t n = 64;
	size_t at;
	size_t i;

	for (i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)(i * i * 31 + 200);
	rolling_start(&r, bytes, n);
	for (at = 0; at + n < sizeof bytes; at++) {
		CHECK_INT(rolling_sum(&r), plain_sum(bytes + at, n));
		rolling_move(&r, bytes[at], bytes[at + n]);
	}
	for (; n > 0; at++, n--) {
		CHECK_INT(rolling_sum(&r), plain_sum(bytes + at, n));
		rolling_shrink(&r, bytes[at]);
	}
	CHECK_INT(rolling_sum(&r), 0);
}

int
main(void)
{
	RUN(sums_as_the_wire_has_them);
	RUN(sums_in_pieces_as_in_one);
	RUN(puts_the_seed_where_the_server_does);
	RUN(rolls);
	return unit_done();
}
