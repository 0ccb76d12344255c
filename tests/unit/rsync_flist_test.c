/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <stdlib.h>

#include "lib/rsync/flist.h"
#include "lib/rsync/flist_wire.h"

static struct err e;

static int
add(struct flist *l, const char *name, uint32_t mode)
{
	struct flist_entry it = {.name = name, .mode = mode, .mtime = 1700000000, .size = 5};

	if ((mode & FLIST_TYPE) == FLIST_LINK)
		it.target = "somewhere";
	return flist_add(l, &it, &e);
}

TEST(refuses_names_that_receivers_refuse)
{
	static const char *const bad[] = {"",      "/",   "/a", "a/",   "a//b",   "./a",
	                                  "a/./b", "a/.", "..", "../a", "a/../b", "a/.."};
	static const char *const good[] = {".", "a", "a/b", "...", "a/..b", ".a", "a b", "\n", "-", "~"};
	static char too_long[FLIST_NAME_MAX + 2];
	size_t i;

	for (i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (flist_name_fault(bad[i]) == NULL)
			(void)unit_fail(__FILE__, __LINE__, "'%s' was taken", bad[i]);
	for (i = 0; i < sizeof good / sizeof good[0]; i++)
		CHECK_STR(flist_name_fault(good[i]) == NULL ? "" : good[i], "");
	memset(too_long, 'x', sizeof too_long - 1);
	CHECK(flist_name_fault(too_long) != NULL);
	too_long[FLIST_NAME_MAX] = '\0';
	CHECK(flist_name_fault(too_long) == NULL);
}

TEST(refuses_entries_that_make_no_sense)
{
	struct flist l = {0};
	struct flist_entry link = {.name = "l", .mode = FLIST_LINK | 0777, .target = ""};

	CHECK_INT(add(&l, "fifo", 0010644), -1);
	CHECK_INT(e.kind, ERR_LOCAL);
	CHECK_INT(add(&l, ".", FLIST_REG | 0644), -1);
	CHECK_INT(flist_add(&l, &link, &e), -1);
	link.target = NULL;
	CHECK_INT(flist_add(&l, &link, &e), -1);
	link.target = "x";
	link.nsec = 1000000000;
	CHECK_INT(flist_add(&l, &link, &e), -1);
	link.nsec = 999999999;
	link.mode = FLIST_REG | 0644;
	CHECK_INT(flist_add(&l, &link, &e), -1);
	CHECK_INT(l.n, 0);
	flist_free(&l);
}

/* The order that the README describes, written out. */
TEST(sorts_as_the_protocol_does)
{
	static const struct {
		const char *name;
		uint32_t mode;
	} sorted[] = {
		{".", FLIST_DIR},   {"a-b", FLIST_REG},     {"a.txt", FLIST_LINK}, {"z", FLIST_REG},
		{"\xc3\xa9", FLIST_REG}, {"a-c", FLIST_DIR}, {"a-c/x", FLIST_REG}, {"a", FLIST_DIR},
		{"a/0", FLIST_REG}, {"a/zz", FLIST_REG},    {"a/b", FLIST_DIR},    {"a/b/c", FLIST_REG},
		{"a0", FLIST_DIR},
	};
	size_t n = sizeof sorted / sizeof sorted[0];
	struct flist l = {0};
	size_t i;
	size_t k;

	for (i = n; i-- > 0;)
		CHECK_INT(add(&l, sorted[i].name, sorted[i].mode | 0755), 0);
	CHECK_INT(flist_seal(&l, FLIST_SORTED, &e), 0);
	CHECK_INT(l.n, n);
	CHECK(l.order == NULL);
	for (i = 0; i < n; i++) {
		CHECK_STR(l.entries[i].name, sorted[i].name);
		for (k = 0; k < n; k++) {
			int d = flist_compare(&l.entries[i], &l.entries[k]);

			CHECK_INT((d > 0) - (d < 0), (i > k) - (i < k));
		}
	}
	flist_free(&l);
}

TEST(drops_doubles)
{
	struct flist l = {0};
	struct flist_entry dir = {.name = "d", .mode = FLIST_DIR | 0755, .marks = FLIST_NO_CONTENT};

	CHECK_INT(add(&l, "f", FLIST_REG | 0600), 0);
	CHECK_INT(add(&l, "d", FLIST_REG | 0600), 0);
	CHECK_INT(add(&l, "f", FLIST_REG | 0644), 0);
	CHECK_INT(flist_add(&l, &dir, &e), 0);
	dir.marks = FLIST_TOP_DIR;
	CHECK_INT(flist_add(&l, &dir, &e), 0);
	CHECK_INT(add(&l, "d/x", FLIST_REG | 0644), 0);
	CHECK_INT(flist_seal(&l, FLIST_AS_ADDED, &e), 0);
	CHECK_INT(l.n, 3);
	CHECK_STR(l.entries[0].name, "f");
	CHECK_INT(l.entries[0].mode, FLIST_REG | 0600);
	CHECK_STR(l.entries[1].name, "d");
	CHECK(flist_is_dir(&l.entries[1]));
	CHECK_INT(l.entries[1].marks, FLIST_TOP_DIR);
	CHECK_INT(l.order[0], 0);
	CHECK_INT(l.order[1], 1);
	CHECK_INT(l.order[2], 2);
	flist_free(&l);
}

TEST(keeps_sums_of_both_kinds)
{
	struct flist l = {0};

	CHECK_INT(add(&l, "f", FLIST_REG | 0600), 0);
	CHECK_INT(flist_seal(&l, FLIST_SORTED, &e), 0);
	CHECK_INT(flist_need_sums(&l, CHECKSUM_MD5, &e), 0);
	l.sums[CHECKSUM_MD5][0][3] = 7;
	CHECK_INT(flist_need_sums(&l, CHECKSUM_MD5, &e), 0);
	CHECK_INT(l.sums[CHECKSUM_MD5][0][3], 7);
	CHECK(l.sums[CHECKSUM_XXH128] == NULL);
	flist_free(&l);
	CHECK_INT(l.n, 0);
}

static void
write_list(struct flist_writer *w, struct buf *out)
{
	size_t i;

	for (i = 0; i < w->list->n; i++)
		CHECK_INT(flist_write_entry(w, i, out, &e), 0);
	CHECK_INT(flist_write_end(w, out, &e), 0);
}

TEST(writes_byte_flags_and_varint_flags)
{
	/* first: SAME_UID, SAME_GID; second: + SAME_NAME, SAME_TIME, SAME_MODE */
	static const uint8_t byte_form[] = {0x18, 2, 'a', 'b', 0, 5, 0, 0x65, 0, 0xf1, 0x53, 0xa4, 0x81, 0, 0,
	                                    0xba, 1, 1, 'c', 0, 5, 0, 0};
	static const uint8_t varint_form[] = {0x18, 2, 'a', 'b', 0, 5, 0, 0x65, 0, 0xf1, 0x53, 0xa4, 0x81, 0, 0,
	                                      0x80, 0xba, 1, 1, 'c', 0, 5, 0, 0, 0};
	struct flist l = {0};
	struct flist_writer w = {.list = &l, .protocol = 31};
	struct buf out = {0};

	CHECK_INT(add(&l, "ab", FLIST_REG | 0644), 0);
	CHECK_INT(add(&l, "ac", FLIST_REG | 0644), 0);
	CHECK_INT(flist_seal(&l, FLIST_SORTED, &e), 0);
	write_list(&w, &out);
	CHECK_INT(out.len, sizeof byte_form);
	CHECK_MEM(out.bytes, byte_form, sizeof byte_form);
	buf_clear(&out);
	w = (struct flist_writer){.list = &l, .protocol = 32, .varint_flags = true};
	write_list(&w, &out);
	CHECK_INT(out.len, sizeof varint_form);
	CHECK_MEM(out.bytes, varint_form, sizeof varint_form);
	buf_free(&out);
	flist_free(&l);
}

TEST(ends_with_the_errors_where_it_can)
{
	struct flist l = {.io_errors = FLIST_IO_VANISHED};
	struct flist_writer w = {.list = &l, .protocol = 30};
	struct buf out = {0};

	CHECK_INT(flist_write_end(&w, &out, &e), 0);
	CHECK_INT(out.len, 1);
	w.safe_end = true;
	CHECK_INT(flist_write_end(&w, &out, &e), 0);
	CHECK_MEM(out.bytes, "\0\x04\x10\x02", 4);
	buf_clear(&out);
	w.varint_flags = true;
	CHECK_INT(flist_write_end(&w, &out, &e), 0);
	CHECK_INT(out.len, 2);
	CHECK_MEM(out.bytes, "\0\x02", 2);
	buf_free(&out);
}

TEST(writes_nanoseconds_targets_and_long_names)
{
	char name[700];
	struct flist_entry it = {.name = name, .target = "t", .mode = FLIST_LINK | 0777, .nsec = 1, .mtime = -5};
	struct flist l = {0};
	struct flist_writer w = {.list = &l, .protocol = 31, .links = true};
	struct buf out = {0};

	memset(name, 'n', sizeof name);
	name[600] = '\0';
	CHECK_INT(flist_add(&l, &it, &e), 0);
	name[599] = 'o';
	name[600] = 'p';
	name[601] = '\0';
	CHECK_INT(flist_add(&l, &it, &e), 0);
	CHECK_INT(flist_seal(&l, FLIST_SORTED, &e), 0);
	CHECK_INT(flist_write_entry(&w, 0, &out, &e), 0);
	/* EXTENDED, LONG_NAME, SAME_UID, SAME_GID, MOD_NSEC; length 600; name; 0 size; mtime -5; nsec 1;
	 * mode; target */
	CHECK_INT(out.len, 2 + 2 + 600 + 3 + 9 + 1 + 4 + 2);
	CHECK_MEM(out.bytes, "\x5c\x20\x82\x58", 4);
	CHECK_MEM(out.bytes + 2 + 2 + 600 + 3 + 9, "\x01\xff\xa1\0\0\x01t", 7);
	buf_clear(&out);
	CHECK_INT(flist_write_entry(&w, 1, &out, &e), 0);
	/* the shared prefix stops at 255: LONG_NAME again */
	CHECK_MEM(out.bytes, "\xfe\x20\xff\x81\x5a", 5);
	buf_clear(&out);
	w = (struct flist_writer){.list = &l, .protocol = 30};
	CHECK_INT(flist_write_entry(&w, 0, &out, &e), 0);
	/* protocol 30 has no nanoseconds, and without -l there is no target */
	CHECK_INT(out.len, 1 + 2 + 600 + 3 + 9 + 4);
	buf_free(&out);
	flist_free(&l);
}

int
main(void)
{
	RUN(refuses_names_that_receivers_refuse);
	RUN(refuses_entries_that_make_no_sense);
	RUN(sorts_as_the_protocol_does);
	RUN(drops_doubles);
	RUN(keeps_sums_of_both_kinds);
	RUN(writes_byte_flags_and_varint_flags);
	RUN(ends_with_the_errors_where_it_can);
	RUN(writes_nanoseconds_targets_and_long_names);
	return unit_done();
}
