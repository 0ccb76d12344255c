/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <stdlib.h>

#include "lib/rsync/wire.h"

static struct err e;

#define BYTES(...) ((const uint8_t[]){__VA_ARGS__})

static void
check_varint(uint32_t v, const uint8_t *want, size_t n)
{
	struct buf b = {0};
	struct rd r;
	uint32_t got = ~v;
	size_t cut;

	CHECK_INT(wire_put_varint(&b, v, &e), 0);
	CHECK_INT(b.len, n);
	CHECK_MEM(b.bytes, want, n);
	for (cut = 0; cut < n; cut++) {
		r = rd_of(b.bytes, cut);
		CHECK_INT(wire_get_varint(&r, &got), 0);
	}
	r = rd_of(b.bytes, b.len);
	CHECK_INT(wire_get_varint(&r, &got), 1);
	CHECK_INT(got, v);
	CHECK_INT(r.left, 0);
	buf_free(&b);
}

TEST(varint_has_the_known_forms)
{
	check_varint(0, BYTES(0x00), 1);
	check_varint(127, BYTES(0x7f), 1);
	check_varint(128, BYTES(0x80, 0x80), 2);
	check_varint(0x1fe, BYTES(0x81, 0xfe), 2);
	check_varint(1000, BYTES(0x83, 0xe8), 2);
	check_varint(0x3fff, BYTES(0xbf, 0xff), 2);
	check_varint(0x4000, BYTES(0xc0, 0x00, 0x40), 3);
	check_varint(123456789, BYTES(0xe7, 0x15, 0xcd, 0x5b), 4);
	check_varint(UINT32_MAX, BYTES(0xf0, 0xff, 0xff, 0xff, 0xff), 5);
}

TEST(varint_refuses_more_than_four_extra_bytes)
{
	static const uint8_t bad[] = {0xf8, 1, 2, 3, 4, 5, 6, 7, 8};
	struct rd r = rd_of(bad, sizeof bad);
	uint32_t got = 7;

	CHECK_INT(wire_get_varint(&r, &got), -1);
	CHECK_INT(got, 7);
}

static void
check_varlong(int64_t v, unsigned min, const uint8_t *want, size_t n)
{
	struct buf b = {0};
	struct rd r;
	int64_t got = ~v;
	size_t cut;

	CHECK_INT(wire_put_varlong(&b, v, min, &e), 0);
	CHECK_INT(b.len, n);
	CHECK_MEM(b.bytes, want, n);
	for (cut = 0; cut < n; cut++) {
		r = rd_of(b.bytes, cut);
		CHECK_INT(wire_get_varlong(&r, min, &got), 0);
	}
	r = rd_of(b.bytes, b.len);
	CHECK_INT(wire_get_varlong(&r, min, &got), 1);
	CHECK_INT(got, v);
	buf_free(&b);
}

TEST(varlong_has_the_known_forms)
{
	check_varlong(0, 3, BYTES(0, 0, 0), 3);
	check_varlong(16, 3, BYTES(0x00, 0x10, 0x00), 3);
	check_varlong(0x123456, 3, BYTES(0x12, 0x56, 0x34), 3);
	check_varlong(1700000000, 4, BYTES(0x65, 0x00, 0xf1, 0x53), 4);
	check_varlong(-5, 4, BYTES(0xf8, 0xfb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff), 9);
}

TEST(varlong_keeps_every_value)
{
	unsigned min;
	unsigned bit;
	int step;

	for (min = 3; min <= 4; min++)
		for (bit = 0; bit < 64; bit++)
			for (step = -1; step <= 1; step++) {
				int64_t v = (int64_t)((UINT64_C(1) << bit) + (uint64_t)(int64_t)step);
				struct buf b = {0};
				struct rd r;
				int64_t got = 0;

				CHECK_INT(wire_put_varlong(&b, v, min, &e), 0);
				r = rd_of(b.bytes, b.len);
				CHECK_INT(wire_get_varlong(&r, min, &got), 1);
				CHECK_INT(got, v);
				buf_free(&b);
			}
}

