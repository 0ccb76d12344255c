/* SPDX-License-Identifier: MIT */
#include "lib/base/text.h"

#include <stdlib.h>
#include <string.h>

#include "unit.h"

static struct buf out;
static struct err e;

static const char *
escaped(const char *s, size_t n, bool keep_lf)
{
	buf_clear(&out);
	return text_escape(&out, s, n, keep_lf, &e) == 0 ? buf_cstr(&out, &e) : NULL;
}

static const char *
quoted(const char *s)
{
	buf_clear(&out);
	return text_shell_quote(&out, s, &e) == 0 ? buf_cstr(&out, &e) : NULL;
}

static const char *
json(const char *s, size_t n)
{
	buf_clear(&out);
	return text_json(&out, s, n, &e) == 0 ? buf_cstr(&out, &e) : NULL;
}

TEST(copies)
{
	char *s = text_dup("abc", 2, &e);

	CHECK_STR(s, "ab");
	free(s);
	s = text_fmt(&e, "%d:%s", 7, "x");
	CHECK_STR(s, "7:x");
	free(s);
}

TEST(escapes_for_terminals)
{
	CHECK_STR(escaped("a\\b\t\n\x7f", 6, false), "a\\b\\x09\\x0a\\x7f");
	CHECK_STR(escaped("a\nb", 3, true), "a\nb");
	CHECK_STR(escaped("\0", 1, false), "\\x00");
	CHECK_STR(escaped("\xe2\x82\xac", 3, false), "\xe2\x82\xac");
}

TEST(escapes_what_is_no_utf8)
{
	CHECK_STR(escaped("\xe2\x82", 2, false), "\\xe2\\x82");         /* cut short */
	CHECK_STR(escaped("\xc0\xaf", 2, false), "\\xc0\\xaf");         /* overlong */
	CHECK_STR(escaped("\xe0\x80\xaf", 3, false), "\\xe0\\x80\\xaf"); /* overlong */
	CHECK_STR(escaped("\xed\xa0\x80", 3, false), "\\xed\\xa0\\x80"); /* a surrogate */
	CHECK_STR(escaped("\xf4\x90\x80\x80", 4, false), "\\xf4\\x90\\x80\\x80"); /* too large */
	CHECK_STR(escaped("\xf0\x9f\x98\x80", 4, false), "\xf0\x9f\x98\x80");
	CHECK_STR(escaped("\xc2\x85", 2, false), "\\xc2\\x85"); /* a control character */
}

TEST(quotes_for_the_shell)
{
	CHECK_STR(quoted("/a/b-c_1.2=x@y"), "/a/b-c_1.2=x@y");
	CHECK_STR(quoted(""), "''");
	CHECK_STR(quoted("a b"), "'a b'");
	CHECK_STR(quoted("it's $x"), "'it'\\''s $x'");
	CHECK_STR(quoted("~x"), "'~x'");
	CHECK(quoted("a\nb") == NULL);
	CHECK_INT(e.kind, ERR_USAGE);
	CHECK(quoted("a\rb") == NULL);
}

TEST(writes_json_strings)
{
	CHECK_STR(json("a\"\\\n\t\r\x01", 7), "\"a\\\"\\\\\\n\\t\\r\\u0001\"");
	CHECK_STR(json("\xc3\xa4\xff", 3), "\"\xc3\xa4\\ufffd\"");
	CHECK_STR(json("", 0), "\"\"");
}

TEST(writes_hex)
{
	static const uint8_t bytes[] = {0x00, 0x9a, 0xff};
	char hex[7];

	text_hex(bytes, 3, hex);
	CHECK_STR(hex, "009aff");
}

TEST(finds_the_nearest_word)
{
	static const char *const words[] = {"dry-run", "delete", "exclude", "a-word-of-more-than-sixty-"
	                                    "four-bytes-that-is-not-compared-with-anything", NULL};

	CHECK_STR(text_nearest("dryrun", words), "dry-run");
	CHECK_STR(text_nearest("delte", words), "delete");
	CHECK(text_nearest("banana", words) == NULL);
	CHECK(text_nearest("", words) == NULL);
	CHECK_STR(text_nearest("delete", words), "delete");
}

TEST(compares_ends)
{
	CHECK(text_starts_with("abc", "ab") && !text_starts_with("a", "ab"));
	CHECK(text_ends_with("abc", "bc") && !text_ends_with("c", "bc"));
	CHECK(text_starts_with("", "") && text_ends_with("", ""));
}

int
main(void)
{
	RUN(copies);
	RUN(escapes_for_terminals);
	RUN(escapes_what_is_no_utf8);
	RUN(quotes_for_the_shell);
	RUN(writes_json_strings);
	RUN(writes_hex);
	RUN(finds_the_nearest_word);
	RUN(compares_ends);
	buf_free(&out);
	return unit_done();
}
