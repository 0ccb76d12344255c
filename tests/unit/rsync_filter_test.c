/* SPDX-License-Identifier: MIT */
#include "lib/rsync/filter.h"

#include <stdlib.h>

#include "lib/rsync/wildmatch.h"
#include "unit.h"

/* Whether one exclude pattern hides a path (a trailing '/' makes it a directory). */
static bool
hides(const char *pattern, const char *path)
{
	struct filter f = { 0 };
	struct err e;
	char name[256];
	size_t n = strlen(path);
	bool is_dir = path[n - 1] == '/';
	bool hidden;

	if (filter_add(&f, FILTER_EXCLUDE, pattern, &e) == -1) {
		unit_fail(__FILE__, __LINE__, "%s: %s", e.what, e.why);
		return false;
	}
	(void)snprintf(name, sizeof(name), "%.*s", (int)(is_dir ? n - 1 : n), path);
	hidden = !filter_allows(&f, name, is_dir);
	filter_free(&f);
	return hidden;
}

/* Each line was tried with rsync 3.5.0 by tests/interop/filter's method. */
static const struct {
	const char *pattern;
	const char *path;
	bool hidden;
} cases[] = {
	{ "*.o", "a/b.o", true },
	{ "*.o", "a/b.o/", true },
	{ "*.o", "a.o/b", false },
	{ "foo", "x/foo", true },
	{ "foo", "x/food", false },
	{ "/foo", "foo", true },
	{ "/foo", "x/foo", false },
	{ "a/b", "x/a/b", true },
	{ "a/b", "a/b", true },
	{ "a/b", "xa/b", false },
	{ "a/b", "b", false },
	{ "a/*", "x/a/c", true },
	{ "a/*", "a/c/d", false },
	{ "a/**/c", "x/a/q/r/c", true },
	{ "a/**/c", "a/c", false },
	{ "/a/**/c", "x/a/q/c", false },
	{ "**/foo", "foo", true },
	{ "**/foo", "x/y/foo", true },
	{ "/**/foo", "foo", false },
	{ "/**/foo", "x/foo", true },
	{ "build/", "x/build/", true },
	{ "build/", "x/build", false },
	{ "dir/***", "dir/", true },
	{ "dir/***", "dir", false },
	{ "dir/***", "dir/x/y", true },
	{ "/dir/***", "x/dir/", false },
	{ "dir/*****/", "x/dir/", true },
	{ "a\\b", "a\\b", true },
	{ "a\\*b", "a*b", true },
	{ "a\\*b", "axb", false },
	{ "a?b", "a/b", false },
	{ "a\\", "a\\", true },
	{ "*\\", "a\\", false },
	{ "[ab]c", "bc", true },
	{ "[!ab]c", "bc", false },
	{ "[^ab]c", "dc", true },
	{ "[]a]c", "]c", true },
	{ "[!]a]c", "]c", false },
	{ "[a-c]", "b", true },
	{ "[a\\-c]", "b", false },
	{ "[a\\-c]", "-", true },
	{ "[a-]", "-", true },
	{ "[-a]", "-", true },
	{ "[a-c-e]", "d", false },
	{ "[a-c-e]", "-", true },
	{ "[[:digit:]x]", "7", true },
	{ "[[:digit:]-z]", "-", true },
	{ "[[:bad:]x]", "x", false },
	{ "[[:x]", ":", true },
	{ "[ab", "a", false },
	{ "[ab", "[ab", false },
	{ "x[!a]y", "x/y", false },
	{ "?", "\303\251", false },
	{ "??", "\303\251", true },
	{ "*", "a", true },
	{ "**", "a/b", true },
};

TEST(agrees_with_rsync_pattern_by_pattern)
{
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (hides(cases[i].pattern, cases[i].path) != cases[i].hidden)
			unit_fail(__FILE__, __LINE__, "\"%s\" and \"%s\": expected %s",
			          cases[i].pattern, cases[i].path, cases[i].hidden ? "hidden" : "sent");
}

