/* SPDX-License-Identifier: MIT */
/* atomic-link/link_swap.h: a link that is replaced in one step, under the lock of the directory
 * that holds it. Errors are ERR_LOCAL unless said otherwise. */
#ifndef ATOMIC_LINK_LINK_SWAP_H
#define ATOMIC_LINK_LINK_SWAP_H
#include <stdbool.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"

struct link_place {
	const char *path; /* LINK as given, for messages; borrowed */
	int dir_fd;       /* the directory that holds it, locked */
	char *dir;        /* its absolute path without links */
	char *name;       /* last component of LINK */
	char *text;       /* what the link says now; NULL: there is none */
};

/* Find and lock the place of LINK, read the link, remove temporary links that a killed run left.
 * Refuses anything but a link or nothing in LINK's place. link_place_free in any case. */
int link_place_open(struct link_place *p, const char *link, struct err *e);
/* Closes and thereby unlocks. A zeroed struct with dir_fd -1 does nothing. */
void link_place_free(struct link_place *p);

/* The absolute path that the link resolves to, malloc'ed. NULL if there is no link or it leads
 * nowhere. */
char *link_place_target(const struct link_place *p, struct err *e);
/* -1 with ERR_NO if the link is not what `expect` says: a build's name, the link's text, or a path
 * that leads to the same place; "" or "none": there is no link. */
int link_place_expect(const struct link_place *p, const char *expect, struct err *e);
/* Refuse a target that is missing, or a directory marked incomplete or failed. Returns its absolute
 * path, malloc'ed, or NULL. */
char *link_target_check(const char *target, struct err *e);
/* Make the target's content durable: its file system, then the directory itself. */
int link_target_sync(const char *target, struct err *e);
/* Point the link at target (absolute, checked). *text gets the new link's text; *changed says
 * whether it was something else before. durable: sync the directory after. */
int link_place_swap(struct link_place *p, const char *target, bool durable, struct buf *text,
    bool *changed, struct err *e);

#endif
