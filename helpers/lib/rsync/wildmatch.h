/* SPDX-License-Identifier: MIT */
/* lib/rsync/wildmatch.h: rsync's wildcard patterns over paths, byte by byte.
 *   \x   the byte x             ?     one byte but '/'
 *   *    any run without '/'    **    any run (so do more stars)
 *   [..] a class, never '/': ranges, [:alpha:] and the like, ! or ^ negates, \x inside
 * A class that does not end or has an unknown name makes a pattern that matches nothing.
 * Pure. */
#ifndef RSYNC_WILDMATCH_H
#define RSYNC_WILDMATCH_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"

struct wild_step; /* private to wildmatch.c */

struct wildmatch {
	struct wild_step *steps;
	size_t n_steps;
	uint8_t *states; /* two sets of n_steps + 1 flags: scratch memory of wildmatch_test */
};

/* Compile a pattern. -1 with ERR_LOCAL on lack of memory. */
int wildmatch_init(struct wildmatch *w, const char *pattern, struct err *e);
void wildmatch_free(struct wildmatch *w);
/* Whether the whole text matches: a path with, as asked, one more '/' before or behind it. */
bool wildmatch_test(const struct wildmatch *w, bool slash_before, const char *path,
                    bool slash_behind);

#endif
