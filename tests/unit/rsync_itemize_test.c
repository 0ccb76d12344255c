/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "lib/rsync/itemize.h"

static const struct flist_entry file = {.name = "a\nb", .mode = FLIST_REG | 0644};
static const struct flist_entry dir = {.name = "d", .mode = FLIST_DIR | 0755};
static const struct flist_entry link_ = {.name = "l", .target = "t", .mode = FLIST_LINK | 0777};

static void
check(const struct flist_entry *entry, uint16_t iflags, bool times, const char *want)
{
	struct item it = {.entry = entry, .iflags = iflags, .basis = -1};
	char out[ITEMIZE_LEN];

	itemize(&it, times, out);
	CHECK_STR(out, want);
}

TEST(has_the_letters_of_the_stock_client)
{
	check(&file, 0xa000, true, "<f+++++++++");
	check(&file, 0x800c, true, "<f.st......");
	check(&file, 0x800e, true, "<fcst......");
	check(&file, 0x800e, false, "<fcsT......");
	check(&file, 0x0010, true, ".f...p.....");
	check(&file, 0x0171, true, ".f...pogu.x");
	check(&file, 0x0400, true, ".f......n..");
	check(&file, 0x0401, true, ".f......b..");
	check(&file, 0x0080, true, ".f.......a.");
	check(&file, 0x5000, true, "hf         ");
	check(&dir, 0x6000, true, "cd+++++++++");
	check(&dir, 0x0008, true, ".d..t......");
	check(&dir, 0x0000, true, ".d         ");
	check(&link_, 0x6000, true, "cL+++++++++");
	check(&link_, 0x4002, true, "cLc........");
	check(&link_, 0x400e, true, "cLc.T......");
}

TEST(knows_what_is_not_worth_a_line)
{
	struct item it = {.entry = &file, .iflags = 0x5800};

	CHECK(itemize_silent(&it));
	it.iflags = 0;
	CHECK(itemize_silent(&it));
	it.iflags = 0x8000;
	CHECK(!itemize_silent(&it));
	it.iflags = 0x0008;
	CHECK(!itemize_silent(&it));
	it.iflags = 0x6000;
	CHECK(!itemize_silent(&it));
}

TEST(names_targets_and_escapes)
{
	struct item it = {.entry = &file,
	                  .iflags = ITEM_XNAME_FOLLOWS,
	                  .xname = (const uint8_t *)"x\033",
	                  .xname_len = 2};
	struct buf out = {0};
	struct err e;

	CHECK_INT(itemize_name(&it, &out, &e), 0);
	CHECK_STR(buf_cstr(&out, &e), "a\\x0ab => x\\x1b");
	buf_clear(&out);
	it.entry = &dir;
	CHECK_INT(itemize_name(&it, &out, &e), 0);
	CHECK_STR(buf_cstr(&out, &e), "d/");
	buf_clear(&out);
	it.entry = &link_;
	CHECK_INT(itemize_name(&it, &out, &e), 0);
	CHECK_STR(buf_cstr(&out, &e), "l -> t");
	buf_free(&out);
}

int
main(void)
{
	RUN(has_the_letters_of_the_stock_client);
	RUN(knows_what_is_not_worth_a_line);
	RUN(names_targets_and_escapes);
	return unit_done();
}
