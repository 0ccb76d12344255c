/* SPDX-License-Identifier: MIT */
#include "lib/rsync/token.h"

#include <stdlib.h>
#include <string.h>
#define ZLIB_CONST
#include <zlib.h>
#include <zstd.h>

#include "lib/rsync/wire.h"

/* First bytes of the compressed forms. */
#define T_END 0x00u
#define T_BLOCK 0x20u    /* then the block's number, 4 bytes */
#define T_RUN 0x21u      /* then the first's number, 4 bytes, and how many more, 2 bytes */
#define T_DATA 0x40u     /* low 6 bits and the next byte: length */
#define T_BLOCK_REL 0x80u /* low 6 bits: distance from the last block */
#define T_RUN_REL 0xc0u  /* the same, then how many more, 2 bytes */
#define REL_MAX 0x3fu
#define RUN_MAX 0xffffu

#define SYNC_LEN 4u /* deflate's sync marker 00 00 ff ff ends every flush and is not sent */

struct token {
	enum compress_kind kind;
	ZSTD_CCtx *zstd;
	z_stream zlib;
	bool zlib_ready;
	bool dirty;       /* literals were fed since the last flush */
	uint32_t last;    /* the last block of the token before */
	bool run;         /* blocks run_first .. run_first + run_more are not yet written */
	uint32_t run_first;
	uint32_t run_more;
	size_t held;      /* bytes in piece */
	uint8_t piece[TOKEN_DATA_MAX];
};

static int
zstd_failed(size_t code, struct err *e)
{
	return err_set(e, ERR_INTERNAL, ZSTD_getErrorName(code), "compress with zstd");
}

static int
zstd_start(struct token *t, struct err *e)
{
	t->zstd = ZSTD_createCCtx();
	return t->zstd == NULL ? err_set(e, ERR_LOCAL, "out of memory", "start zstd") : 0;
}

static int
zlib_start(struct token *t, struct err *e)
{
	/* window of 32 KiB, no header */
	if (deflateInit2(&t->zlib, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -15, 8,
	                 Z_DEFAULT_STRATEGY) != Z_OK)
		return err_set(e, ERR_LOCAL, t->zlib.msg != NULL ? t->zlib.msg : "out of memory",
		               "start zlib");
	t->zlib_ready = true;
	return 0;
}

struct token *
token_new(enum compress_kind kind, struct err *e)
{
	struct token *t = calloc(1, sizeof *t);
	int ret = 0;

	if (t == NULL) {
		(void)err_set(e, ERR_LOCAL, NULL, "allocate %zu bytes", sizeof *t);
		return NULL;
	}
	t->kind = kind;
	switch (kind) {
	case COMPRESS_NONE:
		break;
	case COMPRESS_ZSTD:
		ret = zstd_start(t, e);
		break;
	case COMPRESS_ZLIBX:
		ret = zlib_start(t, e);
		break;
	}
	if (ret == -1) {
		token_free(t);
		return NULL;
	}
	return t;
}

void
token_free(struct token *t)
{
	if (t == NULL)
		return;
	if (t->zstd != NULL)
		(void)ZSTD_freeCCtx(t->zstd);
	if (t->zlib_ready)
		(void)deflateEnd(&t->zlib);
	free(t);
}

int
token_begin(struct token *t, struct err *e)
{
	t->last = 0;
	t->run = false;
	t->dirty = false;
	t->held = 0;
	if (t->kind == COMPRESS_ZLIBX && deflateReset(&t->zlib) != Z_OK)
		return err_set(e, ERR_INTERNAL, "unusable state", "reset zlib");
	return 0;
}

/* Write the first n bytes of the piece; the rest of it moves to the front. */
static int
put_piece(struct token *t, size_t n, struct buf *out, struct err *e)
{
	uint8_t head[2] = {(uint8_t)(T_DATA | n >> 8), (uint8_t)n};

	if (n == 0)
		return 0;
	if (buf_add(out, head, sizeof head, e) == -1 || buf_add(out, t->piece, n, e) == -1)
		return -1;
	t->held -= n;
	memmove(t->piece, t->piece + n, t->held);
	return 0;
}

static int
zstd_feed(struct token *t, const uint8_t *bytes, size_t n, ZSTD_EndDirective mode,
          struct buf *out, struct err *e)
{
	ZSTD_inBuffer src = {bytes, n, 0};
	size_t left;

