/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

#include "lib/rsync/token.h"

static struct err e;
static uint32_t seed = 5;

static uint8_t
rnd(void)
{
	seed = seed * 1664525u + 1013904223u;
	return (uint8_t)(seed >> 16);
}

/* What a receiver makes of the bytes: literals joined, blocks as numbers. */
struct read_back {
	struct buf literals;
	uint32_t blocks[1000];
	unsigned n_blocks;
	unsigned n_pieces;
};

static void
inflate_piece(z_stream *z, const uint8_t *p, size_t n, struct buf *out)
{
	uint8_t plain[4096];
	uint8_t copy[TOKEN_DATA_MAX];
	int code;

	memcpy(copy, p, n);
	z->next_in = copy;
	z->avail_in = (uInt)n;
	do {
		z->next_out = plain;
		z->avail_out = sizeof plain;
		code = inflate(z, Z_SYNC_FLUSH);
		REQUIRE(code == Z_OK || code == Z_BUF_ERROR);
		CHECK_INT(buf_add(out, plain, sizeof plain - z->avail_out, &e), 0);
	} while (z->avail_out == 0);
}

static void
unzstd_piece(ZSTD_DStream *z, const uint8_t *p, size_t n, struct buf *out)
{
	uint8_t plain[4096];
	ZSTD_inBuffer in = {p, n, 0};
	ZSTD_outBuffer to;

	do {
		to = (ZSTD_outBuffer){plain, sizeof plain, 0};
		REQUIRE(!ZSTD_isError(ZSTD_decompressStream(z, &to, &in)));
		CHECK_INT(buf_add(out, plain, to.pos, &e), 0);
	} while (in.pos < in.size || to.pos == to.size);
}

/* One file's tokens from r, as README "Tokens" has them. */
static void
read_file(struct rd *r, enum compress_kind kind, ZSTD_DStream *zstd, struct read_back *back)
{
	z_stream zlib = {0};
	uint32_t last = 0;
	uint8_t b;
	uint8_t low;
	uint16_t more;
	const uint8_t *p;
	bool fed = false;

	CHECK_INT(inflateInit2(&zlib, -15), Z_OK);
	for (;;) {
		uint32_t first;

		REQUIRE(rd_u8(r, &b));
		if ((b & 0xc0) == 0x40) {
			size_t n;

			REQUIRE(rd_u8(r, &low));
			n = (size_t)(b & 0x3f) << 8 | low;
			CHECK(n > 0);
			REQUIRE(rd_bytes(r, n, &p));
			back->n_pieces++;
			fed = true;
			if (kind == COMPRESS_ZLIBX)
				inflate_piece(&zlib, p, n, &back->literals);
			else
				unzstd_piece(zstd, p, n, &back->literals);
			continue;
		}
		if (fed && kind == COMPRESS_ZLIBX)
			inflate_piece(&zlib, (const uint8_t *)"\0\0\xff\xff", 4, &back->literals);
		fed = false;
		if (b == 0)
			break;
		first = last + (b & 0x3f);
		if ((b & 0x80) == 0) {
			CHECK(b == 0x20 || b == 0x21);
			REQUIRE(rd_le32(r, &first));
		}
		more = 0;
		if ((b & 0x80) ? (b & 0x40) != 0 : b == 0x21)
			REQUIRE(rd_le16(r, &more));
		for (last = first; last < first + more; last++)
			back->blocks[back->n_blocks++ % 1000] = last;
		back->blocks[back->n_blocks++ % 1000] = last;
	}
	(void)inflateEnd(&zlib);
}

static void
check_bytes(const struct buf *out, const void *want, size_t n)
{
	CHECK_INT(out->len, n);
	if (out->len == n)
		CHECK_MEM(out->bytes, want, n);
}

TEST(writes_plain_tokens)
{
	static const uint8_t want[] = {0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 'h', 'i',
	                               0xfc, 0xff, 0xff, 0xff, 0, 0, 0, 0};
	struct token *t = token_new(COMPRESS_NONE, &e);
	struct buf out = {0};

	REQUIRE(t != NULL);
	CHECK_INT(token_begin(t, &e), 0);
	CHECK_INT(token_block(t, 0, &out, &e), 0);
	CHECK_INT(token_literal(t, (const uint8_t *)"hi", 2, &out, &e), 0);
	CHECK_INT(token_block(t, 3, &out, &e), 0);
	CHECK_INT(token_end(t, &out, &e), 0);
	check_bytes(&out, want, sizeof want);
	buf_free(&out);
	token_free(t);
	token_free(NULL);
}

