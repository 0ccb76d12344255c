/* SPDX-License-Identifier: MIT */
/* prune-builds/prune_dir.h: a directory of builds, or of environments: what is in it, what speaks
 * for keeping it, taking it aside, removing it. */
#ifndef PRUNE_BUILDS_PRUNE_DIR_H
#define PRUNE_BUILDS_PRUNE_DIR_H
#include <stdbool.h>
#include <stddef.h>

#include "lib/base/err.h"
#include "prune-builds/prune_plan.h"
#include "prune-builds/prune_report.h"

#define PRUNE_ASIDE ".pruning-" /* prefix of what was taken aside and is being removed */

struct prune_dir {
	const char *given; /* as the user wrote it, for messages; borrowed */
	char *path;        /* absolute, free of links */
	int fd;
	bool is_envs;
	struct prune_item *items; /* sorted by name */
	size_t n;
	size_t n_hidden; /* processes that could not be looked into */
};

/* Open a directory; a zeroed struct with fd -1 is closed. prune_dir_free in any case. */
int prune_dir_open(struct prune_dir *d, const char *path, bool is_envs, struct err *e);
void prune_dir_free(struct prune_dir *d);
/* Fill items: of builds all directories with a build's name; of environments all that hold
 * pyvenv.cfg or .incomplete. What looks odd is a warning and no item. */
int prune_dir_read(struct prune_dir *d, struct prune_report *r, struct err *e);

/* Mark what a process runs from. */
int prune_dir_mark_processes(struct prune_dir *d, struct err *e);
/* Mark the item `name` as protected by name. No such item: nothing. */
void prune_dir_mark_active(struct prune_dir *d, const char *name);
/* Mark the item that is `path` (a link is followed) or that holds it. A path that leads nowhere is
 * a warning if something is there at all. */
int prune_dir_mark_link(
    struct prune_dir *d, const char *path, struct prune_report *r, struct err *e);
/* Mark the environments that kept builds refer to by their `env` links; if a build cannot be looked
 * into, all of them. */
int prune_dir_mark_envs(
    struct prune_dir *envs, const struct prune_dir *builds, struct prune_report *r, struct err *e);

/* Rename the doomed items aside; what cannot be is a warning, and stays. */
int prune_dir_set_aside(struct prune_dir *d, struct prune_report *r, struct err *e);
/* Remove all that was taken aside, now or by a run that was killed. */
int prune_dir_sweep(struct prune_dir *d, struct prune_report *r, struct err *e);

#endif
