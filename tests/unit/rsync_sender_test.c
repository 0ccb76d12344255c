/* SPDX-License-Identifier: MIT */
/* The sender with servers that are slow, wrong or hostile. */
#include "unit.h"

#include "rsync_session.h"

#define BYTES(text) (text), sizeof(text) - 1

#define HELLO_31 "\x1f\0\0\0\x3e\1\2\3\4"
#define HELLO_30 "\x1e\0\0\0\x0e\1\2\3\4"
#define HELLO_32 "\x20\0\0\0\x81\xfe\x0axxh128 md5\1\2\3\4"

/* Requests: "." only its time; "small" whole; the phases; the goodbyes. */
#define ASKS_SMALL "\x05\x02\xa0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define SESSION_31 HELLO_31 \
	"\x17\0\0\x07\x01\x08\0\x04\x02\xa0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0" \
	"\x04\0\0\x07\0\0\0\0"

/* In pieces of `each`; the first ends with the handshake, for no server speaks before it has the list. */
static int
run(struct session *t, const void *bytes, size_t n, size_t each)
{
	size_t hello = sizeof HELLO_31 - 1;
	size_t at = 0;

	while (at < n) {
		size_t k = n - at < each ? n - at : each;

		if (at < hello && at + k > hello)
			k = hello - at;
		if (session_feed(t, (const uint8_t *)bytes + at, k, false) == -1)
			return -1;
		at += k;
	}
	return 0;
}

TEST(completes_a_session_however_it_is_cut)
{
	size_t each;

	for (each = 1; each < sizeof SESSION_31; each++) {
		struct session t;

		session_init(&t);
		session_start(&t);
		CHECK_INT(run(&t, BYTES(SESSION_31), each), 0);
		CHECK_INT(sender_state(t.s), AWAIT_EOF);
		CHECK_INT(t.n_open, 1);
		CHECK_INT(t.n_items, 2);
		CHECK_INT(sender_stats(t.s)->literal_bytes, 5);
		CHECK(sender_wants_close(t.s));
		CHECK_INT(sender_eof(t.s, &t.e), 0);
		CHECK_INT(sender_finish(t.s, 0, &t.e), 0);
		session_free(&t);
	}
}

TEST(notices_an_end_at_every_place)
{
	size_t n;

	for (n = 0; n < sizeof SESSION_31 - 1; n++) {
		struct session t;

		session_init(&t);
		session_start(&t);
		CHECK_INT(run(&t, SESSION_31, n, 1000), 0);
		CHECK_INT(sender_eof(t.s, &t.e), -1);
		CHECK_INT(t.e.kind, ERR_PROTO);
		CHECK_INT(sender_finish(t.s, 0, &t.e), -1);
		session_free(&t);
	}
}

TEST(waits_for_sums)
{
	struct session t;

	session_init(&t);
	t.o.checksum = true;
	session_start(&t);
	while (sender_step(t.s, &t.in, &t.out, &t.e) == 1)
		continue;
	CHECK_INT(buf_add(&t.in, BYTES(HELLO_32), &t.e), 0);
	while (sender_step(t.s, &t.in, &t.out, &t.e) == 1)
		continue;
	CHECK_INT(sender_state(t.s), AWAIT_SUMS);
	CHECK_INT(sender_sum_kind(t.s), CHECKSUM_XXH128);
	CHECK_INT(t.out.len, 4 + 11);
	CHECK_INT(sender_step(t.s, &t.in, &t.out, &t.e), 0);
	CHECK_INT(flist_need_sums(&t.list, CHECKSUM_XXH128, &t.e), 0);
	sender_sums_ready(t.s);
	while (sender_step(t.s, &t.in, &t.out, &t.e) == 1)
		continue;
	CHECK_INT(sender_state(t.s), AWAIT_REQUEST);
	session_free(&t);
}

