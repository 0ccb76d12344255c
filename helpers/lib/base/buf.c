/* SPDX-License-Identifier: MIT */
#include "lib/base/buf.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CAP_MIN 256u           /* bytes of the first allocation */
#define READ_STEP 65536u       /* bytes asked for by one read */
#define BUF_MAX (SIZE_MAX / 4) /* keeps the doubling below from overflowing */

static int
no_memory(struct err *e, size_t n)
{
	return err_set(e, ERR_LOCAL, "out of memory", "allocate %zu bytes", n);
}

void
buf_free(struct buf *b)
{
	if (b->bytes != NULL)
		free(b->bytes - b->skip);
	*b = (struct buf){0};
}

/* Move the unread bytes to the front of the allocation. */
static void
compact(struct buf *b)
{
	if (b->skip == 0)
		return;
	memmove(b->bytes - b->skip, b->bytes, b->len);
	b->bytes -= b->skip;
	b->skip = 0;
}

static int
grow(struct buf *b, size_t want, struct err *e)
{
	size_t cap = b->cap < CAP_MIN ? CAP_MIN : b->cap;
	uint8_t *p;

	while (cap < want)
		cap *= 2;
	compact(b);
	p = realloc(b->bytes, cap);
	if (p == NULL)
		return no_memory(e, cap);
	b->bytes = p;
	b->cap = cap;
	return 0;
}

uint8_t *
buf_reserve(struct buf *b, size_t n, struct err *e)
{
	if (n > BUF_MAX || b->len > BUF_MAX - n) {
		(void)no_memory(e, n);
		return NULL;
	}
	if (b->bytes == NULL || b->cap - b->skip - b->len < n) {
		/* Moving is cheaper than growing as long as most of the space is consumed. */
		if (b->bytes != NULL && b->skip >= b->len && b->cap - b->len >= n)
			compact(b);
		else if (grow(b, b->len + n, e) == -1)
			return NULL;
	}
	return b->bytes + b->len;
}

void
buf_grew(struct buf *b, size_t n)
{
	b->len += n;
}

int
buf_add(struct buf *b, const void *bytes, size_t n, struct err *e)
{
	uint8_t *to;

	if (n == 0)
		return 0;
	to = buf_reserve(b, n, e);
	if (to == NULL)
		return -1;
	memcpy(to, bytes, n);
	buf_grew(b, n);
	return 0;
}

int
buf_str(struct buf *b, const char *s, struct err *e)
{
	return buf_add(b, s, strlen(s), e);
}

int
buf_byte(struct buf *b, uint8_t byte, struct err *e)
{
	return buf_add(b, &byte, 1, e);
}

int
buf_fmt(struct buf *b, struct err *e, const char *fmt, ...)
{
	va_list ap;
	uint8_t *to;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		return err_set(e, ERR_INTERNAL, NULL, "format text");
	to = buf_reserve(b, (size_t)n + 1, e);
	if (to == NULL)
		return -1;
	va_start(ap, fmt);
	(void)vsnprintf((char *)to, (size_t)n + 1, fmt, ap);
	va_end(ap);
	buf_grew(b, (size_t)n);
	return 0;
}

void
buf_consume(struct buf *b, size_t n)
{
	if (n == 0)
		return;
	b->bytes += n;
	b->skip += n;
	b->len -= n;
	if (b->len == 0)
		compact(b);
}

void
buf_clear(struct buf *b)
{
	buf_consume(b, b->len);
}

int
buf_read_all(struct buf *b, int fd, size_t max, struct err *e)
{
	size_t total = 0;

	for (;;) {
		uint8_t *to = buf_reserve(b, READ_STEP, e);
		ssize_t n;

		if (to == NULL)
			return -1;
		n = read(fd, to, READ_STEP);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return err_set(e, ERR_LOCAL, NULL, "read");
		if (n == 0)
			return 0;
		total += (size_t)n;
		if (total > max)
			break;
		buf_grew(b, (size_t)n);
	}
	(void)err_set(e, ERR_LOCAL, "too large", "read");
	return err_why(e, "larger than %zu bytes", max);
}

const char *
buf_cstr(struct buf *b, struct err *e)
{
	uint8_t *end = buf_reserve(b, 1, e);

	if (end == NULL)
		return NULL;
	if (memchr(b->bytes, 0, b->len) != NULL) {
		(void)err_set(e, ERR_PROTO, "it holds a NUL byte", "read text");
		return NULL;
	}
	*end = '\0';
	return (const char *)b->bytes;
}

struct rd
rd_of(const void *bytes, size_t n)
{
	return (struct rd){.at = bytes, .left = n, .short_ = false};
}

bool
rd_bytes(struct rd *r, size_t n, const uint8_t **out)
{
	if (r->short_ || r->left < n) {
		r->short_ = true;
		return false;
	}
	*out = r->at;
	if (n > 0)
		r->at += n;
	r->left -= n;
	return true;
}

bool
rd_u8(struct rd *r, uint8_t *out)
{
	const uint8_t *p;

	if (!rd_bytes(r, 1, &p))
		return false;
	*out = *p;
	return true;
}

bool
rd_le16(struct rd *r, uint16_t *out)
{
	const uint8_t *p;

	if (!rd_bytes(r, 2, &p))
		return false;
	*out = (uint16_t)(p[0] | p[1] << 8);
	return true;
}

bool
rd_le32(struct rd *r, uint32_t *out)
{
	const uint8_t *p;

	if (!rd_bytes(r, 4, &p))
		return false;
	*out = (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
	return true;
}

bool
rd_le64(struct rd *r, uint64_t *out)
{
	const uint8_t *p;
	uint64_t v = 0;

	if (!rd_bytes(r, 8, &p))
		return false;
	for (unsigned i = 8; i-- > 0;)
		v = v << 8 | p[i];
	*out = v;
	return true;
}

bool
rd_be32(struct rd *r, uint32_t *out)
{
	const uint8_t *p;

	if (!rd_bytes(r, 4, &p))
		return false;
	*out = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | (uint32_t)p[3];
	return true;
}

bool
rd_line(struct rd *r, const char **line, size_t *len)
{
	const uint8_t *lf;
	size_t n;

	if (r->short_ || r->left == 0)
		return false;
	lf = memchr(r->at, '\n', r->left);
	n = lf != NULL ? (size_t)(lf - r->at) : r->left;
	*line = (const char *)r->at;
	*len = n > 0 && r->at[n - 1] == '\r' ? n - 1 : n;
	r->at += n + (lf != NULL);
	r->left -= n + (lf != NULL);
	return true;
}
