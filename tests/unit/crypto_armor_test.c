/* SPDX-License-Identifier: MIT */
#include "lib/crypto/armor.h"
#include <stdlib.h>
#include "unit.h"

static unsigned char out[512];
static size_t out_len;
static char label[ARMOR_LABEL_MAX];

/* From a heap copy of exactly that size, so that the sanitizer sees a byte too far. */
static enum armor_status
decode_n(const char *text, size_t len)
{
	char *copy = malloc(len + 1);
	enum armor_status status;

	memcpy(copy, text, len);
	copy = realloc(copy, len > 0 ? len : 1);
	status = armor_decode(copy, len, out, &out_len, label);
	free(copy);
	return status;
}

static enum armor_status
decode(const char *text)
{
	return decode_n(text, strlen(text));
}

#define BLOCK(body) "-----BEGIN PRIVATE KEY-----\n" body "-----END PRIVATE KEY-----\n"

TEST(decodes_a_block)
{
	CHECK_INT(decode(BLOCK("c2xpcHdheQ==\n")), ARMOR_OK);
	CHECK_STR(label, "PRIVATE KEY");
	CHECK_INT(out_len, 7);
	CHECK_MEM(out, "slipway", 7);
}

TEST(decodes_every_padding)
{
	CHECK_INT(decode(BLOCK("YQ==\n")), ARMOR_OK);
	CHECK_INT(out_len, 1);
	CHECK_MEM(out, "a", 1);
	CHECK_INT(decode(BLOCK("YWI=\n")), ARMOR_OK);
	CHECK_INT(out_len, 2);
	CHECK_MEM(out, "ab", 2);
	CHECK_INT(decode(BLOCK("YWJj\n")), ARMOR_OK);
	CHECK_INT(out_len, 3);
	CHECK_MEM(out, "abc", 3);
	CHECK_INT(decode(BLOCK("+/+/\n")), ARMOR_OK);
	CHECK_MEM(out, "\xfb\xff\xbf", 3);
	CHECK_INT(decode(BLOCK("")), ARMOR_OK);
	CHECK_INT(out_len, 0);
}

TEST(lines_may_end_in_crlf_and_cut_a_group)
{
	CHECK_INT(decode("-----BEGIN RSA PRIVATE KEY-----\r\nYW\r\nJj \r\n-----END RSA PRIVATE KEY-----"), ARMOR_OK);
	CHECK_STR(label, "RSA PRIVATE KEY");
	CHECK_MEM(out, "abc", 3);
}

TEST(skips_what_comes_before_the_key)
{
	CHECK_INT(decode("some text\n-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n"
	                 "-----END EC PARAMETERS-----\n" BLOCK("YWJj\n")), ARMOR_OK);
	CHECK_MEM(out, "abc", 3);
}

TEST(no_block_is_none)
{
	CHECK_INT(decode(""), ARMOR_NONE);
	CHECK_INT(decode("\n\n"), ARMOR_NONE);
	CHECK_INT(decode("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5 me\n"), ARMOR_NONE);
	CHECK_INT(decode("-----BEGIN PUBLIC KEY-----\nYWJj\n-----END PUBLIC KEY-----\n"), ARMOR_NONE);
	CHECK_INT(decode("-----BEGIN PRIVATE KEY\nYWJj\n"), ARMOR_NONE);
	CHECK_INT(decode("-----BEGIN -----\n"), ARMOR_NONE);
	CHECK_INT(decode("-----BEGIN 0123456789012345678901234567890123456789 PRIVATE KEY-----\n"), ARMOR_NONE);
}

TEST(headers_mean_the_old_encryption)
{
	CHECK_INT(decode("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nYWJj\n"
	                 "-----END RSA PRIVATE KEY-----\n"), ARMOR_ENCRYPTED);
}

TEST(damage_is_told)
{
	CHECK_INT(decode("-----BEGIN PRIVATE KEY-----\nYWJj\n"), ARMOR_BROKEN);
	CHECK_INT(decode("-----BEGIN PRIVATE KEY-----\nYWJj\n-----END EC PRIVATE KEY-----\n"), ARMOR_BROKEN);
	CHECK_INT(decode(BLOCK("YWJ\n")), ARMOR_BROKEN);
	CHECK_INT(decode(BLOCK("Y\n")), ARMOR_BROKEN);
	CHECK_INT(decode(BLOCK("Y===\n")), ARMOR_BROKEN);
	CHECK_INT(decode(BLOCK("====\n")), ARMOR_BROKEN);
	CHECK_INT(decode(BLOCK("YQ==YQ==\n")), ARMOR_BROKEN);
	CHECK_INT(decode(BLOCK("YW=j\n")), ARMOR_BROKEN);
	CHECK_INT(decode(BLOCK("YW*j\n")), ARMOR_BROKEN);
	CHECK_INT(decode_n("-----BEGIN PRIVATE KEY-----\n\0\0\0\0", 32), ARMOR_BROKEN);
}

TEST(truncated_at_each_length)
{
	static const char text[] = BLOCK("c2xpcHdheQ==\n");
	size_t len;

	for (len = 0; len < strlen(text) - 1; len++)
		CHECK(decode_n(text, len) != ARMOR_OK);
	CHECK_INT(decode_n(text, len), ARMOR_OK); /* without the last line end */
}

int
main(void)
{
	RUN(decodes_a_block);
	RUN(decodes_every_padding);
	RUN(lines_may_end_in_crlf_and_cut_a_group);
	RUN(skips_what_comes_before_the_key);
	RUN(no_block_is_none);
	RUN(headers_mean_the_old_encryption);
	RUN(damage_is_told);
	RUN(truncated_at_each_length);
	return unit_done();
}
