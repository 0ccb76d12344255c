/* SPDX-License-Identifier: MIT */
/* remote-run/lines.h: bytes of a remote command into whole lines with a prefix. Pure. */
#ifndef REMOTE_RUN_LINES_H
#define REMOTE_RUN_LINES_H
#include <stdbool.h>
#include <stddef.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"

#define LINES_MAX ((size_t)1 << 16) /* bytes; a longer line is printed in pieces */

struct lines {
	const char *prefix; /* "web1 | "; NULL: pass bytes on as they come, not by lines */
	bool escaped;       /* for a terminal: unprintable bytes as \xNN, tabs kept */
	struct buf part;    /* a line that has not ended yet */
};

/* Take n bytes; append each line that is complete to *out, its prefix in front. */
int lines_add(struct lines *l, const void *bytes, size_t n, struct buf *out, struct err *e);
/* Nothing follows: append an unfinished last line, with a line end. */
int lines_end(struct lines *l, struct buf *out, struct err *e);
void lines_free(struct lines *l);

#endif