/* Single, run, far, back, and a run that is too long for one token. */
TEST(writes_block_numbers_in_every_form)
{
	static const uint8_t want[] = {0x80, 0xc2, 1, 0, 0x20, 100, 0, 0, 0, 0x21, 5, 0, 0, 0, 2, 0,
	                               0xbf, 0x00};
	static const uint32_t blocks[] = {0, 2, 3, 100, 5, 6, 7, 70};
	struct token *t = token_new(COMPRESS_ZLIBX, &e);
	struct buf out = {0};
	uint32_t i;

	REQUIRE(t != NULL);
	CHECK_INT(token_begin(t, &e), 0);
	for (i = 0; i < sizeof blocks / sizeof blocks[0]; i++)
		CHECK_INT(token_block(t, blocks[i], &out, &e), 0);
	CHECK_INT(token_end(t, &out, &e), 0);
	check_bytes(&out, want, sizeof want);
	buf_clear(&out);
	CHECK_INT(token_begin(t, &e), 0);
	for (i = 0; i < 65540; i++)
		CHECK_INT(token_block(t, i, &out, &e), 0);
	CHECK_INT(token_end(t, &out, &e), 0);
	check_bytes(&out, "\xc0\xff\xff\xc1\x03\0\0", 7);
	buf_free(&out);
	token_free(t);
}

/* Several files of literals of all sizes between blocks, compressible and not. */
static void
check_session(enum compress_kind kind)
{
	static uint8_t bytes[32768];
	struct token *t = token_new(kind, &e);
	ZSTD_DStream *zstd = ZSTD_createDStream();
	unsigned file;

	REQUIRE(t != NULL);
	for (file = 0; file < 12; file++) {
		struct buf out = {0};
		struct buf want = {0};
		struct read_back back = {0};
		uint32_t blocks[40];
		unsigned n_blocks = 0;
		unsigned k;
		struct rd r;

		CHECK_INT(token_begin(t, &e), 0);
		for (k = 0; k < 40u * (file % 3); k++) {
			size_t n = rnd() % 4 == 0 ? 32768 : 1u + rnd();
			size_t i;

			if (rnd() % 3 == 0 && n_blocks < 40) {
				blocks[n_blocks] = rnd() % 2 ? n_blocks : (uint32_t)rnd() * 1000;
				CHECK_INT(token_block(t, blocks[n_blocks++], &out, &e), 0);
				continue;
			}
			for (i = 0; i < n; i++)
				bytes[i] = file % 2 ? rnd() : (uint8_t)("ab cd"[rnd() % 5]);
			CHECK_INT(token_literal(t, bytes, n, &out, &e), 0);
			CHECK_INT(buf_add(&want, bytes, n, &e), 0);
		}
		CHECK_INT(token_end(t, &out, &e), 0);
		r = rd_of(out.bytes, out.len);
		read_file(&r, kind, zstd, &back);
		CHECK_INT(r.left, 0);
		CHECK_INT(back.n_blocks, n_blocks);
		for (k = 0; k < n_blocks; k++)
			CHECK_INT(back.blocks[k], blocks[k]);
		CHECK_INT(back.literals.len, want.len);
		if (want.len > 0 && back.literals.len == want.len)
			CHECK_MEM(back.literals.bytes, want.bytes, want.len);
		buf_free(&out);
		buf_free(&want);
		buf_free(&back.literals);
	}
	(void)ZSTD_freeDStream(zstd);
	token_free(t);
}

TEST(zlibx_can_be_read_back)
{
	check_session(COMPRESS_ZLIBX);
}

TEST(zstd_can_be_read_back)
{
	check_session(COMPRESS_ZSTD);
}

/* Output that just fills pieces: where the sync marker is cut in every way. */
TEST(zlibx_takes_the_marker_off_wherever_it_falls)
{
	static uint8_t bytes[40000];
	struct token *t = token_new(COMPRESS_ZLIBX, &e);
	size_t n;
	size_t i;

	REQUIRE(t != NULL);
	for (i = 0; i < sizeof bytes; i++)
		bytes[i] = rnd();
	for (n = 16340; n < 16400; n++) {
		struct buf out = {0};
		struct read_back back = {0};
		struct rd r;

		CHECK_INT(token_begin(t, &e), 0);
		CHECK_INT(token_literal(t, bytes, n, &out, &e), 0);
		CHECK_INT(token_block(t, 9, &out, &e), 0);
		CHECK_INT(token_literal(t, bytes, n + 16000, &out, &e), 0);
		CHECK_INT(token_end(t, &out, &e), 0);
		r = rd_of(out.bytes, out.len);
		read_file(&r, COMPRESS_ZLIBX, NULL, &back);
		CHECK_INT(back.literals.len, 2 * n + 16000);
		CHECK_INT(back.n_blocks, 1);
		if (back.literals.len == 2 * n + 16000) {
			CHECK_MEM(back.literals.bytes, bytes, n);
			CHECK_MEM(back.literals.bytes + n, bytes, n + 16000);
		}
		buf_free(&out);
		buf_free(&back.literals);
	}
	token_free(t);
}

int
main(void)
{
	RUN(writes_plain_tokens);
	RUN(writes_block_numbers_in_every_form);
	RUN(zlibx_can_be_read_back);
	RUN(zstd_can_be_read_back);
	RUN(zlibx_takes_the_marker_off_wherever_it_falls);
	return unit_done();
}
