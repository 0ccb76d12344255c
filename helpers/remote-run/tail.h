/* SPDX-License-Identifier: MIT */
/* remote-run/tail.h: the last lines of what a command wrote. Pure but for memory. */
#ifndef REMOTE_RUN_TAIL_H
#define REMOTE_RUN_TAIL_H
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"

#define TAIL_MAX ((size_t)8192) /* bytes */

/* Append n bytes; what can no more be among the last TAIL_MAX may be dropped. */
int tail_add(struct buf *tail, const void *bytes, size_t n, struct err *e);
/* The last *n bytes, at most TAIL_MAX, from the beginning of a line on if one begins in them. */
const uint8_t *tail_lines(const struct buf *tail, size_t *n);

#endif
