/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "lib/rsync/mux.h"

TEST(decodes_frames)
{
	struct mux_hdr h = {9, 9};

	CHECK_INT(mux_decode((const uint8_t *)"\x10\0\0", 3, &h), 0);
	CHECK_INT(h.kind, 9);
	CHECK_INT(mux_decode((const uint8_t *)"\x10\0\0\x07", 4, &h), 1);
	CHECK_INT(h.kind, MUX_DATA);
	CHECK_INT(h.len, 16);
	CHECK_INT(mux_decode((const uint8_t *)"\xff\xff\xff\x5d", 4, &h), 1);
	CHECK_INT(h.kind, MUX_ERROR_EXIT);
	CHECK_INT(h.len, MUX_LEN_MAX);
}

TEST(refuses_tags_below_the_base)
{
	struct mux_hdr h = {9, 9};
	uint8_t bytes[4] = {1, 0, 0, 0};

	for (bytes[3] = 0; bytes[3] < 7; bytes[3]++)
		CHECK_INT(mux_decode(bytes, 4, &h), -1);
	CHECK_INT(h.kind, 9);
	CHECK_INT(h.len, 9);
}

TEST(knows_what_a_server_may_say)
{
	static const struct {
		uint8_t kind;
		uint32_t len;
		bool ok;
	} cases[] = {
		{MUX_DATA, 0, true},           {MUX_DATA, MUX_LEN_MAX, true},
		{MUX_INFO, 0, true},           {MUX_INFO, MUX_TEXT_MAX, true},
		{MUX_INFO, MUX_TEXT_MAX + 1, false}, {MUX_ERROR, MUX_TEXT_MAX + 1, false},
		{MUX_ERROR_XFER, MUX_LEN_MAX, false}, {MUX_WARNING, 5, true},
		{MUX_ERROR_UTF8, 5, true},     {MUX_IO_ERROR, 4, true},
		{MUX_IO_ERROR, 3, false},      {MUX_IO_TIMEOUT, 5, false},
		{MUX_NOOP, 0, true},           {MUX_NOOP, 1, false},
		{MUX_ERROR_EXIT, 0, true},     {MUX_ERROR_EXIT, 4, true},
		{MUX_ERROR_EXIT, 2, false},    {MUX_SUCCESS, 4, true},
		{MUX_SUCCESS, 0, false},       {MUX_DELETED, 0, false},
		{MUX_DELETED, 1, true},        {MUX_DELETED, MUX_NAME_MAX, true},
		{MUX_DELETED, MUX_NAME_MAX + 1, false}, {MUX_NO_SEND, 4, false},
		{5, 0, false},                 {6, 0, false},
		{7, 0, false},                 {9, 4, false},
		{10, 0, false},                {200, 0, false},
	};
	size_t i;

	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct mux_hdr h = {cases[i].kind, cases[i].len};

		if ((mux_fault(&h) == NULL) != cases[i].ok)
			(void)unit_fail(__FILE__, __LINE__, "kind %u, length %u", cases[i].kind,
			                (unsigned)cases[i].len);
	}
}

TEST(adds_frames)
{
	struct buf out = {0};
	struct err e;

	CHECK_INT(mux_add(&out, MUX_NO_SEND, "\x02\0\0\0", 4, &e), 0);
	CHECK_INT(out.len, 8);
	CHECK_MEM(out.bytes, "\x04\0\0\x6d\x02\0\0\0", 8);
	CHECK_INT(mux_add(&out, MUX_DATA, NULL, 0, &e), 0);
	CHECK_MEM(out.bytes + 8, "\0\0\0\x07", 4);
	CHECK_INT(mux_add(&out, MUX_DATA, "", MUX_LEN_MAX + 1u, &e), -1);
	CHECK_INT(e.kind, ERR_INTERNAL);
	CHECK_INT(out.len, 12);
	buf_free(&out);
}

int
main(void)
{
	RUN(decodes_frames);
	RUN(refuses_tags_below_the_base);
	RUN(knows_what_a_server_may_say);
	RUN(adds_frames);
	return unit_done();
}
