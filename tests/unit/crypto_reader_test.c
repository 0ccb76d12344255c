/* SPDX-License-Identifier: MIT */
#include "lib/crypto/reader.h"
#include "unit.h"

static const unsigned char string[] = {0, 0, 0, 3, 'a', 'b', 'c', 'x'};

TEST(takes_strings)
{
	struct reader r = {string, sizeof(string)}, s;

	CHECK_INT(reader_string(&r, &s), 0);
	CHECK_INT(s.len, 3);
	CHECK_MEM(s.bytes, "abc", 3);
	CHECK_INT(r.len, 1);
	CHECK_INT(reader_string(&r, &s), -1);
	CHECK_INT(r.len, 1);
}

TEST(truncated_strings_leave_the_reader_alone)
{
	struct reader s;
	size_t len;

	for (len = 0; len < 7; len++) {
		struct reader r = {string, len};

		CHECK_INT(reader_string(&r, &s), -1);
		CHECK(r.bytes == string && r.len == len);
	}
}

TEST(oversized_strings_are_refused)
{
	static const unsigned char huge[] = {0xff, 0xff, 0xff, 0xff, 'a'};
	struct reader r = {huge, sizeof(huge)}, s;
	uint32_t n;

	CHECK_INT(reader_string(&r, &s), -1);
	CHECK_INT(r.len, sizeof(huge));
	CHECK_INT(reader_u32(&r, &n), 0);
	CHECK_INT(n, UINT32_MAX);
	CHECK_INT(reader_u32(&r, &n), -1);
}

TEST(takes_der)
{
	static const unsigned char der[] = {0x30, 0x06, 0x02, 0x01, 0x05, 0x04, 0x01, 'k', 0xaa};
	struct reader r = {der, sizeof(der)}, body, item;

	CHECK_INT(reader_der(&r, DER_INTEGER, &body), -1);
	CHECK_INT(reader_der(&r, DER_SEQUENCE, &body), 0);
	CHECK_INT(r.len, 1);
	CHECK_INT(reader_der(&body, DER_INTEGER, &item), 0);
	CHECK_INT(item.bytes[0], 5);
	CHECK_INT(reader_der(&body, DER_OCTET_STRING, &item), 0);
	CHECK_INT(item.bytes[0], 'k');
	CHECK_INT(body.len, 0);
	CHECK_INT(reader_der(&body, DER_INTEGER, &item), -1);
}

TEST(takes_long_der_lengths)
{
	unsigned char der[4 + 256] = {0x04, 0x82, 0x01, 0x00};
	struct reader r = {der, sizeof(der)}, body;
	size_t len;

	CHECK_INT(reader_der(&r, DER_OCTET_STRING, &body), 0);
	CHECK_INT(body.len, 256);
	for (len = 0; len < sizeof(der); len++) {
		struct reader cut = {der, len};

		CHECK_INT(reader_der(&cut, DER_OCTET_STRING, &body), -1);
	}
}

TEST(hostile_der_lengths_are_refused)
{
	static const unsigned char indefinite[] = {0x30, 0x80, 0, 0};
	static const unsigned char five[] = {0x30, 0x85, 0, 0, 0, 0, 1, 0};
	static const unsigned char beyond[] = {0x30, 0x84, 0xff, 0xff, 0xff, 0xff, 0};
	struct reader body;
	struct reader a = {indefinite, sizeof(indefinite)};
	struct reader b = {five, sizeof(five)};
	struct reader c = {beyond, sizeof(beyond)};

	CHECK_INT(reader_der(&a, DER_SEQUENCE, &body), -1);
	CHECK_INT(reader_der(&b, DER_SEQUENCE, &body), -1);
	CHECK_INT(reader_der(&c, DER_SEQUENCE, &body), -1);
}

int
main(void)
{
	RUN(takes_strings);
	RUN(truncated_strings_leave_the_reader_alone);
	RUN(oversized_strings_are_refused);
	RUN(takes_der);
	RUN(takes_long_der_lengths);
	RUN(hostile_der_lengths_are_refused);
	return unit_done();
}
