/* SPDX-License-Identifier: MIT */
/* lib/base/words.h: a line as a POSIX shell would split it into words (Python: shlex.split with
 * comments). Pure. */
#ifndef BASE_WORDS_H
#define BASE_WORDS_H
#include <stddef.h>

#include "lib/base/err.h"

#define WORDS_MAX 4096u /* words of one line */

struct words {
	char **at; /* at[0..n), each malloc'ed; at[n] is NULL */
	size_t n;
};

/* Split n bytes: blanks separate, '...' and "..." group, backslash takes the next byte as it is (in
 * "..." only before " and \\), # at the start of a word ends the line. 0; or -1 with ERR_USAGE and
 * the rule broken in `why` (the caller knows the place), ERR_LOCAL on lack of memory. */
int words_split(const char *line, size_t n, struct words *out, struct err *e);
void words_free(struct words *w);

#endif
