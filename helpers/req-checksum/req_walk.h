/* SPDX-License-Identifier: MIT */
/* req-checksum/req_walk.h: read requirements files and what they include into a set of entries.
 * Entries: "requirement TEXT", "constraint TEXT" (followed by " content=HEX" where a local path is
 * meant), "option TEXT", "include URL", "lock NAME HEX". Errors are ERR_LOCAL
 * and name file:line. */
#ifndef REQ_CHECKSUM_REQ_WALK_H
#define REQ_CHECKSUM_REQ_WALK_H
#include <stddef.h>
#include <sys/types.h>

#include "lib/base/err.h"
#include "req-checksum/req_set.h"

struct req_file {
	dev_t dev;
	ino_t ino;
	int constraint; /* it was read as constraints, or as requirements */
};

/* A zeroed struct is ready. */
struct req_walk {
	struct req_set entries;
	struct req_set files;  /* paths of all files read */
	struct req_file *seen; /* all files read: a second time changes nothing */
	size_t n_seen;
	size_t n_ordered; /* options whose order counts */
};

void req_walk_free(struct req_walk *w);
/* Read a file ("-": standard input). A lock file (NAME.lock, NAME.toml) is opaque. */
int req_walk_file(struct req_walk *w, const char *path, struct err *e);

#endif
