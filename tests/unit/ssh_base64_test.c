/* SPDX-License-Identifier: MIT */
#include "lib/ssh/base64.h"

#include "unit.h"

/* Encoding and decoding of the same bytes (RFC 4648 section 10, without '='). */
static void
both_ways(const char *plain, const char *encoded)
{
	char out[32] = "";
	struct buf back = {0};
	struct err e;

	base64_encode((const uint8_t *)plain, strlen(plain), out);
	CHECK_INT(BASE64_LEN(strlen(plain)), strlen(encoded));
	CHECK_STR(out, encoded);
	CHECK_INT(base64_decode(&back, encoded, strlen(encoded), &e), 0);
	CHECK_INT(back.len, strlen(plain));
	CHECK_MEM(back.bytes, (const uint8_t *)plain, back.len < strlen(plain) ? back.len : strlen(plain));
	buf_free(&back);
}

static int
decode(const char *text)
{
	struct buf out = {0};
	struct err e;
	int ret = base64_decode(&out, text, strlen(text), &e) == -1 ? -1 : (int)out.len;

	buf_free(&out);
	return ret;
}

TEST(vectors_of_rfc_4648)
{
	both_ways("f", "Zg");
	both_ways("fo", "Zm8");
	both_ways("foo", "Zm9v");
	both_ways("foob", "Zm9vYg");
	both_ways("fooba", "Zm9vYmE");
	both_ways("foobar", "Zm9vYmFy");
}

TEST(padding_and_blanks_are_passed_over)
{
	CHECK_INT(decode("Zm9v\nYmFy\r\n"), 6);
	CHECK_INT(decode(" Zg == "), 1);
	CHECK_INT(decode(""), 0);
}

TEST(what_is_not_base64_is_refused)
{
	CHECK_INT(decode("Zm9v-"), -1);
	CHECK_INT(decode("Zg==Zg"), -1);
	CHECK_INT(decode("Z"), -1);
	CHECK_INT(decode("Zm9vZ"), -1);
}

int
main(void)
{
	RUN(vectors_of_rfc_4648);
	RUN(padding_and_blanks_are_passed_over);
	RUN(what_is_not_base64_is_refused);
	return unit_done();
}
