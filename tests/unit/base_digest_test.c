/* SPDX-License-Identifier: MIT */
#include "lib/base/digest.h"

#include "lib/base/text.h"
#include "unit.h"

static char hex[2 * DIGEST_MAX_LEN + 1];

static const char *
md5(const char *s)
{
	uint8_t out[DIGEST_MD5_LEN];

	digest_md5(s, strlen(s), out);
	text_hex(out, sizeof out, hex);
	return hex;
}

static const char *
sha256(const char *s)
{
	uint8_t out[DIGEST_SHA256_LEN];

	digest_sha256(s, strlen(s), out);
	text_hex(out, sizeof out, hex);
	return hex;
}

TEST(known_digests) /* RFC 1321 A.5; FIPS 180-2 B.1 */
{
	CHECK_STR(md5(""), "d41d8cd98f00b204e9800998ecf8427e");
	CHECK_STR(md5("message digest"), "f96b697d7cb7938d525a2f31aaf161d0");
	CHECK_STR(sha256(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	CHECK_STR(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(in_parts_and_read_in_between)
{
	struct digest d;
	uint8_t out[DIGEST_MAX_LEN];

	digest_init(&d, DIGEST_SHA256);
	digest_add(&d, "a", 1);
	CHECK_INT(digest_end(&d, out), DIGEST_SHA256_LEN);
	digest_add(&d, "bc", 2);
	text_hex(out, digest_end(&d, out), hex);
	CHECK_STR(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	digest_init(&d, DIGEST_MD5);
	CHECK_INT(digest_end(&d, out), DIGEST_MD5_LEN);
}

int
main(void)
{
	RUN(known_digests);
	RUN(in_parts_and_read_in_between);
	return unit_done();
}
