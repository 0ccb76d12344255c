/* SPDX-License-Identifier: MIT */
/* prune-builds/prune_locks.h: the locks of the directories that hold protected links, so that no
 * atomic-link flips one of them to a build between deciding that it goes and taking it aside. */
#ifndef PRUNE_BUILDS_PRUNE_LOCKS_H
#define PRUNE_BUILDS_PRUNE_LOCKS_H
#include <stdbool.h>
#include <stddef.h>

#include "lib/base/err.h"

#define PRUNE_LINKS_MAX 64u /* values of --protect */

struct prune_locks {
	int fds[PRUNE_LINKS_MAX];
	size_t n;
};

/* Lock the directory that holds `link`, unless it is locked already. 0 or -1. */
int prune_locks_add(struct prune_locks *l, const char *link, struct err *e);
/* Whether a deploy holds the lock file at path (deploy-lock(1)); no such file: no. 0 or -1. */
int prune_locks_deploy(const char *path, bool *held, struct err *e);
/* Unlock all. */
void prune_locks_release(struct prune_locks *l);

#endif
