/* SPDX-License-Identifier: MIT */
#include "lib/base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NEAREST_MAX 64u /* bytes; longer words are not compared */

char *
text_dup(const char *s, size_t n, struct err *e)
{
	char *copy = malloc(n + 1);

	if (copy == NULL) {
		(void)err_set(e, ERR_LOCAL, "out of memory", "allocate %zu bytes", n + 1);
		return NULL;
	}
	if (n > 0)
		memcpy(copy, s, n);
	copy[n] = '\0';
	return copy;
}

char *
text_fmt(struct err *e, const char *fmt, ...)
{
	va_list ap;
	char *s;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0) {
		(void)err_set(e, ERR_INTERNAL, NULL, "format text");
		return NULL;
	}
	s = malloc((size_t)n + 1);
	if (s == NULL) {
		(void)err_set(e, ERR_LOCAL, "out of memory", "allocate %d bytes", n + 1);
		return NULL;
	}
	va_start(ap, fmt);
	(void)vsnprintf(s, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return s;
}

/* Length of the valid UTF-8 sequence of two to four bytes at p, or 0 (RFC 3629 section 4: no
 * overlong forms, no surrogates, nothing above U+10FFFF). */
static size_t
utf8_len(const uint8_t *p, size_t n)
{
	size_t len = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;

	if (p[0] < 0xc2 || p[0] > 0xf4 || n < len)
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f))
		return 0;
	if ((p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return len;
}

size_t
text_printable_len(const uint8_t *p, size_t n)
{
	if (p[0] < 0x80)
		return p[0] >= 0x20 && p[0] != 0x7f;
	if (p[0] == 0xc2 && n >= 2 && p[1] < 0xa0)
		return 0; /* U+0080..U+009F: terminals obey them */
	return utf8_len(p, n);
}

int
text_escape(struct buf *out, const void *s, size_t n, bool keep_lf, struct err *e)
{
	const uint8_t *p = s;

	while (n > 0) {
		size_t len = keep_lf && *p == '\n' ? 1 : text_printable_len(p, n);
		int ret = len > 0 ? buf_add(out, p, len, e) : buf_fmt(out, e, "\\x%02x", *p);

		if (ret == -1)
			return -1;
		p += len > 0 ? len : 1;
		n -= len > 0 ? len : 1;
	}
	return 0;
}

static bool
shell_safe(const char *s)
{
	static const char safe[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				   "0123456789_@%+=:,./-";

	return *s != '\0' && s[strspn(s, safe)] == '\0';
}

int
text_shell_quote(struct buf *out, const char *s, struct err *e)
{
	if (strpbrk(s, "\r\n") != NULL)
		return err_set(e, ERR_USAGE, "it holds a line break", "quote \"%s\"", s);
	if (shell_safe(s))
		return buf_str(out, s, e);
	if (buf_byte(out, '\'', e) == -1)
		return -1;
	for (; *s != '\0'; s++)
		if ((*s == '\'' ? buf_str(out, "'\\''", e) : buf_byte(out, (uint8_t)*s, e)) == -1)
			return -1;
	return buf_byte(out, '\'', e);
}

static int
json_byte(struct buf *out, uint8_t c, struct err *e)
{
	switch (c) {
	case '"':
		return buf_str(out, "\\\"", e);
	case '\\':
		return buf_str(out, "\\\\", e);
	case '\n':
		return buf_str(out, "\\n", e);
	case '\t':
		return buf_str(out, "\\t", e);
	case '\r':
		return buf_str(out, "\\r", e);
	default:
		return c < 0x20 ? buf_fmt(out, e, "\\u%04x", c) : buf_byte(out, c, e);
	}
}

int
text_json(struct buf *out, const void *s, size_t n, struct err *e)
{
	const uint8_t *p = s;

	if (buf_byte(out, '"', e) == -1)
		return -1;
	while (n > 0) {
		size_t len = *p < 0x80 ? 1 : utf8_len(p, n);
		int ret;

		if (*p < 0x80)
			ret = json_byte(out, *p, e);
		else
			ret = len > 0 ? buf_add(out, p, len, e) : buf_str(out, "\\ufffd", e);
		if (ret == -1)
			return -1;
		p += len > 0 ? len : 1;
		n -= len > 0 ? len : 1;
	}
	return buf_byte(out, '"', e);
}

void
text_hex(const uint8_t *bytes, size_t n, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		out[2 * i] = digits[bytes[i] >> 4];
		out[2 * i + 1] = digits[bytes[i] & 15];
	}
	out[2 * n] = '\0';
}

/* Edit distance (Levenshtein) of two words shorter than NEAREST_MAX. */
static size_t
distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t row[NEAREST_MAX + 1];

	for (size_t j = 0; j <= b_len; j++)
		row[j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			size_t best = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[b_len];
}

const char *
text_nearest(const char *s, const char *const *candidates)
{
	size_t len = strlen(s);
	size_t limit = 1 + len / 4;
	const char *nearest = NULL;

	if (len == 0 || len >= NEAREST_MAX)
		return NULL;
	for (; *candidates != NULL; candidates++) {
		size_t c_len = strlen(*candidates);
		size_t d;

		if (c_len >= NEAREST_MAX)
			continue;
		d = distance(s, len, *candidates, c_len);
		if (d > limit || (nearest != NULL && d == limit))
			continue;
		nearest = *candidates;
		limit = d;
	}
	return nearest;
}

bool
text_starts_with(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool
text_ends_with(const char *s, const char *suffix)
{
	size_t len = strlen(s);
	size_t suffix_len = strlen(suffix);

	return len >= suffix_len && memcmp(s + len - suffix_len, suffix, suffix_len) == 0;
}
