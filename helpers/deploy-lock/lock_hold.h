/* SPDX-License-Identifier: MIT */
/* deploy-lock/lock_hold.h: the life of a holder: wait, hold while heartbeats come, let go. Installs
 * handlers for SIGTERM, SIGHUP, SIGINT and ignores SIGPIPE: one call per process. */
#ifndef DEPLOY_LOCK_LOCK_HOLD_H
#define DEPLOY_LOCK_LOCK_HOLD_H
#include <stdint.h>

#include "lib/base/err.h"

struct lock_hold {
	const char *path;
	const char *owner; /* NULL: the user's name */
	const char *url;   /* or NULL */
	const char *token; /* NULL: a random one */
	int64_t lease_s;   /* longest time between two heartbeats */
	int64_t wait_s;    /* longest time to wait for the lock; 0: do not */
};

/* Take the lock, print the token and a line feed to stdout, keep the lock until stdin ends.
 * 0 when it was let go for that reason; -1 with ERR_NO: it is another's, or it was let go before
 * the owner closed stdin (no heartbeat within the lease, a signal); else ERR_LOCAL, among others
 * when nobody can read the token. */
int lock_hold(const struct lock_hold *h, struct err *e);

#endif
