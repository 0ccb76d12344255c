/* SPDX-License-Identifier: MIT */
#include "lib/base/words.h"

#include <stdbool.h>
#include <stdlib.h>

#include "lib/base/buf.h"
#include "lib/base/text.h"

static int
refuse(struct err *e, const char *why)
{
	return err_set(e, ERR_USAGE, why, "split words");
}

/* Append one word that starts at *at to word; leaves *at behind it. */
static int
take_word(const char *line, size_t n, size_t *at, struct buf *word, struct err *e)
{
	char quote = '\0';

	for (; *at < n; (*at)++) {
		char c = line[*at];

		if (quote == '\0' && (c == ' ' || c == '\t'))
			return 0;
		if (quote != '\0' && c == quote) {
			quote = '\0';
			continue;
		}
		if (quote == '\0' && (c == '\'' || c == '"')) {
			quote = c;
			continue;
		}
		if (c == '\\' && quote != '\'') {
			bool takes = *at + 1 < n && (quote == '\0' || line[*at + 1] == '"' ||
							line[*at + 1] == '\\');

			if (*at + 1 == n)
				return refuse(e, "a backslash ends the line");
			if (takes)
				c = line[++*at];
		}
		if (c == '\0')
			return refuse(e, "it holds a NUL byte");
		if (buf_byte(word, (uint8_t)c, e) == -1)
			return -1;
	}
	return quote == '\0' ? 0 : refuse(e, "a quote is not closed");
}

static int
add_word(struct words *w, const struct buf *word, struct err *e)
{
	char **at;

	if (w->n == WORDS_MAX)
		return refuse(e, "too many words");
	at = realloc(w->at, (w->n + 2) * sizeof *at);
	if (at == NULL)
		return err_set(e, ERR_LOCAL, "out of memory", "split words");
	w->at = at;
	at[w->n + 1] = NULL;
	at[w->n] = text_dup((const char *)word->bytes, word->len, e);
	if (at[w->n] == NULL)
		return -1;
	w->n++;
	return 0;
}

int
words_split(const char *line, size_t n, struct words *out, struct err *e)
{
	struct buf word = {0};
	size_t at = 0;
	int ret = 0;

	*out = (struct words){0};
	while (ret == 0) {
		while (at < n && (line[at] == ' ' || line[at] == '\t'))
			at++;
		if (at == n || line[at] == '#')
			break;
		buf_clear(&word);
		ret = take_word(line, n, &at, &word, e);
		if (ret == 0)
			ret = add_word(out, &word, e);
	}
	buf_free(&word);
	if (ret == -1)
		words_free(out);
	return ret;
}

void
words_free(struct words *w)
{
	for (size_t i = 0; i < w->n; i++)
		free(w->at[i]);
	free(w->at);
	*w = (struct words){0};
}
