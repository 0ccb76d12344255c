/* SPDX-License-Identifier: MIT */
/* Any bytes as a requirements file: each line parses or is refused, and the canonical form of the
 * canonical form of a named requirement is itself. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "req-checksum/req_line.h"
#include "req-checksum/req_lines.h"
#include "req-checksum/req_spec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_canonical(const char *text)
{
	struct err e = {0};
	struct buf once = {0};
	struct buf twice = {0};
	char *path;
	const char *s;
	bool named;

	if (req_spec(&once, text, &path, &e) == -1)
		abort();
	named = path == NULL && strchr(text, '/') == NULL;
	free(path);
	s = buf_cstr(&once, &e);
	if (s == NULL || req_spec(&twice, s, &path, &e) == -1)
		abort();
	free(path);
	/* Blanks within a path are its own, and may mean something else where it ends. */
	if (named && (once.len != twice.len || (once.len > 0 && memcmp(once.bytes, twice.bytes, once.len) != 0)))
		abort();
	buf_free(&once);
	buf_free(&twice);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err e = {0};
	struct req_lines lines;
	struct req_line line;
	const char *text;
	size_t number;

	req_lines_init(&lines, data, size);
	while (req_lines_next(&lines, &text, &number, &e) == 1) {
		check_canonical(text);
		if (req_line_parse(text, &line, &e) == 0)
			req_line_free(&line);
		else if (e.kind != ERR_LOCAL)
			abort();
	}
	req_lines_free(&lines);
	return 0;
}
