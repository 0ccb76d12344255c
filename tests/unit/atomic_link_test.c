/* SPDX-License-Identifier: MIT */
/* Tests of atomic-link's decisions: link_path and link_choice. */
#include "atomic-link/link_choice.h"

#include "atomic-link/link_path.h"
#include "unit.h"

static struct buf out;
static struct err e;

static const char *
text(const char *from, const char *to)
{
	buf_clear(&out);
	return link_path_text(&out, from, to, &e) == 0 ? buf_cstr(&out, &e) : NULL;
}

TEST(links_are_relative_below_a_common_directory)
{
	CHECK_STR(text("/app", "/app/builds/1"), "builds/1");
	CHECK_STR(text("/app/builds/1", "/app/envs/k"), "../../envs/k");
	CHECK_STR(text("/app/a", "/app/ab"), "../ab");
	CHECK_STR(text("/app/ab", "/app/a"), "../a");
	CHECK_STR(text("/app/a/b", "/app"), "../..");
	CHECK_STR(text("/app", "/app"), ".");
}

TEST(links_are_absolute_when_only_the_root_is_common)
{
	CHECK_STR(text("/srv/app", "/data/builds/1"), "/data/builds/1");
	CHECK_STR(text("/", "/data"), "/data");
	CHECK_STR(text("/a", "/ab"), "/ab");
}

TEST(the_previous_build_is_the_newest_usable_older_one)
{
	static const char *const names[] = {"20260101000003", "x", "20260101000001", "20260101000002",
	                                    "20260101000004"};
	bool usable[] = {true, true, true, true, true};

	CHECK_STR(link_choice_previous(names, usable, 5, "20260101000004"), "20260101000003");
	usable[0] = false;
	CHECK_STR(link_choice_previous(names, usable, 5, "20260101000004"), "20260101000002");
	CHECK(link_choice_previous(names, usable, 5, "20260101000001") == NULL);
	CHECK(link_choice_previous(names, usable, 0, "20260101000001") == NULL);
}

TEST(expectations)
{
	CHECK(link_choice_expects_none("") && link_choice_expects_none("none"));
	CHECK(!link_choice_expects_none("20260101000001"));
	CHECK(link_choice_matches("builds/1", "builds/1"));
	CHECK(link_choice_matches("1", "builds/1") && link_choice_matches("1", "/x/builds/1"));
	CHECK(!link_choice_matches("2", "builds/12") && !link_choice_matches("x/1", "builds/1"));
	CHECK(link_choice_matches("one", "one") && !link_choice_matches("one", "two"));
}

int
main(void)
{
	RUN(links_are_relative_below_a_common_directory);
	RUN(links_are_absolute_when_only_the_root_is_common);
	RUN(the_previous_build_is_the_newest_usable_older_one);
	RUN(expectations);
	buf_free(&out);
	return unit_done();
}
