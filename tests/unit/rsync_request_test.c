/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "lib/rsync/request.h"

static struct err e;

static int
read_one(const void *bytes, size_t n, bool heads, struct request *q, const char **why)
{
	struct rd r = rd_of(bytes, n);
	struct wire_ndx state;

	wire_ndx_init(&state);
	*why = NULL;
	return request_read(&r, &state, heads, q, why);
}

/* Every prefix needs more; the whole is one request, and its echo is the same bytes. */
static void
check_echo(const void *bytes, size_t n, bool heads)
{
	struct request q;
	struct wire_ndx state;
	struct buf out = {0};
	const char *why;
	size_t cut;

	for (cut = 0; cut < n; cut++)
		CHECK_INT(read_one(bytes, cut, heads, &q, &why), 0);
	CHECK_INT(read_one(bytes, n, heads, &q, &why), 1);
	wire_ndx_init(&state);
	CHECK_INT(request_write(&q, &state, &out, &e), 0);
	CHECK_INT(out.len, n);
	CHECK_MEM(out.bytes, bytes, n);
	buf_free(&out);
}

TEST(echoes_every_form)
{
	check_echo("\x01\x08\x00", 3, true);
	check_echo("\x06\x02\xa0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 19, true);
	check_echo("\x06\x02\xa0", 3, false); /* dry run: no head */
	check_echo("\xfe\x01\x02\x0e\x88\x81\x04\0\0\0\xbc\x02\0\0\x02\0\0\0\x32\0\0\0", 22, true);
	check_echo("\x02\x00\x58\x05\x03old", 8, true);
	check_echo("\x02\x00\x50\x00", 4, true);
}

TEST(reads_what_has_no_echo)
{
	static const char stats[] = "\xff\x02\x01\x02\x03\x04\x80\x90";
	struct request q;
	const char *why;
	size_t cut;

	CHECK_INT(read_one("\0", 1, true, &q, &why), 1);
	CHECK_INT(q.index, NDX_DONE);
	for (cut = 0; cut < 8; cut++)
		CHECK_INT(read_one(stats, cut, true, &q, &why), 0);
	CHECK_INT(read_one(stats, 8, true, &q, &why), 1);
	CHECK_INT(q.index, NDX_DEL_STATS);
	CHECK_INT(q.deleted[4], 144);
}

static void
check_refused(const void *bytes, size_t n, const char *want)
{
	struct request q;
	const char *why;

	CHECK_INT(read_one(bytes, n, true, &q, &why), -1);
	CHECK_STR(why, want);
}

TEST(refuses_what_is_out_of_bounds)
{
	uint8_t long_name[5000] = {0x01, 0x00, 0x10, 0x90, 0x00}; /* 4096 bytes of xname */

	check_refused("\xff\x01", 2, "an index that has no meaning");
	check_refused("\xff\x64", 2, "an index that has no meaning");
	check_refused("\xff\x02\xf0\xff\xff\xff\xff", 7, "count of deleted files out of range");
	check_refused("\xff\x02\xff", 3, "count of deleted files out of range");
	check_refused(long_name, sizeof long_name, "alternative name too long");
}

static void
check_head(uint32_t count, uint32_t block_len, uint32_t strong_len, uint32_t remainder,
           const char *want)
{
	struct sum_head h = {count, block_len, strong_len, remainder};
	const char *why = sum_head_fault(&h);

	CHECK_STR(why == NULL ? "" : why, want);
}

TEST(bounds_sum_heads)
{
	check_head(0, 0, 0, 0, "");
	check_head(0, 700, 2, 0, ""); /* an empty old file */
	check_head(4, 700, 2, 50, "");
	check_head(1, 131072, 16, 131071, "");
	check_head(SUM_COUNT_MAX, 131072, 16, 0, "");
	check_head(SUM_COUNT_MAX + 1, 131072, 16, 0, "too many blocks");
	check_head(UINT32_MAX, 700, 2, 0, "too many blocks");
	check_head(1, 131073, 2, 0, "block length too large");
	check_head(0, UINT32_MAX, 0, 0, "block length too large");
	check_head(1, 0, 2, 0, "blocks of no length");
	check_head(1, 700, 17, 0, "strong sums longer than the digest");
	check_head(1, 700, UINT32_MAX, 0, "strong sums longer than the digest");
	check_head(1, 700, 2, 700, "last block longer than the others");
	check_head(0, 0, 0, 1, "last block longer than the others");
	check_refused("\x01\x00\x80\x01\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0", 19, "blocks of no length");
}

TEST(keeps_the_index_state_when_bytes_are_missing)
{
	static const uint8_t bytes[] = {0x05, 0x00};
	struct rd r = rd_of(bytes, sizeof bytes);
	struct wire_ndx state;
	struct request q;
	const char *why;

	wire_ndx_init(&state);
	CHECK_INT(request_read(&r, &state, true, &q, &why), 0);
	CHECK_INT(state.pos, -1);
}

int
main(void)
{
	RUN(echoes_every_form);
	RUN(reads_what_has_no_echo);
	RUN(refuses_what_is_out_of_bounds);
	RUN(bounds_sum_heads);
	RUN(keeps_the_index_state_when_bytes_are_missing);
	return unit_done();
}
