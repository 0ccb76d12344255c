/* SPDX-License-Identifier: MIT */
#include "lib/base/words.h"

#include <stdlib.h>
#include <string.h>

#include "unit.h"

static struct err e;
static char text[1024];

/* The words with "|" behind each, or the rule broken. */
static const char *
split_n(const char *line, size_t n)
{
	struct words w;

	if (words_split(line, n, &w, &e) == -1)
		return e.why;
	text[0] = '\0';
	for (size_t i = 0; i < w.n; i++) {
		(void)strncat(text, w.at[i], 100);
		(void)strncat(text, "|", 2);
	}
	words_free(&w);
	return text;
}

static const char *
split(const char *line)
{
	return split_n(line, strlen(line));
}

TEST(splits_as_a_shell_would)
{
	CHECK_STR(split("  a b\tc "), "a|b|c|");
	CHECK_STR(split("a='b c'd \"e f\""), "a=b cd|e f|");
	CHECK_STR(split("'' \"\""), "||");
	CHECK_STR(split("a\\ b \\'c \"d\\\"e\\\\f\\g\" 'h\\i'"), "a b|'c|d\"e\\f\\g|h\\i|");
	CHECK_STR(split("a#b #c d"), "a#b|");
	CHECK_STR(split(""), "");
	CHECK_STR(split("# all"), "");
}

TEST(refuses_what_is_not_closed)
{
	CHECK_STR(split("a 'b"), "a quote is not closed");
	CHECK_STR(split("\""), "a quote is not closed");
	CHECK_STR(split("a\\"), "a backslash ends the line");
	CHECK_STR(split_n("a\0b", 3), "it holds a NUL byte");
	CHECK_STR(split_n("'\0'", 3), "it holds a NUL byte");
}

TEST(refuses_too_many)
{
	size_t n = 2 * (WORDS_MAX + 1);
	char *line = malloc(n);

	REQUIRE(line != NULL);
	memset(line, 'a', n);
	for (size_t i = 1; i < n; i += 2)
		line[i] = ' ';
	CHECK_STR(split_n(line, n), "too many words");
	free(line);
}

int
main(void)
{
	RUN(splits_as_a_shell_would);
	RUN(refuses_what_is_not_closed);
	RUN(refuses_too_many);
	return unit_done();
}
