/* SPDX-License-Identifier: MIT */
#include "lib/rsync/scan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"

static char work[] = "/tmp/slipway-scan-XXXXXX";

static void
make_file(const char *path, const char *content, mode_t mode)
{
	FILE *f = fopen(path, "w");

	if (f == NULL || fputs(content, f) == EOF || fclose(f) != 0 || chmod(path, mode) != 0)
		unit_fail(__FILE__, __LINE__, "make %s", path);
}

static void
make_dir(const char *path)
{
	if (mkdir(path, 0700) != 0)
		unit_fail(__FILE__, __LINE__, "make %s", path);
}

static void
make_tree(void)
{
	make_dir("src");
	make_dir("src/sub");
	make_file("src/a", "hello", 0600);
	make_file("src/run", "#!/bin/sh\n", 0700);
	make_file("src/sub/b.o", "", 0640);
	CHECK_INT(symlink("sub/b.o", "src/link"), 0);
	CHECK_INT(symlink("src", "alias"), 0);
	CHECK_INT(mkfifo("src/fifo", 0600), 0);
	make_dir("other");
	make_dir("other/sub");
	make_file("other/sub/c", "c", 0644);
}

static size_t n_skipped;

static void
on_skipped(void *ctx, const char *path)
{
	(void)ctx;
	n_skipped++;
	CHECK(strcmp(path, "fifo") == 0 || strcmp(path, "src/fifo") == 0);
}

/* The names of a scan, "a b/ c@target" in the list's order; or the error. */
static const char *
scan_text(const char *const *operands, size_t n, const struct filter *filter)
{
	static const struct filter none;
	static char text[1024];
	const struct scan_options o = { .filter = filter == NULL ? &none : filter,
	                                .skipped = on_skipped };
	struct scan s;
	struct err e;
	size_t i;

	if (scan_tree(operands, n, &o, &s, &e) == -1) {
		(void)snprintf(text, sizeof(text), "%s: %s", e.what, e.why);
		return text;
	}
	text[0] = '\0';
	for (i = 0; i < s.list.n; i++) {
		const struct flist_entry *entry = &s.list.entries[i];
		size_t len = strlen(text);

		(void)snprintf(text + len, sizeof(text) - len, "%s%s%s%s%s", len == 0 ? "" : " ",
		               entry->name, flist_is_dir(entry) ? "/" : "",
		               entry->target != NULL ? "@" : "",
		               entry->target != NULL ? entry->target : "");
	}
	scan_free(&s);
	return text;
}

#define SCAN(...) scan_text((const char *const[]){ __VA_ARGS__ }, \
                            sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *), NULL)

#define CONTENT "./ a link@sub/b.o run sub/ sub/b.o"

TEST(a_slash_means_the_content)
{
	CHECK_STR(SCAN("src/"), CONTENT);
	CHECK_STR(SCAN("src/."), CONTENT);
	CHECK_STR(SCAN("src/sub/.."), CONTENT);
	CHECK_STR(SCAN("alias/"), CONTENT);
	CHECK_STR(SCAN("src"), "src/ src/a src/link@sub/b.o src/run src/sub/ src/sub/b.o");
	CHECK_STR(SCAN("alias"), "alias@src");
	CHECK_STR(SCAN("src/sub/b.o"), "b.o");
}

TEST(several_operands_merge)
{
	CHECK_STR(SCAN("src/sub", "other/sub", "src/a"), "a sub/ sub/b.o sub/c");
	CHECK_STR(SCAN("src/sub/", "other/sub/"), "./ b.o c");
}

TEST(what_is_no_file_is_told)
{
	n_skipped = 0;
	CHECK_STR(SCAN("src/"), CONTENT);
	CHECK_INT(n_skipped, 1);
}

TEST(the_filter_prunes_and_sees_operands)
{
	const char *const content[] = { "src/" };
	const char *const entries[] = { "src/a", "src/sub" };
	struct filter f = { 0 };
	struct err e;

	CHECK_INT(filter_add(&f, FILTER_EXCLUDE, "/a", &e), 0);
	CHECK_INT(filter_add(&f, FILTER_EXCLUDE, "sub/", &e), 0);
	CHECK_INT(filter_add(&f, FILTER_EXCLUDE, ".", &e), 0);
	CHECK_STR(scan_text(content, 1, &f), "./ link@sub/b.o run");
	CHECK_STR(scan_text(entries, 2, &f), "");
	filter_free(&f);
}