TEST(first_rule_that_matches_decides)
{
	struct filter f = { 0 };
	struct err e;

	CHECK_INT(filter_add(&f, FILTER_INCLUDE, "keep.log", &e), 0);
	CHECK_INT(filter_add(&f, FILTER_EXCLUDE, "*.log", &e), 0);
	CHECK_INT(filter_add(&f, FILTER_INCLUDE, "*", &e), 0);
	CHECK(filter_allows(&f, "a/keep.log", false));
	CHECK(!filter_allows(&f, "a/other.log", false));
	CHECK(filter_allows(&f, "a", true));
	filter_free(&f);
}

TEST(values_may_carry_their_own_sign)
{
	struct filter f = { 0 };
	const char **texts;
	struct err e;

	CHECK_INT(filter_add(&f, FILTER_EXCLUDE, "gone", &e), 0);
	CHECK_INT(filter_add(&f, FILTER_EXCLUDE, "!", &e), 0);
	CHECK_INT(filter_add(&f, FILTER_EXCLUDE, "+ /a/b/", &e), 0);
	CHECK_INT(filter_add(&f, FILTER_INCLUDE, "- c d", &e), 0);
	CHECK_INT(filter_add(&f, FILTER_EXCLUDE, "-x", &e), 0);
	REQUIRE(f.n_rules == 3);
	texts = filter_texts(&f, &e);
	REQUIRE(texts != NULL);
	CHECK_STR(texts[0], "+ /a/b/");
	CHECK_STR(texts[1], "- c d");
	CHECK_STR(texts[2], "- -x");
	free(texts);
	filter_free(&f);
}

TEST(a_file_is_one_rule_a_line)
{
	static const char text[] = "# comment\n; comment\r\n\n*.pyc\r\n+ keep\r #not \nlast";
	struct filter f = { 0 };
	const char **texts;
	struct err e;

	CHECK_INT(filter_add_text(&f, FILTER_EXCLUDE, "excludes", text, sizeof(text) - 1, &e), 0);
	REQUIRE(f.n_rules == 4);
	texts = filter_texts(&f, &e);
	REQUIRE(texts != NULL);
	CHECK_STR(texts[0], "- *.pyc");
	CHECK_STR(texts[1], "+ keep");
	CHECK_STR(texts[2], "-  #not ");
	CHECK_STR(texts[3], "- last");
	free(texts);
	filter_free(&f);
}

TEST(a_bad_line_is_named)
{
	struct filter f = { 0 };
	struct err e = { 0 };

	CHECK_INT(filter_add_text(&f, FILTER_EXCLUDE, "excludes", "a\n//\n", 5, &e), -1);
	CHECK_INT(e.kind, ERR_USAGE);
	CHECK_STR(e.what, "excludes:2: filter rule \"//\"");
	CHECK_INT(filter_add_text(&f, FILTER_EXCLUDE, "excludes", "a\0b", 3, &e), -1);
	filter_free(&f);
}

TEST(refuses_what_names_nothing)
{
	struct filter f = { 0 };
	struct err e = { 0 };
	char long_[FILTER_PATTERN_MAX + 2];

	memset(long_, 'a', sizeof(long_) - 1);
	long_[sizeof(long_) - 1] = '\0';
	CHECK_INT(filter_add(&f, FILTER_EXCLUDE, "", &e), -1);
	CHECK_INT(filter_add(&f, FILTER_EXCLUDE, "/", &e), -1);
	CHECK_INT(filter_add(&f, FILTER_EXCLUDE, "- ", &e), -1);
	CHECK_INT(filter_add(&f, FILTER_EXCLUDE, long_, &e), -1);
	CHECK_INT(f.n_rules, 0);
	CHECK_INT(filter_add(&f, FILTER_EXCLUDE, long_ + 1, &e), 0);
	filter_free(&f);
}

/* With a matcher that backtracks this would not end in our time. */
TEST(many_stars_are_no_trouble)
{
	struct wildmatch w;
	struct err e;
	char text[201];

	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	REQUIRE(wildmatch_init(&w, "*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", &e) == 0);
	CHECK(!wildmatch_test(&w, false, text, false));
	wildmatch_free(&w);
}

int
main(void)
{
	RUN(agrees_with_rsync_pattern_by_pattern);
	RUN(first_rule_that_matches_decides);
	RUN(values_may_carry_their_own_sign);
	RUN(a_file_is_one_rule_a_line);
	RUN(a_bad_line_is_named);
	RUN(refuses_what_names_nothing);
	RUN(many_stars_are_no_trouble);
	return unit_done();
}
