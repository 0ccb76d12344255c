/* SPDX-License-Identifier: MIT */
/* Tests of fs, build_dir, build_name and clock, in a directory of their own. */
#define _XOPEN_SOURCE 700 /* mkdtemp */
#include "lib/base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/build_dir.h"
#include "lib/base/build_name.h"
#include "lib/base/clock.h"
#include "unit.h"

static struct err e;
static int dir = -1;
static char path[] = "/tmp/slipway-fs-test-XXXXXX";

static void
make(const char *name, const char *content)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);

	CHECK_INT(fs_write_all(fd, content, strlen(content), &e), 0);
	CHECK_INT(close(fd), 0);
}

TEST(writes_files_and_reads_them)
{
	struct buf b = {0};

	make("file", "new");
	CHECK_INT(fs_read_file(dir, "file", false, 3, &b, &e), 0);
	CHECK_STR(buf_cstr(&b, &e), "new");
	CHECK_INT(fs_read_file(dir, "file", false, 2, &b, &e), -1);
	CHECK_STR(e.what, "read file");
	CHECK_STR(e.why, "larger than 2 bytes");
	CHECK_INT(fs_write_all(-1, "x", 1, &e), -1);
	CHECK_STR(e.why, strerror(EBADF));
	CHECK_INT(fs_sync_dir(dir, &e), 0);
	CHECK_INT(mkdirat(dir, "sub", 0700), 0);
	buf_free(&b);
}

TEST(follows_links_only_when_told)
{
	struct buf b = {0};
	char *target;
	int fd;

	make("file", "x");
	CHECK_INT(symlinkat("file", dir, "link"), 0);
	CHECK_INT(symlinkat("sub", dir, "dirlink"), 0);
	CHECK_INT(fs_read_file(dir, "link", false, 10, &b, &e), -1);
	CHECK_INT(fs_read_file(dir, "link", true, 10, &b, &e), 0);
	CHECK_INT(fs_open_dir(dir, "dirlink", &e), -1);
	fd = fs_open_dir(dir, "sub", &e);
	CHECK(fd != -1 && (fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
	close(fd);
	target = fs_read_link(dir, "link", &e);
	CHECK_STR(target, "file");
	free(target);
	CHECK(fs_read_link(dir, "file", &e) == NULL);
	CHECK_STR(e.why, "not a symbolic link");
	buf_free(&b);
}

TEST(reads_no_directories_and_does_not_wait_for_fifos)
{
	struct buf b = {0};

	CHECK_INT(mkfifo("fifo", 0600), 0);
	CHECK_INT(fs_read_file(dir, "fifo", false, 10, &b, &e), -1);
	CHECK_STR(e.why, "not a regular file");
	CHECK_INT(fs_read_file(dir, "sub", false, 10, &b, &e), -1);
	CHECK_INT(fs_read_file(dir, "gone", false, 10, &b, &e), -1);
	CHECK_STR(e.why, strerror(ENOENT));
	buf_free(&b);
}

TEST(lists_in_order_of_bytes)
{
	static const char *const want[] = {".h", "B", "a", "\xc3\xa4"};
	char **names;
	size_t n;
	int sub;

	CHECK_INT(mkdirat(dir, "list", 0700), 0);
	sub = fs_open_dir(dir, "list", &e);
	for (size_t i = 4; i-- > 0;)
		CHECK_INT(mkdirat(sub, want[i], 0700), 0);
	for (int round = 0; round < 2; round++) { /* a second time: fd keeps no position */
		names = fs_list(sub, &n, &e);
		REQUIRE(names != NULL && n == 4);
		for (size_t i = 0; i < 4; i++)
			CHECK_STR(names[i], want[i]);
		fs_free_names(names);
	}
	close(sub);
	fs_free_names(NULL);
}

TEST(knows_the_state_of_a_build)
{
	enum build_state state;

	CHECK_INT(mkdirat(dir, "build", 0700), 0);
	CHECK(build_dir_state(dir, "build", &state, &e) == 0 && state == BUILD_COMPLETE);
	make("build/" BUILD_INCOMPLETE, "");
	CHECK(build_dir_state(dir, "build", &state, &e) == 0 && state == BUILD_IS_INCOMPLETE);
	CHECK_INT(symlinkat("gone", dir, "build/" BUILD_FAILED), 0);
	CHECK(build_dir_state(dir, "build", &state, &e) == 0 && state == BUILD_IS_FAILED);
	CHECK(build_dir_state(dir, "gone", &state, &e) == 0 && state == BUILD_ABSENT);
	CHECK(build_dir_state(dir, "file", &state, &e) == 0 && state == BUILD_NOT_A_DIR);
	CHECK(build_dir_state(dir, "dirlink", &state, &e) == 0 && state == BUILD_NOT_A_DIR);
}

TEST(locks_a_directory_until_it_is_closed)
{
	int a = fs_open_dir(dir, "build", &e);
	int b = fs_open_dir(dir, "build", &e);

	CHECK_INT(build_dir_lock(a, "build", 0, &e), 0);
	CHECK_INT(build_dir_lock(b, "build", 30, &e), -1);
	CHECK_STR(e.why, "another program keeps it locked");
	close(a);
	CHECK_INT(build_dir_lock(b, "build", 0, &e), 0);
	close(b);
}

TEST(knows_names_of_builds)
{
	CHECK(build_name_valid("20261124101500") && build_name_valid("00000000000000"));
	CHECK(!build_name_valid("") && !build_name_valid("2026112410150"));
	CHECK(!build_name_valid("202611241015000") && !build_name_valid("2026112410150a"));
	CHECK(!build_name_valid("20261124101500\n") && !build_name_valid("20261124101500/"));
	CHECK(build_name_compare("20261124101500", "20261124101501") < 0);
	CHECK(build_name_compare("20261124101500", "20261124101500") == 0);
}

TEST(tells_the_time)
{
	char iso[CLOCK_ISO_LEN];
	int64_t now = clock_ms();

	clock_iso(1795601700, iso);
	CHECK_STR(iso, "2026-11-25T10:15:00Z");
	clock_iso(INT64_MAX, iso);
	CHECK_STR(iso, "?");
	CHECK_INT(clock_left_ms(now - 5, 100), 0);
	CHECK_INT(clock_left_ms(now + 100000, 100), 100);
	CHECK(clock_unix_s() > 1700000000);
}

static void
remove_all(void)
{
	char command[sizeof path + 16];

	(void)snprintf(command, sizeof command, "rm -rf %s", path);
	if (chdir("/") == -1 || system(command) != 0)
		printf("# %s is left\n", path);
}

int
main(void)
{
	if (mkdtemp(path) == NULL || chdir(path) == -1)
		return 1;
	dir = fs_open_dir(AT_FDCWD, ".", &e);
	RUN(writes_files_and_reads_them);
	RUN(follows_links_only_when_told);
	RUN(reads_no_directories_and_does_not_wait_for_fifos);
	RUN(lists_in_order_of_bytes);
	RUN(knows_the_state_of_a_build);
	RUN(locks_a_directory_until_it_is_closed);
	RUN(knows_names_of_builds);
	RUN(tells_the_time);
	close(dir);
	remove_all();
	return unit_done();
}
