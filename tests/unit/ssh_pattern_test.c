/* SPDX-License-Identifier: MIT */
#include "lib/ssh/pattern.h"

#include "unit.h"

static bool
match(const char *pattern, const char *s)
{
	return pattern_match(pattern, strlen(pattern), s);
}

static int
list(const char *patterns, const char *s)
{
	return pattern_list_match(patterns, strlen(patterns), ",", s);
}

TEST(a_plain_pattern_matches_itself_without_regard_to_case)
{
	CHECK(match("web1", "web1"));
	CHECK(match("Web1", "wEB1"));
	CHECK(!match("web1", "web"));
	CHECK(!match("web", "web1"));
	CHECK(match("", ""));
	CHECK(!match("", "a"));
}

TEST(stars_and_question_marks)
{
	CHECK(match("*", ""));
	CHECK(match("*", "anything"));
	CHECK(match("web?", "web1"));
	CHECK(!match("web?", "web"));
	CHECK(match("*.example.com", "a.b.example.com"));
	CHECK(!match("*.example.com", "example.com"));
	CHECK(match("a*b*c", "aXbYbZc"));
	CHECK(!match("a*b*c", "aXbYbZ"));
	CHECK(match("**a", "aaa"));
}

TEST(a_hostile_pattern_takes_no_exponential_time)
{
	CHECK(!match("a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
}

TEST(in_a_list_one_match_is_enough_and_a_negated_one_decides)
{
	CHECK_INT(list("a,b", "b"), 1);
	CHECK_INT(list("a,b", "c"), 0);
	CHECK_INT(list("*,!b", "b"), -1);
	CHECK_INT(list("!b,*", "b"), -1);
	CHECK_INT(list("!b,*", "c"), 1);
	CHECK_INT(list("!b", "c"), 0);
	CHECK_INT(list(",,", ""), 0);
	CHECK_INT(list("", "a"), 0);
	CHECK_INT(list("!", ""), 0);
}

int
main(void)
{
	RUN(a_plain_pattern_matches_itself_without_regard_to_case);
	RUN(stars_and_question_marks);
	RUN(a_hostile_pattern_takes_no_exponential_time);
	RUN(in_a_list_one_match_is_enough_and_a_negated_one_decides);
	return unit_done();
}