TEST(varlong_refuses_more_than_nine_bytes)
{
	static const uint8_t bad[] = {0xfe, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
	struct rd r = rd_of(bad, sizeof bad);
	int64_t got;

	CHECK_INT(wire_get_varlong(&r, 3, &got), -1);
	r = rd_of(bad, sizeof bad);
	CHECK_INT(wire_get_varlong(&r, 4, &got), -1);
}

TEST(vstring_uses_one_or_two_bytes_of_length)
{
	static uint8_t text[WIRE_VSTRING_MAX + 1];
	struct buf b = {0};
	struct rd r;
	const uint8_t *p;
	size_t n;
	size_t i;
	static const size_t lengths[] = {0, 1, 127, 128, 300, WIRE_VSTRING_MAX};

	for (i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
		buf_clear(&b);
		CHECK_INT(wire_put_vstring(&b, text, lengths[i], &e), 0);
		CHECK_INT(b.len, lengths[i] + (lengths[i] > 127 ? 2 : 1));
		r = rd_of(b.bytes, b.len);
		CHECK_INT(wire_get_vstring(&r, &p, &n), 1);
		CHECK_INT(n, lengths[i]);
		r = rd_of(b.bytes, b.len - 1);
		CHECK_INT(wire_get_vstring(&r, &p, &n), 0);
	}
	CHECK_INT(wire_put_vstring(&b, text, sizeof text, &e), -1);
	CHECK_INT(e.kind, ERR_INTERNAL);
	buf_free(&b);
}

TEST(ndx_counts_from_the_one_before)
{
	static const int32_t ndx[] = {0, 1, 5, 258, 259, 40000, 39999, NDX_DONE, 40000, 0, INT32_MAX, 7};
	static const uint8_t want[] = {1, 1, 4, 0xfd, 1, 0xfe, 0x80, 0x40, 0x9c, 0x00};
	struct wire_ndx out;
	struct wire_ndx in;
	struct buf b = {0};
	struct rd r;
	size_t i;

	wire_ndx_init(&out);
	wire_ndx_init(&in);
	for (i = 0; i < sizeof ndx / sizeof ndx[0]; i++)
		CHECK_INT(wire_put_ndx(&b, &out, ndx[i], &e), 0);
	CHECK_MEM(b.bytes, want, 5);
	r = rd_of(b.bytes, b.len);
	for (i = 0; i < sizeof ndx / sizeof ndx[0]; i++) {
		int32_t got = -99;
		struct wire_ndx before = in;
		struct rd cut = rd_of(r.at, 0);

		CHECK_INT(wire_get_ndx(&cut, &in, &got), 0);
		CHECK(memcmp(&before, &in, sizeof in) == 0);
		CHECK_INT(wire_get_ndx(&r, &in, &got), 1);
		CHECK_INT(got, ndx[i]);
	}
	CHECK_INT(r.left, 0);
	CHECK_INT(wire_put_ndx(&b, &out, -7, &e), -1);
	buf_free(&b);
}

TEST(ndx_has_a_state_for_negative_values)
{
	static const uint8_t bytes[] = {0xff, 0x02, 0x01, 0xff, 0x01};
	struct rd r = rd_of(bytes, sizeof bytes);
	struct wire_ndx in;
	int32_t got;

	wire_ndx_init(&in);
	CHECK_INT(wire_get_ndx(&r, &in, &got), 1);
	CHECK_INT(got, NDX_DEL_STATS);
	CHECK_INT(wire_get_ndx(&r, &in, &got), 1);
	CHECK_INT(got, 0);
	CHECK_INT(wire_get_ndx(&r, &in, &got), 1);
	CHECK_INT(got, -4);
}

TEST(ndx_refuses_to_pass_the_largest)
{
	static const uint8_t top[] = {0xfe, 0xff, 0xff, 0xff, 0xff}; /* 2^31-1 */
	static const uint8_t one[] = {0x01};
	static const uint8_t far_[] = {0xfe, 0x7f, 0xff};
	struct rd r = rd_of(top, sizeof top);
	struct wire_ndx in;
	int32_t got;
	size_t cut;

	wire_ndx_init(&in);
	for (cut = 0; cut < sizeof top; cut++) {
		struct rd part = rd_of(top, cut);

		CHECK_INT(wire_get_ndx(&part, &in, &got), 0);
	}
	CHECK_INT(wire_get_ndx(&r, &in, &got), 1);
	CHECK_INT(got, INT32_MAX);
	r = rd_of(one, sizeof one);
	CHECK_INT(wire_get_ndx(&r, &in, &got), -1);
	r = rd_of(far_, sizeof far_);
	CHECK_INT(wire_get_ndx(&r, &in, &got), -1);
	CHECK_INT(in.pos, INT32_MAX);
}

int
main(void)
{
	RUN(varint_has_the_known_forms);
	RUN(varint_refuses_more_than_four_extra_bytes);
	RUN(varlong_has_the_known_forms);
	RUN(varlong_keeps_every_value);
	RUN(varlong_refuses_more_than_nine_bytes);
	RUN(vstring_uses_one_or_two_bytes_of_length);
	RUN(ndx_counts_from_the_one_before);
	RUN(ndx_has_a_state_for_negative_values);
	RUN(ndx_refuses_to_pass_the_largest);
	return unit_done();
}
