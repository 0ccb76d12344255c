/* SPDX-License-Identifier: MIT */
/* lib/rsync/scan.h: the source tree as a list, and its files for reading. Works by descriptor: below
 * an operand no symbolic link is followed, at no time, whatever is swapped under it. */
#ifndef RSYNC_SCAN_H
#define RSYNC_SCAN_H
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "lib/base/err.h"
#include "lib/rsync/filter.h"
#include "lib/rsync/flist.h"

struct scan_options {
	const struct filter *filter;
	bool perms; /* permissions as they are; else 0755, or 0644 for files that the owner may not
	             * execute */
	/* Told of each entry that is left out because it is no file, directory or link. */
	void (*skipped)(void *ctx, const char *path);
	void *ctx;
};

/* The directory that the names of one operand start from. */
struct scan_root {
	int fd;
	char *path; /* for messages: ends with '/' or is empty */
};

/* A zeroed struct is an empty scan. */
struct scan {
	struct flist list; /* sealed; entry->root is an index into roots */
	struct scan_root *roots;
	size_t n_roots;
};

/* List operands (n >= 1) as rsync -rl does: "src/" (also ".", "src/..") is the content of src, "src"
 * the entry itself. The filter is asked for everything but the "." of a content operand. Any
 * entry that cannot be read or may not be sent ends the scan: -1 with ERR_LOCAL, nothing to free. */
int scan_tree(const char *const *operands, size_t n, const struct scan_options *o,
              struct scan *out, struct err *e);
void scan_free(struct scan *s);
/* Open the regular file `index` of the list for reading. -1 with errno if it cannot be opened;
 * ENOENT also if something else stands there now. */
int scan_open(const struct scan *s, size_t index);
/* Whether a file still has the size and time that the list says. */
bool scan_unchanged(const struct flist_entry *entry, const struct stat *st);
/* The path of an entry, as the operand led to it: malloc'ed, NULL with *e on lack of memory. */
char *scan_path(const struct scan *s, const struct flist_entry *entry, struct err *e);

#endif
