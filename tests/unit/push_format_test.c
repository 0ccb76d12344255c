/* SPDX-License-Identifier: MIT */
#include "rsync-push/push_format.h"

#include <string.h>

#include "unit.h"

static const struct flist_entry file = { .name = "lib/a b", .mode = FLIST_REG | 0644, .size = 42 };
static const struct flist_entry dir = { .name = "lib", .mode = FLIST_DIR | 0755, .size = 4096 };
static const struct flist_entry sym = { .name = "l\n", .target = "to", .mode = FLIST_LINK | 0777,
	                                .size = 2 };

static const char *
line(const char *format, const struct flist_entry *entry, uint16_t iflags, const char *xname)
{
	static char text[256];
	struct item it = { .entry = entry, .iflags = iflags, .basis = -1,
	                   .xname = (const uint8_t *)xname, .xname_len = strlen(xname) };
	struct buf out = { 0 };
	struct err e;

	if (push_format_item(format, "web1", &it, false, &out, &e) == -1)
		return "failed";
	(void)snprintf(text, sizeof(text), "%.*s", (int)out.len, (const char *)out.bytes);
	buf_free(&out);
	return text;
}

static const char *
deleted(const char *format, bool is_dir)
{
	static char text[256];
	struct buf out = { 0 };
	struct err e;

	if (push_format_deleted(format, "web1", (const uint8_t *)"x\ty", 3, is_dir, &out, &e) == -1)
		return "failed";
	(void)snprintf(text, sizeof(text), "%.*s", (int)out.len, (const char *)out.bytes);
	buf_free(&out);
	return text;
}

/* The lines are those of rsync 3.5.0 over a remote shell, but for %h, which it leaves as it is. */
TEST(escapes_stand_for_the_entry)
{
	CHECK_STR(line("%i %n%L", &file, ITEM_TRANSFER | ITEM_CONTENT | ITEM_SIZE | ITEM_TIME, ""),
	          "<fcsT...... lib/a b");
	CHECK_STR(line("%i_%n%L_%o_%l_%h", &dir, ITEM_LOCAL | ITEM_NEW, ""),
	          "cd+++++++++_lib/_send_4096_web1");
	CHECK_STR(line("%n|%L|%%", &sym, ITEM_LOCAL | ITEM_CONTENT, ""), "l\\x0a| -> to|%");
	CHECK_STR(line("%n|%L", &file, ITEM_LOCAL | ITEM_NEW | ITEM_XNAME_FOLLOWS, "o"),
	          "lib/a b| => o");
	CHECK_STR(line("", &file, ITEM_TRANSFER, ""), "");
}

TEST(removals_have_their_own_line)
{
	CHECK_STR(deleted(PUSH_FORMAT_ITEMIZE, false), "*deleting   x\\x09y");
	CHECK_STR(deleted(PUSH_FORMAT_NAMES, true), "deleting x\\x09y/");
	CHECK_STR(deleted("%o %n", true), "del. x\\x09y/");
}

TEST(unknown_escapes_are_refused)
{
	struct err e;

	CHECK_INT(push_format_check("%i %n%L %l %o %h %%", &e), 0);
	CHECK_INT(push_format_check("%x", &e), -1);
	CHECK_INT(e.kind, ERR_USAGE);
	CHECK_INT(push_format_check("100%", &e), -1);
	CHECK_INT(push_format_check("%%%", &e), -1);
}

TEST(only_an_itemising_format_tells_of_attributes)
{
	struct item it = { .entry = &file, .iflags = ITEM_PERMS };

	CHECK(push_format_wants("%i", &it));
	CHECK(!push_format_wants("%n", &it));
	CHECK(!push_format_wants("%%i", &it));
	it.iflags = ITEM_TRANSFER;
	CHECK(push_format_wants("%n", &it));
	it.entry = &dir;
	it.iflags = ITEM_PERMS;
	CHECK(push_format_wants("%n", &it));
	it.iflags = 0;
	CHECK(!push_format_wants("%i", &it));
}

int
main(void)
{
	RUN(escapes_stand_for_the_entry);
	RUN(removals_have_their_own_line);
	RUN(unknown_escapes_are_refused);
	RUN(only_an_itemising_format_tells_of_attributes);
	return unit_done();
}
