/* SPDX-License-Identifier: MIT */
/* lib/rsync/flist_wire.h: the list's bytes. One writer per session: entries are coded as
 * differences to the one before, and which fields there are depends on options and protocol.
 * Sources: openrsync rsync(5) "File list"; captured sessions (README, "File list"). Pure. */
#ifndef RSYNC_FLIST_WIRE_H
#define RSYNC_FLIST_WIRE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/rsync/flist.h"

struct flist_writer {
	const struct flist *list;
	int protocol;       /* 30..32 */
	bool varint_flags;  /* negotiated */
	bool safe_end;      /* an error code may end the list */
	bool links;         /* option -l */
	bool sums;          /* option -c */
	enum checksum_kind kind;
	/* Private: the previous entry. Zero before the first. */
	const char *prev_name;
	uint32_t prev_mode;
	int64_t prev_mtime;
};

/* Append entry `index`. */
int flist_write_entry(struct flist_writer *w, size_t index, struct buf *out, struct err *e);
/* Append the end marker, with the list's io_errors where it can carry them. */
int flist_write_end(const struct flist_writer *w, struct buf *out, struct err *e);

#endif
