/* SPDX-License-Identifier: MIT */
/* Tests of prune-builds' decisions: prune_plan, and what prune_proc finds in a text. */
#include "prune-builds/prune_plan.h"

#include "prune-builds/prune_proc.h"
#include "unit.h"

static char names[8][3] = {"0", "1", "2", "3", "4", "5", "6", "7"};
static struct prune_item items[8];

static void
reset(void)
{
	for (size_t i = 0; i < 8; i++)
		items[i] = (struct prune_item){.name = names[i], .state = BUILD_COMPLETE};
}

/* One letter for each verdict. */
static const char *
planned(size_t keep)
{
	static char text[9];

	prune_plan_builds(items, 8, keep);
	for (size_t i = 0; i < 8; i++)
		text[i] = "-nlapu"[items[i].verdict];
	return text;
}

TEST(keeps_the_newest)
{
	reset();
	CHECK_STR(planned(3), "-----nnn");
	CHECK_STR(planned(0), "nnnnnnnn");
	CHECK_STR(planned(100), "nnnnnnnn");
}

TEST(incomplete_and_failed_ones_do_not_count)
{
	reset();
	items[7].state = BUILD_IS_INCOMPLETE;
	items[5].state = BUILD_IS_FAILED;
	CHECK_STR(planned(2), "----n-n-");
	CHECK_STR(planned(0), "nnnnn-n-");
}

TEST(protected_ones_stay_and_those_among_the_newest_count)
{
	reset();
	items[0].linked = true;
	items[1].pid = 12;
	items[2].active = true;
	items[2].state = BUILD_IS_INCOMPLETE;
	items[3].unknown = true;
	items[7].linked = true;
	CHECK_STR(planned(2), "lpau--nl");
}

TEST(environments_stay_only_for_a_reason)
{
	reset();
	items[1].linked = true;
	items[2].active = true;
	items[3].pid = 1;
	items[4].unknown = true;
	prune_plan_envs(items, 8);
	CHECK_INT(items[0].verdict, PRUNE_REMOVE);
	for (size_t i = 1; i < 5; i++)
		CHECK(items[i].verdict != PRUNE_REMOVE);
	CHECK_STR(prune_verdict_text(items[3].verdict), "a process runs from it");
}

static char found[256];

static void
note(void *ctx, const char *name, size_t n, long pid)
{
	size_t at = strlen(found);

	(void)ctx;
	(void)snprintf(found + at, sizeof found - at, "%.*s:%ld ", (int)n, name, pid);
}

static const char *
search(const char *text, size_t n)
{
	found[0] = '\0';
	prune_proc_search(text, n, "/app/builds", note, NULL, 7);
	return found;
}

#define SEARCH(text) search(text, sizeof(text) - 1)

TEST(finds_names_below_a_root)
{
	CHECK_STR(SEARCH("/app/builds/1"), "1:7 ");
	CHECK_STR(SEARCH("/app/builds/1/a.so\n7f /app/builds/2 (deleted)\n"), "1:7 2 (deleted):7 ");
	CHECK_STR(SEARCH("--home=/app/builds/3\0/x/app/builds/4/y\0"), "3:7 4:7 ");
}

TEST(finds_nothing_in_what_is_near)
{
	CHECK_STR(SEARCH(""), "");
	CHECK_STR(SEARCH("/app/builds"), "");
	CHECK_STR(SEARCH("/app/builds/"), "");
	CHECK_STR(SEARCH("/app/buildsx/1 /app/build/1 app/builds/1"), "");
	CHECK_STR(SEARCH("/app/builds//1"), "");
}

int
main(void)
{
	RUN(keeps_the_newest);
	RUN(incomplete_and_failed_ones_do_not_count);
	RUN(protected_ones_stay_and_those_among_the_newest_count);
	RUN(environments_stay_only_for_a_reason);
	RUN(finds_names_below_a_root);
	RUN(finds_nothing_in_what_is_near);
	return unit_done();
}
