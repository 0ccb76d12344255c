/* SPDX-License-Identifier: MIT */
#include "rsync-push/push_json.h"

#include <string.h>

#include "unit.h"

static const char *
text_of(struct buf *out)
{
	static char text[512];

	(void)snprintf(text, sizeof(text), "%.*s", (int)out->len, (const char *)out->bytes);
	buf_free(out);
	return text;
}

static const char *
item(const struct flist_entry *entry, uint16_t iflags)
{
	const struct item it = { .entry = entry, .iflags = iflags, .basis = -1 };
	struct buf out = { 0 };
	struct err e;

	return push_json_item("web1", &it, false, &out, &e) == -1 ? "failed" : text_of(&out);
}

static const char *
deleted(const char *name, bool is_dir)
{
	struct buf out = { 0 };
	struct err e;

	return push_json_deleted("web1", (const uint8_t *)name, strlen(name), is_dir, &out, &e) == -1
	               ? "failed" : text_of(&out);
}

TEST(an_entry_is_an_object)
{
	const struct flist_entry file = { .name = "a\n\"<b>", .mode = FLIST_REG | 0644, .size = 42 };
	const struct flist_entry sym = { .name = "l", .target = "to\\", .mode = FLIST_LINK | 0777,
		                         .size = 3 };

	CHECK_STR(item(&file, ITEM_TRANSFER | ITEM_NEW),
	          "{\"host\":\"web1\",\"item\":\"<f+++++++++\",\"name\":\"a\\n\\\"<b>\",\"size\":42}");
	CHECK_STR(item(&sym, ITEM_LOCAL | ITEM_NEW),
	          "{\"host\":\"web1\",\"item\":\"cL+++++++++\",\"name\":\"l\",\"size\":3,"
	          "\"target\":\"to\\\\\"}");
}

TEST(a_name_that_is_not_utf8_comes_with_its_bytes)
{
	CHECK_STR(deleted("caf\xe9", false),
	          "{\"host\":\"web1\",\"item\":\"*deleting\",\"name\":\"caf\\ufffd\","
	          "\"name_hex\":\"636166e9\",\"dir\":false}");
	CHECK_STR(deleted("caf\xc3\xa9", true),
	          "{\"host\":\"web1\",\"item\":\"*deleting\",\"name\":\"caf\xc3\xa9\",\"dir\":true}");
	CHECK(strstr(deleted("\\ufffd", false), "\"name_hex\":\"5c7566666664\"") != NULL);
}

int
main(void)
{
	RUN(an_entry_is_an_object);
	RUN(a_name_that_is_not_utf8_comes_with_its_bytes);
	return unit_done();
}