TEST(permissions_are_made_alike_unless_asked_for)
{
	const char *const operands[] = { "src/" };
	static const struct filter none;
	struct scan_options o = { .filter = &none };
	struct scan s;
	struct err e;

	REQUIRE(scan_tree(operands, 1, &o, &s, &e) == 0);
	CHECK_INT(s.list.entries[0].mode, FLIST_DIR | 0755);
	CHECK_INT(s.list.entries[1].mode, FLIST_REG | 0644);
	CHECK_INT(s.list.entries[2].mode, FLIST_LINK | 0777);
	CHECK_INT(s.list.entries[3].mode, FLIST_REG | 0755);
	CHECK_INT(s.list.entries[0].marks, FLIST_TOP_DIR);
	CHECK_INT(s.list.entries[4].marks, 0);
	CHECK_INT(s.list.entries[1].size, 5);
	scan_free(&s);
	o.perms = true;
	REQUIRE(scan_tree(operands, 1, &o, &s, &e) == 0);
	CHECK_INT(s.list.entries[0].mode, FLIST_DIR | 0700);
	CHECK_INT(s.list.entries[1].mode, FLIST_REG | 0600);
	scan_free(&s);
}

TEST(what_is_not_there_is_named)
{
	CHECK_STR(SCAN("src/", "missing"), "stat missing: No such file or directory");
	CHECK_STR(SCAN("missing/"), "open missing/: No such file or directory");
	CHECK_STR(SCAN("src/a/"), "open src/a/: Not a directory");
	CHECK_STR(SCAN(""), "read the source operand: it is empty");
}

TEST(files_open_only_as_what_was_listed)
{
	const char *const operands[] = { "src/" };
	static const struct filter none;
	const struct scan_options o = { .filter = &none };
	struct scan s;
	struct stat st;
	struct err e;
	char byte;
	int fd;

	REQUIRE(scan_tree(operands, 1, &o, &s, &e) == 0);
	fd = scan_open(&s, 1);
	REQUIRE(fd != -1);
	CHECK_INT(read(fd, &byte, 1), 1);
	CHECK_INT(byte, 'h');
	CHECK_INT(fstat(fd, &st), 0);
	CHECK(scan_unchanged(&s.list.entries[1], &st));
	make_file("src/a", "longer than before", 0600);
	CHECK_INT(fstat(fd, &st), 0);
	CHECK(!scan_unchanged(&s.list.entries[1], &st));
	CHECK_INT(close(fd), 0);

	/* A link in the file's place, in its folder's place, or a FIFO, is not followed or waited for. */
	CHECK_INT(unlink("src/a"), 0);
	CHECK_INT(symlink("run", "src/a"), 0);
	CHECK_INT(scan_open(&s, 1), -1);
	CHECK_INT(errno, ENOENT);
	CHECK_INT(unlink("src/a"), 0);
	CHECK_INT(mkfifo("src/a", 0600), 0);
	CHECK_INT(scan_open(&s, 1), -1);
	CHECK_INT(errno, ENOENT);
	CHECK_INT(rename("src/sub", "src/moved"), 0);
	CHECK_INT(symlink("moved", "src/sub"), 0);
	CHECK_INT(scan_open(&s, 5), -1);
	CHECK_INT(errno, ENOENT);
	scan_free(&s);
}

int
main(void)
{
	char command[64];

	if (mkdtemp(work) == NULL || chdir(work) != 0)
		return 1;
	make_tree();
	RUN(a_slash_means_the_content);
	RUN(several_operands_merge);
	RUN(what_is_no_file_is_told);
	RUN(the_filter_prunes_and_sees_operands);
	RUN(permissions_are_made_alike_unless_asked_for);
	RUN(what_is_not_there_is_named);
	RUN(files_open_only_as_what_was_listed);
	(void)snprintf(command, sizeof(command), "rm -rf %s", work);
	if (system(command) != 0)
		return 1;
	return unit_done();
}
