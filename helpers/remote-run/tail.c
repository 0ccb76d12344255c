/* SPDX-License-Identifier: MIT */
#include "remote-run/tail.h"

#include <string.h>

int
tail_add(struct buf *tail, const void *bytes, size_t n, struct err *e)
{
	if (buf_add(tail, bytes, n, e) == -1)
		return -1;
	/* Seldom, so that the bytes are not moved for each piece; one more tells where a line begins. */
	if (tail->len > 4 * TAIL_MAX)
		buf_consume(tail, tail->len - TAIL_MAX - 1);
	return 0;
}

const uint8_t *
tail_lines(const struct buf *tail, size_t *n)
{
	size_t skip = tail->len > TAIL_MAX ? tail->len - TAIL_MAX : 0;
	const uint8_t *end;

	if (skip > 0 && tail->bytes[skip - 1] != '\n' &&
	    (end = memchr(tail->bytes + skip, '\n', TAIL_MAX)) != NULL && end + 1 < tail->bytes + tail->len)
		skip = (size_t)(end + 1 - tail->bytes);
	*n = tail->len - skip;
	return tail->len == 0 ? (const uint8_t *)"" : tail->bytes + skip;
}
