/* SPDX-License-Identifier: MIT */
/* Tests of deploy-lock's record. */
#include "deploy-lock/lock_record.h"

#include <stdlib.h>

#include "unit.h"

static struct buf out;
static struct err e;

TEST(what_is_written_is_read)
{
	struct lock_record r = {.token = "t-1",
	                        .since = "2026-11-24T10:15:00Z",
	                        .pid = 42,
	                        .boot = "b-1",
	                        .started = 77,
	                        .lease_s = 30,
	                        .beat_ms = 123456};
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
	CHECK_STR(back.boot, "b-1");
	CHECK_INT(back.started, 77);
	CHECK_INT(back.lease_s, 30);
	CHECK_INT(back.beat_ms, 123456);
}

TEST(a_heartbeat_can_be_written_over_in_place)
{
	struct lock_record r = {.token = "t", .beat_ms = 9};
	struct lock_record back;

	buf_clear(&out);
	CHECK_INT(lock_record_write(&out, &r, &e), 0);
	REQUIRE(out.len > LOCK_BEAT_OFFSET + LOCK_BEAT_LEN);
	CHECK_INT(out.bytes[LOCK_BEAT_OFFSET + LOCK_BEAT_LEN], '\n');
	memcpy(out.bytes + LOCK_BEAT_OFFSET, "00000000000000123456", LOCK_BEAT_LEN);
	lock_record_read(out.bytes, out.len, &back);
	CHECK_INT(back.beat_ms, 123456);
	CHECK_STR(back.token, "t");
}

TEST(silence_is_known_of_this_boot_only)
{
	struct lock_record r = {.boot = "b", .beat_ms = 1000};

	CHECK_INT(lock_record_silent_ms(&r, "b", 1000), 0);
	CHECK_INT(lock_record_silent_ms(&r, "b", 31000), 30000);
	CHECK_INT(lock_record_silent_ms(&r, "b", 999), -1);
	CHECK_INT(lock_record_silent_ms(&r, "c", 31000), -1);
	r.beat_ms = 0;
	CHECK_INT(lock_record_silent_ms(&r, "b", 31000), -1);
	r = (struct lock_record){.beat_ms = 1000};
	CHECK_INT(lock_record_silent_ms(&r, "", 31000), -1);
}

TEST(junk_is_passed_over)
{
	static const char *const junk[] = {"", "\n\n", "token", "token:", "token: ", "token: a b\n",
	                                   "token:x\n", "tok: x\n", ": x\n", "pid: -1\npid: 99999999999\n",
	                                   "pid: 1x\n", "Token: x\n", "token: x\r\r\n", "token: \x1b\n", "beat: -1\n", "beat: 99999999999999999999\n",
	                                   "lease: 1 \n", "started: 0x1\n"};
	struct lock_record r;

	for (size_t i = 0; i < sizeof junk / sizeof *junk; i++) {
		lock_record_read(junk[i], strlen(junk[i]), &r);
		CHECK_STR(r.token, "");
		CHECK_INT(r.pid, 0);
		CHECK_INT(r.beat_ms, 0);
		CHECK_INT(r.lease_s, 0);
		CHECK_INT(r.started, 0);
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
	static const char in[] = "beat: 00000000000000000012\ntoken: abc\nowner: o\nurl: u\nsince: s\nhost: h\n"
	                         "pid: 12\nstarted: 9\nlease: 30\nboot: b\n";
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
	CHECK_INT(lock_record_json(&out, &r, true, 7, &e), 0);
	CHECK_STR(buf_cstr(&out, &e), "{\"held\":true,\"token\":\"t\",\"owner\":\"al\",\"url\":null,"
	                              "\"since\":\"now\",\"host\":\"web1\",\"pid\":5,\"silent\":7}\n");
}

int
main(void)
{
	RUN(what_is_written_is_read);
	RUN(a_heartbeat_can_be_written_over_in_place);
	RUN(silence_is_known_of_this_boot_only);
	RUN(junk_is_passed_over);
	RUN(values_that_are_too_long_are_passed_over_or_cut);
	RUN(every_truncation_is_read);
	RUN(tokens);
	RUN(is_said_in_a_sentence_and_in_json);
	buf_free(&out);
	return unit_done();
}
