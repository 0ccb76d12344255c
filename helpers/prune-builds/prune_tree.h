/* SPDX-License-Identifier: MIT */
/* prune-builds/prune_tree.h: remove a directory tree by descriptor: no link is followed, no file
 * system entered, nothing outside the tree can be reached by swapping names under it. */
#ifndef PRUNE_BUILDS_PRUNE_TREE_H
#define PRUNE_BUILDS_PRUNE_TREE_H
#include <stddef.h>

#include "lib/base/err.h"

struct prune_left {
	size_t n;         /* what could not be removed, directories above it not counted */
	struct err first; /* why, for the first: path, reason, owner */
};

/* Remove all that is in the directory fd (open, called `path` in messages), not the directory
 * itself. Goes on past what may not be removed and counts it in *left. 0, or -1 for
 * lack of memory. */
int prune_tree_empty(int fd, const char *path, struct prune_left *left, struct err *e);

#endif
