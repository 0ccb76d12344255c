/* SPDX-License-Identifier: MIT */
#include "lib/base/buf.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "unit.h"

TEST(appends_and_consumes)
{
	struct buf b = {0};
	struct err e = {0};

	CHECK_INT(buf_str(&b, "hello ", &e), 0);
	CHECK_INT(buf_fmt(&b, &e, "%d-%s", 42, "x"), 0);
	CHECK_INT(b.len, 10);
	CHECK_MEM(b.bytes, "hello 42-x", 10);
	buf_consume(&b, 6);
	CHECK_STR(buf_cstr(&b, &e), "42-x");
	CHECK_INT(buf_byte(&b, '!', &e), 0);
	CHECK_STR(buf_cstr(&b, &e), "42-x!");
	buf_clear(&b);
	CHECK_INT(b.len, 0);
	CHECK_STR(buf_cstr(&b, &e), "");
	buf_free(&b);
	buf_free(&b);
}

TEST(keeps_its_bytes_over_many_appends_and_consumes)
{
	struct buf b = {0};
	struct err e = {0};
	uint8_t next_in = 0;
	uint8_t next_out = 0;

	for (unsigned i = 0; i < 3000; i++) {
		for (unsigned k = 0; k < i % 7 * 31; k++)
			REQUIRE(buf_byte(&b, next_in++, &e) == 0);
		for (unsigned k = b.len > 100 ? (i % 5) * 40 : 0; k > 0 && b.len > 0; k--) {
			REQUIRE(b.bytes[0] == next_out++);
			buf_consume(&b, 1);
		}
	}
	while (b.len > 0) {
		REQUIRE(b.bytes[0] == next_out++);
		buf_consume(&b, 1);
	}
	CHECK_INT(next_out, next_in);
	buf_free(&b);
}

TEST(memory_is_reused_when_most_is_consumed)
{
	struct buf b = {0};
	struct err e = {0};
	char block[1000] = {0};

	for (unsigned i = 0; i < 1000; i++) {
		CHECK_INT(buf_add(&b, block, sizeof block, &e), 0);
		buf_consume(&b, sizeof block);
	}
	CHECK(b.cap < 4 * sizeof block);
	buf_free(&b);
}

TEST(refuses_what_no_memory_can_hold)
{
	struct buf b = {0};
	struct err e = {0};

	CHECK_INT(buf_str(&b, "kept", &e), 0);
	CHECK(buf_reserve(&b, SIZE_MAX - 1, &e) == NULL);
	CHECK_INT(e.kind, ERR_LOCAL);
	CHECK_STR(buf_cstr(&b, &e), "kept");
	buf_free(&b);
}

TEST(cstr_refuses_a_nul)
{
	struct buf b = {0};
	struct err e = {0};

	CHECK_INT(buf_add(&b, "a\0b", 3, &e), 0);
	CHECK(buf_cstr(&b, &e) == NULL);
	CHECK_INT(e.kind, ERR_PROTO);
	buf_free(&b);
}

TEST(read_all_is_bounded)
{
	struct buf b = {0};
	struct err e = {0};
	int ends[2];

	REQUIRE(pipe(ends) == 0);
	CHECK_INT(write(ends[1], "12345", 5), 5);
	close(ends[1]);
	CHECK_INT(buf_read_all(&b, ends[0], 4, &e), -1);
	CHECK_INT(e.kind, ERR_LOCAL);
	CHECK_STR(e.why, "larger than 4 bytes");
	close(ends[0]);
	buf_free(&b);
}

TEST(read_all_takes_exactly_the_bound)
{
	struct buf b = {0};
	struct err e = {0};
	int ends[2];

	REQUIRE(pipe(ends) == 0);
	CHECK_INT(write(ends[1], "12345", 5), 5);
	close(ends[1]);
	CHECK_INT(buf_read_all(&b, ends[0], 5, &e), 0);
	CHECK_STR(buf_cstr(&b, &e), "12345");
	close(ends[0]);
	buf_free(&b);
}

TEST(reads_numbers_of_both_orders)
{
	static const uint8_t in[] = {1, 2, 3, 1, 2, 3, 4, 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4};
	struct rd r = rd_of(in, sizeof in);
	uint8_t u8;
	uint16_t u16;
	uint32_t u32;
	uint64_t u64;

	CHECK(rd_u8(&r, &u8) && u8 == 1);
	CHECK(rd_le16(&r, &u16) && u16 == 0x0302);
	CHECK(rd_le32(&r, &u32) && u32 == 0x04030201);
	CHECK(rd_le64(&r, &u64) && u64 == 0x0807060504030201u);
	CHECK(rd_be32(&r, &u32) && u32 == 0x01020304);
	CHECK(!r.short_ && r.left == 0);
}

TEST(fails_at_every_truncation_and_stays_failed)
{
	static const uint8_t in[8] = {1, 2, 3, 4, 5, 6, 7, 8};
	uint64_t u64 = 99;
	uint8_t u8;

	for (size_t n = 0; n < 8; n++) {
		struct rd r = rd_of(in, n);

		CHECK(!rd_le64(&r, &u64));
		CHECK(u64 == 99 && r.left == n && r.short_);
		CHECK(!rd_u8(&r, &u8));
	}
}

TEST(reads_lines_with_and_without_ends)
{
	static const char in[] = "one\r\n\ntwo\rx\nlast";
	struct rd r = rd_of(in, sizeof in - 1);
	const char *line;
	size_t n;

	CHECK(rd_line(&r, &line, &n) && n == 3 && memcmp(line, "one", 3) == 0);
	CHECK(rd_line(&r, &line, &n) && n == 0);
	CHECK(rd_line(&r, &line, &n) && n == 5);
	CHECK(rd_line(&r, &line, &n) && n == 4 && memcmp(line, "last", 4) == 0);
	CHECK(!rd_line(&r, &line, &n));
	CHECK(!r.short_);
}

int
main(void)
{
	RUN(appends_and_consumes);
	RUN(keeps_its_bytes_over_many_appends_and_consumes);
	RUN(memory_is_reused_when_most_is_consumed);
	RUN(refuses_what_no_memory_can_hold);
	RUN(cstr_refuses_a_nul);
	RUN(read_all_is_bounded);
	RUN(read_all_takes_exactly_the_bound);
	RUN(reads_numbers_of_both_orders);
	RUN(fails_at_every_truncation_and_stays_failed);
	RUN(reads_lines_with_and_without_ends);
	return unit_done();
}
