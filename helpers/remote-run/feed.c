/* SPDX-License-Identifier: MIT */
#include "remote-run/feed.h"

#include <errno.h>
#include <unistd.h>

#define READ_SIZE 65536u

bool
feed_next(const struct feed *f, uint64_t at, const uint8_t **bytes, size_t *n)
{
	size_t skip;

	if (at < f->start || at - f->start >= f->data.len)
		return false;
	skip = (size_t)(at - f->start);
	*bytes = f->data.bytes + skip;
	*n = f->data.len - skip;
	return true;
}

void
feed_drop(struct feed *f, uint64_t at)
{
	size_t n;

	if (at <= f->start)
		return;
	n = at - f->start < f->data.len ? (size_t)(at - f->start) : f->data.len;
	buf_consume(&f->data, n);
	f->start += n;
}

bool
feed_has_room(const struct feed *f)
{
	return !f->ended && f->data.len < FEED_MAX;
}

int
feed_read(struct feed *f, int fd, struct err *e)
{
	uint8_t *p = buf_reserve(&f->data, READ_SIZE, e);
	ssize_t got;

	if (p == NULL)
		return -1;
	got = read(fd, p, READ_SIZE);
	if (got == -1)
		return errno == EINTR || errno == EAGAIN ? 0 : err_set(e, ERR_LOCAL, NULL, "read stdin");
	if (got == 0)
		f->ended = true;
	buf_grew(&f->data, (size_t)got);
	return 0;
}
