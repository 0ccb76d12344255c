/* SPDX-License-Identifier: MIT */
#include "remote-run/lines.h"

#include <string.h>

#include "lib/base/text.h"

static int
add_escaped(struct buf *out, const char *p, size_t n, struct err *e)
{
	const char *tab;

	while ((tab = memchr(p, '\t', n)) != NULL) {
		size_t len = (size_t)(tab - p);

		if (text_escape(out, p, len, false, e) == -1 || buf_byte(out, '\t', e) == -1)
			return -1;
		n -= len + 1;
		p = tab + 1;
	}
	return text_escape(out, p, n, false, e);
}

static int
print_line(const struct lines *l, const void *bytes, size_t n, struct buf *out, struct err *e)
{
	int ret = buf_str(out, l->prefix, e);

	if (ret == 0)
		ret = l->escaped ? add_escaped(out, bytes, n, e) : buf_add(out, bytes, n, e);
	return ret == 0 ? buf_byte(out, '\n', e) : -1;
}

int
lines_add(struct lines *l, const void *bytes, size_t n, struct buf *out, struct err *e)
{
	const char *p = bytes;
	const char *end;

	if (n == 0)
		return 0;
	if (l->prefix == NULL)
		return l->escaped ? text_escape(out, p, n, true, e) : buf_add(out, p, n, e);
	while ((end = memchr(p, '\n', n)) != NULL) {
		size_t len = (size_t)(end - p);

		if (l->part.len > 0) {
			if (buf_add(&l->part, p, len, e) == -1 ||
			    print_line(l, l->part.bytes, l->part.len, out, e) == -1)
				return -1;
			buf_clear(&l->part);
		} else if (print_line(l, p, len, out, e) == -1) {
			return -1;
		}
		n -= len + 1;
		p = end + 1;
	}
	if (buf_add(&l->part, p, n, e) == -1)
		return -1;
	return l->part.len > LINES_MAX ? lines_end(l, out, e) : 0;
}

int
lines_end(struct lines *l, struct buf *out, struct err *e)
{
	int ret = 0;

	if (l->part.len > 0)
		ret = print_line(l, l->part.bytes, l->part.len, out, e);
	buf_clear(&l->part);
	return ret;
}

void
lines_free(struct lines *l)
{
	buf_free(&l->part);
}
