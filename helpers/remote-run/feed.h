/* SPDX-License-Identifier: MIT */
/* remote-run/feed.h: one stdin for many hosts, each of which takes it at its own speed. Pure but for
 * feed_read. */
#ifndef REMOTE_RUN_FEED_H
#define REMOTE_RUN_FEED_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"

#define FEED_MAX ((size_t)1 << 20) /* bytes that the slowest host may be behind */

/* Zeroed: nothing has come yet. */
struct feed {
	struct buf data; /* bytes from `start` on */
	uint64_t start;  /* position of data's first byte in the whole stream */
	bool ended;      /* nothing will follow */
};

/* What a host at position `at` may take next; false if it has all that there is. */
bool feed_next(const struct feed *f, uint64_t at, const uint8_t **bytes, size_t *n);
/* No host is before position `at` any more. */
void feed_drop(struct feed *f, uint64_t at);
/* Is there room for more? */
bool feed_has_room(const struct feed *f);
/* Read what fd has now (which poll called readable). 0, or -1 with ERR_LOCAL. */
int feed_read(struct feed *f, int fd, struct err *e);

#endif
