/* SPDX-License-Identifier: MIT */
/* lib/base/buf.h: a growing byte queue (append at the end, consume at the front), and `struct rd`,
 * the bounded reader through which every parser of outside bytes goes. No I/O but buf_read_all. */
#ifndef BASE_BUF_H
#define BASE_BUF_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"

/* A zeroed struct is an empty buffer. The unread bytes are bytes[0..len). */
struct buf {
	uint8_t *bytes; /* start of the unread bytes */
	size_t len;     /* unread bytes */
	size_t skip;    /* bytes consumed in front of `bytes`, private to buf.c */
	size_t cap;     /* bytes allocated in all, private to buf.c */
};

/* Free what it holds and zero it. Freeing a zeroed buf does nothing. */
void buf_free(struct buf *b);
/* Make room for n more bytes and return where they go (the caller writes there, then buf_grew).
 * NULL and *e on lack of memory (ERR_LOCAL); the buffer is then unchanged. */
uint8_t *buf_reserve(struct buf *b, size_t n, struct err *e);
/* Count n bytes, written into what buf_reserve returned, as appended. */
void buf_grew(struct buf *b, size_t n);
/* Append n bytes, or a NUL-terminated string without its NUL, or one byte, or formatted text.
 * 0, or -1 on lack of memory with the buffer unchanged. */
int buf_add(struct buf *b, const void *bytes, size_t n, struct err *e);
int buf_str(struct buf *b, const char *s, struct err *e);
int buf_byte(struct buf *b, uint8_t byte, struct err *e);
int buf_fmt(struct buf *b, struct err *e, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Drop the first n unread bytes (n <= len). Memory is kept for reuse. */
void buf_consume(struct buf *b, size_t n);
/* Drop all unread bytes; memory is kept. */
void buf_clear(struct buf *b);
/* Append everything fd gives until end of file. -1 with ERR_LOCAL if a read fails or if more than
 * max bytes come ("larger than N bytes"). */
int buf_read_all(struct buf *b, int fd, size_t max, struct err *e);
/* The content as a NUL-terminated C string, or NULL with *e (ERR_PROTO) if it holds a NUL byte.
 * Borrowed: valid until the buffer next changes. */
const char *buf_cstr(struct buf *b, struct err *e);

/* Reads from bytes that it does not own. Once a read has failed for lack of bytes, `short_` stays
 * true and every later read returns false, so a parser may check once at the end. */
struct rd {
	const uint8_t *at;
	size_t left;
	bool short_;
};

struct rd rd_of(const void *bytes, size_t n);
/* Each: true and *out set, or false with nothing consumed (too few bytes left). Little-endian
 * (`le`) and big-endian (`be`) as named. rd_bytes gives a pointer into the input. */
bool rd_u8(struct rd *r, uint8_t *out);
bool rd_le16(struct rd *r, uint16_t *out);
bool rd_le32(struct rd *r, uint32_t *out);
bool rd_le64(struct rd *r, uint64_t *out);
bool rd_be32(struct rd *r, uint32_t *out);
bool rd_bytes(struct rd *r, size_t n, const uint8_t **out);
/* The next line without its LF (and without a CR before it); false at the end of input. */
bool rd_line(struct rd *r, const char **line, size_t *len);

#endif