	do {
		ZSTD_outBuffer dst = {t->piece, sizeof t->piece, t->held};

		left = ZSTD_compressStream2(t->zstd, &dst, &src, mode);
		if (ZSTD_isError(left))
			return zstd_failed(left, e);
		t->held = dst.pos;
		if (t->held == sizeof t->piece && put_piece(t, t->held, out, e) == -1)
			return -1;
	} while (mode == ZSTD_e_flush ? left != 0 : src.pos < src.size);
	return mode == ZSTD_e_flush ? put_piece(t, t->held, out, e) : 0;
}

/* The last SYNC_LEN bytes are held back always, because a flush may turn out to have ended. */
static int
zlib_feed(struct token *t, const uint8_t *bytes, size_t n, int mode, struct buf *out,
          struct err *e)
{
	bool full;

	t->zlib.next_in = bytes;
	t->zlib.avail_in = (uInt)n;
	do {
		int code;

		t->zlib.next_out = t->piece + t->held;
		t->zlib.avail_out = (uInt)(sizeof t->piece - t->held);
		code = deflate(&t->zlib, mode);
		if (code != Z_OK && code != Z_BUF_ERROR) /* the latter: nothing was left to do */
			return err_set(e, ERR_INTERNAL, "unusable state", "compress with zlib");
		t->held = sizeof t->piece - t->zlib.avail_out;
		full = t->zlib.avail_out == 0;
		if (full && put_piece(t, t->held - SYNC_LEN, out, e) == -1)
			return -1;
	} while (full || t->zlib.avail_in > 0);
	if (mode != Z_SYNC_FLUSH)
		return 0;
	if (put_piece(t, t->held - SYNC_LEN, out, e) == -1)
		return -1;
	t->held = 0;
	return 0;
}

static int
flush(struct token *t, struct buf *out, struct err *e)
{
	if (!t->dirty)
		return 0;
	t->dirty = false;
	if (t->kind == COMPRESS_ZSTD)
		return zstd_feed(t, NULL, 0, ZSTD_e_flush, out, e);
	return zlib_feed(t, NULL, 0, Z_SYNC_FLUSH, out, e);
}

static int
put_run(struct token *t, struct buf *out, struct err *e)
{
	uint32_t distance = t->run_first - t->last; /* wraps when it goes back: not relative then */
	bool many = t->run_more > 0;

	if (!t->run)
		return 0;
	t->run = false;
	t->last = t->run_first + t->run_more;
	if (distance <= REL_MAX) {
		if (buf_byte(out, (uint8_t)((many ? T_RUN_REL : T_BLOCK_REL) | distance), e) == -1)
			return -1;
	} else if (buf_byte(out, many ? T_RUN : T_BLOCK, e) == -1 ||
	           wire_put_le32(out, t->run_first, e) == -1) {
		return -1;
	}
	return many ? wire_put_le16(out, (uint16_t)t->run_more, e) : 0;
}

int
token_literal(struct token *t, const uint8_t *bytes, size_t n, struct buf *out, struct err *e)
{
	if (t->kind == COMPRESS_NONE) {
		if (wire_put_le32(out, (uint32_t)n, e) == -1)
			return -1;
		return buf_add(out, bytes, n, e);
	}
	if (put_run(t, out, e) == -1)
		return -1;
	t->dirty = true;
	if (t->kind == COMPRESS_ZSTD)
		return zstd_feed(t, bytes, n, ZSTD_e_continue, out, e);
	return zlib_feed(t, bytes, n, Z_NO_FLUSH, out, e);
}

int
token_block(struct token *t, uint32_t block, struct buf *out, struct err *e)
{
	if (t->kind == COMPRESS_NONE)
		return wire_put_le32(out, ~block, e); /* -(block + 1) */
	if (flush(t, out, e) == -1)
		return -1;
	if (t->run && block == t->run_first + t->run_more + 1 && t->run_more < RUN_MAX) {
		t->run_more++;
		return 0;
	}
	if (put_run(t, out, e) == -1)
		return -1;
	t->run = true;
	t->run_first = block;
	t->run_more = 0;
	return 0;
}

int
token_end(struct token *t, struct buf *out, struct err *e)
{
	if (t->kind == COMPRESS_NONE)
		return wire_put_le32(out, 0, e);
	if (put_run(t, out, e) == -1 || flush(t, out, e) == -1)
		return -1;
	return buf_byte(out, T_END, e);
}
