/* SPDX-License-Identifier: MIT */
/* req-checksum/req_line.h: what a logical line of a requirements file says. Source: pip,
 * "Requirements File Format". Pure. */
#ifndef REQ_CHECKSUM_REQ_LINE_H
#define REQ_CHECKSUM_REQ_LINE_H
#include <stdbool.h>

#include "lib/base/err.h"

enum req_kind {
	REQ_REQUIREMENT, /* text: canonical */
	REQ_OPTION,      /* text: "--name" or "--name value" */
	REQ_INCLUDE,     /* text: the file of -r, or a URL */
	REQ_CONSTRAINT   /* text: the file of -c, or a URL */
};

struct req_part {
	enum req_kind kind;
	char *text;
	char *path;   /* REQ_REQUIREMENT: the local path that its content is at, or NULL */
	bool ordered; /* REQ_OPTION: later ones of its kind override or refine earlier ones */
};

struct req_line {
	struct req_part *at; /* one requirement, or any number of options and includes */
	size_t n;
};

/* Parse a line. 0; or -1: ERR_LOCAL with the rule broken in `why` (the caller knows the place). */
int req_line_parse(const char *text, struct req_line *out, struct err *e);
void req_line_free(struct req_line *l);

#endif
