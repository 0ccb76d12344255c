/* SPDX-License-Identifier: MIT */
#include "rsync-push/push_sums.h"

#include <stdlib.h>
#include <unistd.h>

#include "unit.h"

#define HELLO_MD5 "\x5d\x41\x40\x2a\xbc\x4b\x2a\x76\xb9\x71\x9d\x91\x10\x17\xc5\x92"
#define EMPTY_MD5 "\xd4\x1d\x8c\xd9\x8f\x00\xb2\x04\xe9\x80\x09\x98\xec\xf8\x42\x7e"

static void
make_file(const char *path, const char *content)
{
	FILE *f = fopen(path, "w");

	if (f == NULL || fputs(content, f) == EOF || fclose(f) != 0)
		unit_fail(__FILE__, __LINE__, "make %s", path);
}

static int
scan_here(struct scan *s, struct err *e)
{
	static const struct filter none;
	static const char *const operands[] = { "./" };
	const struct scan_options o = { .filter = &none };

	make_file("empty", "");
	make_file("hello", "hello");
	return scan_tree(operands, 1, &o, s, e);
}

/* Step until all is there. */
static int
finish(struct push_sums *sums, struct err *e)
{
	int ret;

	while ((ret = push_sums_step(sums, 0, e)) == 1)
		continue;
	return ret;
}

TEST(each_kind_is_computed_once_it_is_wanted)
{
	struct push_sums sums = { 0 };
	struct scan s;
	struct err e;

	REQUIRE(scan_here(&s, &e) == 0);
	sums.scan = &s;
	CHECK_INT(push_sums_step(&sums, 0, &e), 0);
	CHECK(!push_sums_done(&sums, CHECKSUM_MD5));
	push_sums_want(&sums, CHECKSUM_MD5);
	CHECK_INT(push_sums_step(&sums, 0, &e), 1); /* a slice is at least one piece */
	CHECK(!push_sums_done(&sums, CHECKSUM_MD5));
	CHECK_INT(finish(&sums, &e), 0);
	CHECK(push_sums_done(&sums, CHECKSUM_MD5));
	CHECK(!push_sums_done(&sums, CHECKSUM_XXH128));
	CHECK_MEM(s.list.sums[CHECKSUM_MD5][1], EMPTY_MD5, 16);
	CHECK_MEM(s.list.sums[CHECKSUM_MD5][2], HELLO_MD5, 16);
	push_sums_want(&sums, CHECKSUM_XXH128);
	CHECK_INT(finish(&sums, &e), 0);
	CHECK(push_sums_done(&sums, CHECKSUM_XXH128));
	push_sums_free(&sums);
	scan_free(&s);
}

static void
expect_failure(const char *content, const char *why)
{
	struct push_sums sums = { 0 };
	struct scan s;
	struct err e;

	REQUIRE(scan_here(&s, &e) == 0);
	sums.scan = &s;
	push_sums_want(&sums, CHECKSUM_XXH128);
	if (content == NULL)
		CHECK_INT(unlink("hello"), 0);
	else
		make_file("hello", content);
	CHECK_INT(finish(&sums, &e), -1);
	CHECK_INT(e.kind, ERR_LOCAL);
	CHECK_STR(e.what, "read ./hello");
	CHECK_STR(e.why, why);
	push_sums_free(&sums);
	scan_free(&s);
}

TEST(a_file_that_changed_is_an_error)
{
	expect_failure("hello, longer", "it changed since the tree was scanned");
	expect_failure("he", "it changed since the tree was scanned");
	expect_failure(NULL, "No such file or directory");
}

int
main(void)
{
	char work[] = "/tmp/slipway-sums-XXXXXX";
	char command[64];

	if (mkdtemp(work) == NULL || chdir(work) != 0)
		return 1;
	RUN(each_kind_is_computed_once_it_is_wanted);
	RUN(a_file_that_changed_is_an_error);
	(void)snprintf(command, sizeof(command), "rm -rf %s", work);
	if (system(command) != 0)
		return 1;
	return unit_done();
}
