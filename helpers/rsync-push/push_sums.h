/* SPDX-License-Identifier: MIT */
/* push_sums.h: the sums of the files in the list, computed once for all hosts. Works in slices inside
 * the poll loop, so that reading the tree overlaps with connecting without a second thread: the kind
 * most likely to be asked for is begun before the first host has said what it wants. */
#ifndef PUSH_SUMS_H
#define PUSH_SUMS_H
#include <stdbool.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/rsync/checksum.h"
#include "lib/rsync/scan.h"

/* A zeroed struct with `scan` set wants nothing yet. */
struct push_sums {
	struct scan *scan; /* borrowed; its list's sums are filled */
	bool wanted[CHECKSUM_KINDS];
	bool done[CHECKSUM_KINDS];
	/* The file at work. */
	enum checksum_kind kind;
	struct checksum *sum; /* NULL: no kind is at work */
	size_t index;
	bool is_open;
	int fd;
	int64_t n_read; /* bytes */
};

/* Ask for one kind; asking again does nothing. */
void push_sums_want(struct push_sums *s, enum checksum_kind kind);
bool push_sums_done(const struct push_sums *s, enum checksum_kind kind);
/* Work for about budget_ms. 1: more is left, 0: all that was asked for is there, -1 with ERR_LOCAL: a
 * file could not be read, or is no longer what was scanned. */
int push_sums_step(struct push_sums *s, int64_t budget_ms, struct err *e);
void push_sums_free(struct push_sums *s);

#endif
