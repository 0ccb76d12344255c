/* SPDX-License-Identifier: MIT */
#include "lib/base/stream.h"

enum stream_status
stream_read(
    struct stream *s, enum stream_source from, uint8_t *p, size_t n, size_t *got, struct err *e)
{
	return s->ops->read(s->ctx, from, p, n, got, e);
}

enum stream_status
stream_write(struct stream *s, const uint8_t *p, size_t n, size_t *got, struct err *e)
{
	return s->ops->write(s->ctx, p, n, got, e);
}

enum stream_status
stream_close_write(struct stream *s, struct err *e)
{
	return s->ops->close_write(s->ctx, e);
}

size_t
stream_poll(struct stream *s, bool want_write, struct pollfd *fds, size_t max)
{
	return s->ops->poll(s->ctx, want_write, fds, max);
}

enum stream_status
stream_wait(struct stream *s, int *status, struct err *e)
{
	return s->ops->wait(s->ctx, status, e);
}

void
stream_free(struct stream *s)
{
	if (s->ops != NULL)
		s->ops->free(s->ctx);
	*s = (struct stream){0};
}
