/* SPDX-License-Identifier: MIT */
/* req-checksum/req_lines.h: the logical lines of a requirements file: continuations joined,
 * comments and blank lines dropped. Source: pip, "Requirements File Format": a line that ends in an
 * unescaped backslash continues; # starts a comment at the start of a line or after a blank;
 * comments go after lines are joined; a comment line ends a continuation. Pure. */
#ifndef REQ_CHECKSUM_REQ_LINES_H
#define REQ_CHECKSUM_REQ_LINES_H
#include <stddef.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"

struct req_lines {
	struct rd in;
	struct buf text; /* the present logical line */
	size_t line;     /* number of the last physical line read */
};

/* Read from n bytes that stay the caller's. Free it with req_lines_free. */
void req_lines_init(struct req_lines *l, const void *bytes, size_t n);
void req_lines_free(struct req_lines *l);
/* The next logical line, without blanks at either end, never empty. *number: of its first physical
 * line. 1; 0 at the end; -1: ERR_LOCAL (a NUL byte in it: `why` says so, the caller knows the
 * file). *text is valid until the next call. */
int req_lines_next(struct req_lines *l, const char **text, size_t *number, struct err *e);

#endif
