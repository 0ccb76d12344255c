/* SPDX-License-Identifier: MIT */
/* remote-run/sudo.h: sudo's own refusals in what a command says on stderr, and what to do about
 * them. Pure. */
#ifndef REMOTE_RUN_SUDO_H
#define REMOTE_RUN_SUDO_H
#include <stddef.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"

/* Keep the beginning of a command's stderr (sudo speaks first). */
int sudo_listen(struct buf *said, const void *bytes, size_t n, struct err *e);
/* Give *e a hint if sudo refused. Returns -1. */
int sudo_hint(const struct buf *said, struct err *e);

#endif
