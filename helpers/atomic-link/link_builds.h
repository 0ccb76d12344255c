/* SPDX-License-Identifier: MIT */
/* atomic-link/link_builds.h: targets of a rollback, found in a directory of builds. */
#ifndef ATOMIC_LINK_LINK_BUILDS_H
#define ATOMIC_LINK_LINK_BUILDS_H
#include "atomic-link/link_swap.h"
#include "lib/base/err.h"

/* Name of the newest complete, not failed build in `dir` that is older than the one that the link
 * resolves to; malloc'ed. NULL with ERR_NO if there is none, ERR_LOCAL if the link does not lead
 * into dir. */
char *link_builds_previous(const char *dir, const struct link_place *p, struct err *e);

/* Absolute path of the build `name`, malloc'ed; NULL with ERR_USAGE for what is no build's name,
 * ERR_LOCAL where it is missing, incomplete or failed. */
char *link_builds_named(const char *dir, const char *name, struct err *e);

#endif
