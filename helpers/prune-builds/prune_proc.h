/* SPDX-License-Identifier: MIT */
/* prune-builds/prune_proc.h: which directories below a root running processes use: by working
 * directory, program, mapped files and words of the command line, as far as /proc shows them. */
#ifndef PRUNE_BUILDS_PRUNE_PROC_H
#define PRUNE_BUILDS_PRUNE_PROC_H
#include <stddef.h>

#include "lib/base/err.h"

/* Called with the name below root (n bytes, not terminated). May be called often for one name. */
typedef void prune_proc_found(void *ctx, const char *name, size_t n, long pid);

/* Find every ROOT/NAME in a text of n bytes (NUL bytes allowed): the bytes behind ROOT/ up to the
 * next slash, NUL or line feed. Pure. */
void prune_proc_search(
    const char *text, size_t n, const char *root, prune_proc_found *found, void *ctx, long pid);
/* Search all processes but this one. root: absolute, free of links. *n_hidden: processes whose
 * working directory this user may not see. 0 or -1. */
int prune_proc_scan(
    const char *root, prune_proc_found *found, void *ctx, size_t *n_hidden, struct err *e);

#endif
