/* SPDX-License-Identifier: MIT */
#include "req-checksum/req_lines.h"

#include <stdbool.h>
#include <string.h>

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\f' || c == '\v' || c == '\r';
}

void
req_lines_init(struct req_lines *l, const void *bytes, size_t n)
{
	static const uint8_t bom[] = {0xef, 0xbb, 0xbf};

	*l = (struct req_lines){.in = rd_of(bytes, n)};
	if (n >= sizeof bom && memcmp(bytes, bom, sizeof bom) == 0)
		l->in = rd_of((const uint8_t *)bytes + sizeof bom, n - sizeof bom);
}

void
req_lines_free(struct req_lines *l)
{
	buf_free(&l->text);
}

static bool
is_comment(const char *line, size_t n)
{
	while (n > 0 && is_blank(*line)) {
		line++;
		n--;
	}
	return n > 0 && *line == '#';
}

/* Join physical lines into l->text. 1; 0 at the end of input; -1. */
static int
join(struct req_lines *l, size_t *number, struct err *e)
{
	const char *line;
	size_t n;
	bool started = false;

	buf_clear(&l->text);
	while (rd_line(&l->in, &line, &n)) {
		bool comment = is_comment(line, n);
		bool goes_on = !comment && n > 0 && line[n - 1] == '\\';

		l->line++;
		if (!started)
			*number = l->line;
		started = true;
		if (memchr(line, '\0', n) != NULL)
			return err_set(e, ERR_LOCAL, "it holds a NUL byte", "line %zu", l->line);
		if (comment &&
		    buf_byte(&l->text, ' ', e) == -1) /* so that it is one where it is joined */
			return -1;
		if (buf_add(&l->text, line, goes_on ? n - 1 : n, e) == -1)
			return -1;
		if (!goes_on)
			return 1;
	}
	return started;
}

/* Length of the text before a comment. */
static size_t
uncommented_len(const char *text)
{
	for (size_t i = 0; text[i] != '\0'; i++)
		if (text[i] == '#' && (i == 0 || is_blank(text[i - 1])))
			return i;
	return strlen(text);
}

int
req_lines_next(struct req_lines *l, const char **text, size_t *number, struct err *e)
{
	for (;;) {
		int ret = join(l, number, e);
		const char *all = ret == 1 ? buf_cstr(&l->text, e) : NULL;
		size_t len;

		if (ret != 1 || all == NULL)
			return ret == 0 ? 0 : -1;
		len = uncommented_len(all);
		while (len > 0 && is_blank(all[len - 1]))
			len--;
		l->text.len = len;
		while (l->text.len > 0 && is_blank((char)l->text.bytes[0]))
			buf_consume(&l->text, 1);
		if (l->text.len == 0)
			continue;
		*text = buf_cstr(&l->text, e);
		return *text == NULL ? -1 : 1;
	}
}
