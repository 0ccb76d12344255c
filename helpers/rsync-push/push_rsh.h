/* SPDX-License-Identifier: MIT */
/* push_rsh.h: connections by an external shell (--rsh) instead of our own SSH. */
#ifndef PUSH_RSH_H
#define PUSH_RSH_H
#include <stddef.h>

#include "lib/base/err.h"
#include "lib/base/stream.h"
#include "lib/ssh/group.h"

/* Run RSH [-l USER] HOST COMMAND. rsh is divided as push_words does. */
int push_rsh_spawn(const char *rsh, const char *user, const char *host, const char *command,
                   struct stream *out, struct err *e);

/* The loop of ssh_group_run for n hosts without sessions: ops->start gets NULL for it. */
int push_rsh_run(size_t n, size_t parallel, const struct ssh_group_ops *ops, void *ctx,
                 struct err *e);

#endif
