/* SPDX-License-Identifier: MIT */
/* Tests of deploy-lock's record. */
#include "deploy-lock/lock_record.h"

#include <stdlib.h>

#include "unit.h"

static struct buf out;
static struct err e;

TEST(what_is_written_is_read)
{
	struct lock_record r = {.token = "t-1", .since = "2026-11-24T10:15:00Z", .pid = 42};
	struct lock_record back;

	CHECK_INT(lock_value_set(r.owner, "a\nb: \xc3\xa4", &e), 0);
	CHECK_INT(lock_value_set(r.url, "https://ci/1", &e), 0);
	buf_clear(&out);
	CHECK_INT(lock_record_write(&out, &r, &e), 0);
	lock_record_read(out.bytes, out.len, &back);
	CHECK_STR(back.token, "t-1");
	CHECK_STR(back.owner, "a\\x0ab: \xc3\xa4");
	CHECK_STR(back.url, "https://ci/1");
	CHECK_STR(back.since, "2026-11-24T10:15:00Z");
	CHECK_STR(back.host, "");
	CHECK_INT(back.pid, 42);
}

TEST(junk_is_passed_over)
{
	static const char *const junk[] = {"", "\n\n", "token", "token:", "token: ", "token: a b\n",
	                                   "token:x\n", "tok: x\n", ": x\n", "pid: -1\npid: 99999999999\n",
	                                   "pid: 1x\n", "Token: x\n"};
	struct lock_record r;

	for (size_t i = 0; i < sizeof junk / sizeof *junk; i++) {
		lock_record_read(junk[i], strlen(junk[i]), &r);
		CHECK_STR(r.token, "");
		CHECK_INT(r.pid, 0);
	}
	lock_record_read("token: x\0y\npid: 3\n", 18, &r);
	CHECK_STR(r.token, "");
	CHECK_INT(r.pid, 3);
}

TEST(values_that_are_too_long_are_passed_over_or_cut)
{
	struct lock_record r;
	char line[2000];

	memset(line, 'x', sizeof line);
	memcpy(line, "owner: ", 7);
	lock_record_read(line, sizeof line, &r);
	CHECK_STR(r.owner, "");
	line[sizeof line - 1] = '\0';
	CHECK_INT(lock_value_set(r.owner, line, &e), 0);
	CHECK_INT(strlen(r.owner), LOCK_VALUE_MAX - 1);
}

TEST(every_truncation_is_read)
{
	static const char in[] = "token: abc\nowner: o\nurl: u\nsince: s\nhost: h\npid: 12\n";
	struct lock_record r;

	for (size_t n = 0; n < sizeof in; n++) {
		char *copy = malloc(n + 1);

		REQUIRE(copy != NULL);
		memcpy(copy, in, n);
		lock_record_read(copy, n, &r);
		CHECK(strncmp("abc", r.token, strlen(r.token)) == 0);
		free(copy);
	}
}

TEST(tokens)
{
	char longest[LOCK_TOKEN_MAX + 2];

	memset(longest, 'a', sizeof longest);
	longest[LOCK_TOKEN_MAX + 1] = '\0';
	CHECK(lock_token_valid("a") && lock_token_valid("a-B_9."));
	CHECK(!lock_token_valid("") && !lock_token_valid("-a") && !lock_token_valid("a b"));
	CHECK(!lock_token_valid("a\n") && !lock_token_valid("\xc3\xa4") && !lock_token_valid(longest));
	CHECK(lock_token_valid(longest + 1));
}

TEST(is_said_in_a_sentence_and_in_json)
{
	struct lock_record r = {.token = "t", .owner = "al", .since = "now", .pid = 5, .host = "web1"};

	buf_clear(&out);
	CHECK_INT(lock_record_sentence(&out, &r, &e), 0);
	CHECK_STR(buf_cstr(&out, &e), "held by al since now, process 5 on web1");
	buf_clear(&out);
	CHECK_INT(lock_record_sentence(&out, &(struct lock_record){.token = ""}, &e), 0);
	CHECK_STR(buf_cstr(&out, &e), "held by somebody");
	buf_clear(&out);
	CHECK_INT(lock_record_json(&out, &r, true, &e), 0);
	CHECK_STR(buf_cstr(&out, &e), "{\"held\":true,\"token\":\"t\",\"owner\":\"al\",\"url\":null,"
	                              "\"since\":\"now\",\"host\":\"web1\",\"pid\":5}\n");
}

int
main(void)
{
	RUN(what_is_written_is_read);
	RUN(junk_is_passed_over);
	RUN(values_that_are_too_long_are_passed_over_or_cut);
	RUN(every_truncation_is_read);
	RUN(tokens);
	RUN(is_said_in_a_sentence_and_in_json);
	buf_free(&out);
	return unit_done();
}
