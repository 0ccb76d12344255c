/* SPDX-License-Identifier: MIT */
#include "atomic-link/link_path.h"

#include <stddef.h>
#include <string.h>

/* Length of what a and b have in common in whole components, without the slash behind it;
 * 0: nothing but the root. */
static size_t
common_len(const char *a, const char *b)
{
	size_t len = 0;

	for (size_t i = 0;; i++) {
		bool a_ends = a[i] == '\0' || a[i] == '/';
		bool b_ends = b[i] == '\0' || b[i] == '/';

		if (a_ends && b_ends)
			len = i;
		if (a[i] != b[i] || a[i] == '\0')
			return len;
	}
}

int
link_path_text(struct buf *out, const char *from, const char *to, struct err *e)
{
	size_t common = common_len(from, to);
	const char *down = to + common;

	if (common == 0)
		return buf_str(out, to, e);
	for (const char *up = from + common; *up != '\0'; up++)
		if (*up == '/' && buf_str(out, "../", e) == -1)
			return -1;
	if (*down == '/')
		down++;
	if (*down != '\0')
		return buf_str(out, down, e);
	if (out->len == 0)
		return buf_byte(out, '.', e);
	out->len--; /* "../.." needs no slash at its end */
	return 0;
}