TEST(stops_when_the_output_is_not_drained)
{
	struct session t;

	session_init(&t);
	session_start(&t);
	/* "big" whole: index 1 */
	CHECK_INT(session_feed(&t, BYTES(HELLO_31), true), 0);
	CHECK_INT(session_feed(&t, BYTES("\x13\0\0\x07\x02\x02\xa0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), true), 0);
	CHECK_INT(sender_state(t.s), SENDING_FILE);
	CHECK(t.out.len >= SENDER_OUT_MAX - 65536 && t.out.len <= SENDER_OUT_MAX + 65536);
	CHECK_INT(session_feed(&t, "", 0, false), 0);
	CHECK_INT(sender_state(t.s), AWAIT_REQUEST);
	CHECK_INT(sender_stats(t.s)->literal_bytes, SESSION_BIG);
	session_free(&t);
}

/* What follows HELLO_31 and breaks the session. */
static void
check_breach(const void *bytes, size_t n, const char *why)
{
	struct session t;

	session_init(&t);
	session_start(&t);
	CHECK_INT(session_feed(&t, BYTES(HELLO_31), false), 0);
	buf_clear(&t.out);
	CHECK_INT(session_feed(&t, bytes, n, false), -1);
	CHECK_INT(t.e.kind, ERR_PROTO);
	CHECK_STR(t.e.why, why);
	/* the farewell: ERROR_EXIT with a code, as the last frame */
	if (sender_state(t.s) != AWAIT_EOF && t.out.len >= 8)
		CHECK_MEM(t.out.bytes + t.out.len - 8, "\4\0\0\x5d\2\0\0\0", 8);
	CHECK(sender_wants_close(t.s));
	CHECK(!sender_wants_input(t.s));
	CHECK_INT(sender_step(t.s, &t.in, &t.out, &t.e), -1);
	CHECK_INT(sender_finish(t.s, 0, &t.e), -1);
	session_free(&t);
}

TEST(refuses_what_no_server_may_say)
{
	check_breach(BYTES("Segmentation fault"), "unknown kind of message");
	check_breach(BYTES("\0\0\0\x06"), "what came is not a frame");
	check_breach(BYTES("\x01\x20\0\x0a"), "text message too long");
	check_breach(BYTES("\x05\0\0\x5d"), "bad length of an exit message");
	check_breach(BYTES("\4\0\0\x28\0\0\0\0"), "bad timeout");
	check_breach(BYTES("\4\0\0\x28\x81\x51\1\0"), "bad timeout");
	check_breach(BYTES("\4\0\0\x6b\6\0\0\0"), "success of a file that is not listed");
	check_breach(BYTES("\x03\0\0\x07\x07\0\0"), "an index that was not listed");
	check_breach(BYTES("\x07\0\0\x07\xfe\xff\xff\xff\xff\0\0"), "an index that was not listed");
	check_breach(BYTES("\x02\0\0\x07\xff\x01"), "an index that has no meaning");
	check_breach(BYTES("\x13\0\0\x07\x01\x02\xa0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
	             "content was asked of what is not a file");
	check_breach(BYTES("\x13\0\0\x07\x04\x02\xa0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
	             "content was asked of what is not a file");
	check_breach(BYTES("\x13\0\0\x07\x02\x02\xa0\xff\xff\xff\xff\xbc\2\0\0\2\0\0\0\0\0\0\0"),
	             "too many blocks");
	check_breach(BYTES("\x15\0\0\x07\0\0\x05\x02\xa0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
	             "a transfer in the last phase");
	check_breach(BYTES("\x13\0\0\x07" ASKS_SMALL "\x16\0\0\x07\xfe\0\0\x02\xa0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
	                   "\x15\0\0\x07\xfe\0\0\x02\xa0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
	             "a file was asked for too often");
	check_breach(BYTES("\6\0\0\x07\0\0\0\0\0\0"), "data after the end");
	check_breach(BYTES("\5\0\0\x07\0\0\0\0\0" "\1\0\0\x07\0"), "data after the end");
}

/* Data may not come before the list is out; messages may. */
TEST(reads_messages_while_it_sends)
{
	struct session t;

	session_init(&t);
	t.o.checksum = true;
	session_start(&t);
	while (sender_step(t.s, &t.in, &t.out, &t.e) == 1)
		continue;
	CHECK_INT(buf_add(&t.in, BYTES(HELLO_31 "\3\0\0\x09hi\n" "\0\0\0\x07" "\1\0\0\x07\0"), &t.e), 0);
	while (sender_state(t.s) != AWAIT_SUMS && sender_step(t.s, &t.in, &t.out, &t.e) == 1)
		continue;
	CHECK_INT(sender_state(t.s), AWAIT_SUMS);
	while (sender_step(t.s, &t.in, &t.out, &t.e) == 1)
		continue;
	CHECK_INT(t.n_texts, 1);
	CHECK_STR(t.e.why, "data that nobody asked for");
	session_free(&t);
}

TEST(hears_that_the_server_gave_up)
{
	struct session t;

	session_init(&t);
	session_start(&t);
	CHECK_INT(run(&t, BYTES(HELLO_31 "\7\0\0\x0ano way\n" "\4\0\0\x5d\x0b\0\0\0" "rubbish"), 1000), 0);
	CHECK_INT(sender_state(t.s), REFUSED);
	CHECK_MEM(t.out.bytes + t.out.len - 4, "\0\0\0\x5d", 4);
	CHECK(sender_wants_close(t.s));
	CHECK_INT(sender_eof(t.s, &t.e), -1);
	CHECK_STR(t.e.why, "no way");
	CHECK_INT(sender_finish(t.s, 11, &t.e), -1);
	CHECK_STR(t.e.why, "no way");
	session_free(&t);
}

TEST(answers_a_keep_alive)
{
	struct session t;

	session_init(&t);
	session_start(&t);
	CHECK_INT(run(&t, BYTES(HELLO_30), 1000), 0);
	buf_clear(&t.out);
	CHECK_INT(run(&t, BYTES("\0\0\0\x31"), 1000), 0);
	CHECK_INT(t.out.len, 4);
	CHECK_MEM(t.out.bytes, "\0\0\0\x07", 4);
	session_free(&t);
}

TEST(does_not_send_what_it_cannot_open)
{
	struct session t;

	session_init(&t);
	session_start(&t);
	CHECK_INT(run(&t, BYTES(HELLO_31), 1000), 0);
	buf_clear(&t.out);
	/* "gone" with one block, whose sums are to be skipped; then the phases */
	CHECK_INT(run(&t, BYTES("\x1b\0\0\x07\x03\0\x80\1\0\0\0\xbc\2\0\0\2\0\0\0\5\0\0\0wwwwss" "\0\0"), 3), 0);
	CHECK_MEM(t.out.bytes, "\4\0\0\x6d\2\0\0\0", 8);
	CHECK_INT(run(&t, BYTES("\3\0\0\x07\0\0\0"), 3), 0);
	CHECK_INT(sender_state(t.s), AWAIT_EOF);
	CHECK_INT(sender_stats(t.s)->n_skipped, 1);
	CHECK_INT(t.n_texts, 1);
	CHECK_INT(sender_finish(t.s, 0, &t.e), -1);
	CHECK_STR(t.e.why, "some files vanished");
	session_free(&t);
}

TEST(does_not_call_a_changed_file_success)
{
	struct session t;

	session_init(&t);
	session_start(&t);
	t.changed = true;
	CHECK_INT(run(&t, BYTES(SESSION_31), 1000), 0);
	CHECK_INT(sender_state(t.s), AWAIT_EOF);
	CHECK_INT(t.n_texts, 1);
	CHECK_INT(sender_finish(t.s, 0, &t.e), -1);
	session_free(&t);
}

TEST(says_farewell_where_the_protocol_can)
{
	struct session t;

	session_init(&t);
	session_start(&t);
	CHECK_INT(sender_abort(t.s, &t.out, &t.e), 0);
	CHECK_INT(t.out.len, 0);
	session_free(&t);
	session_init(&t);
	session_start(&t);
	CHECK_INT(run(&t, BYTES(HELLO_30), 1000), 0);
	buf_clear(&t.out);
	CHECK_INT(sender_abort(t.s, &t.out, &t.e), 0);
	CHECK_INT(t.out.len, 0);
	session_free(&t);
	session_init(&t);
	session_start(&t);
	CHECK_INT(run(&t, BYTES(HELLO_31), 1000), 0);
	buf_clear(&t.out);
	CHECK_INT(sender_abort(t.s, &t.out, &t.e), 0);
	CHECK_INT(t.out.len, 8);
	CHECK_MEM(t.out.bytes, "\4\0\0\x5d\x14\0\0\0", 8);
	CHECK_INT(sender_abort(t.s, &t.out, &t.e), 0);
	CHECK_INT(t.out.len, 8);
	session_free(&t);
}

static void
check_verdict(const char *extra, size_t n, int status, enum err_kind kind, const char *why)
{
	struct session t;

	session_init(&t);
	session_start(&t);
	CHECK_INT(run(&t, BYTES(HELLO_31), 1000), 0);
	CHECK_INT(run(&t, extra, n, 1000), 0);
	CHECK_INT(run(&t, BYTES("\5\0\0\x07\0\0\0\0\0"), 1000), 0);
	CHECK_INT(sender_state(t.s), AWAIT_EOF);
	memset(&t.e, 0, sizeof t.e);
	CHECK_INT(sender_finish(t.s, status, &t.e), kind == ERR_NONE ? 0 : -1);
	CHECK_INT(t.e.kind, kind);
	CHECK_STR(t.e.why, why);
	session_free(&t);
}

TEST(succeeds_only_if_nothing_went_wrong)
{
	struct session t;

	check_verdict("", 0, 0, ERR_NONE, "");
	check_verdict(BYTES("\3\0\0\x09ok\n"), 0, ERR_NONE, "");
	check_verdict("", 0, -1, ERR_PROTO, "no exit status came");
	check_verdict("", 0, 23, ERR_PROTO, "some files were not transferred");
	check_verdict("", 0, 137, ERR_PROTO, "its rsync was killed");
	check_verdict(BYTES("\4\0\0\x08\x1b""bad"), 0, ERR_PROTO, "\\x1b""bad");
	check_verdict(BYTES("\4\0\0\x0a""bad\n"), 0, ERR_PROTO, "bad");
	check_verdict(BYTES("\4\0\0\x1d\4\0\0\0"), 0, ERR_PROTO, "the limit of deletions was reached");
	session_init(&t);
	session_start(&t);
	CHECK_INT(sender_finish(t.s, 127, &t.e), -1);
	CHECK_INT(t.e.kind, ERR_REMOTE);
	CHECK_STR(t.e.why, "rsync is not installed there");
	session_free(&t);
}

/* Every byte of a session replaced by others: no crash, no foreign file, no end without a verdict. */
TEST(survives_changed_bytes)
{
	static const uint8_t values[] = {0x00, 0x01, 0x07, 0x5d, 0x7f, 0x80, 0xfe, 0xff};
	uint8_t bytes[sizeof SESSION_31 - 1];
	size_t at;
	size_t k;

	for (at = 0; at < sizeof bytes; at++)
		for (k = 0; k < 256 + sizeof values; k++) {
			struct session t;

			memcpy(bytes, SESSION_31, sizeof bytes);
			bytes[at] = (uint8_t)k;
			if (k >= 256 && at + 1 < sizeof bytes) { /* two at once */
				bytes[at] = values[k - 256];
				bytes[at + 1] = values[(k + at) % sizeof values];
			}
			session_init(&t);
			t.o.del = k % 2 != 0;
			session_start(&t);
			if (run(&t, bytes, sizeof bytes, 1 + k % 40) == 0)
				(void)sender_eof(t.s, &t.e);
			(void)sender_finish(t.s, 0, &t.e);
			session_free(&t);
		}
}

int
main(void)
{
	RUN(completes_a_session_however_it_is_cut);
	RUN(notices_an_end_at_every_place);
	RUN(waits_for_sums);
	RUN(stops_when_the_output_is_not_drained);
	RUN(refuses_what_no_server_may_say);
	RUN(reads_messages_while_it_sends);
	RUN(hears_that_the_server_gave_up);
	RUN(answers_a_keep_alive);
	RUN(does_not_send_what_it_cannot_open);
	RUN(does_not_call_a_changed_file_success);
	RUN(says_farewell_where_the_protocol_can);
	RUN(succeeds_only_if_nothing_went_wrong);
	RUN(survives_changed_bytes);
	return unit_done();
}
