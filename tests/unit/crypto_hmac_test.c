/* SPDX-License-Identifier: MIT */
/* HMAC: RFC 2202 and RFC 4231, test cases 2 and 6. */
#include <libssh2_priv.h>
#include "crypto_hex.h"
#include "unit.h"

typedef int start_hmac(struct hmac *, void *, size_t);

static void
check(start_hmac *start, size_t out_len, const char *want_short, const char *want_long)
{
	static const char text[] = "what do ya want for nothing?";
	static const char long_text[] = "Test Using Larger Than Block-Size Key - Hash Key First";
	char jefe[] = "Jefe";
	uint8_t long_key[131], out[64], want[64];
	struct hmac hmac, zero;

	CHECK_INT(_libssh2_hmac_ctx_init(&hmac), 1);
	CHECK_INT(start(&hmac, jefe, 4), 1);
	CHECK_INT(_libssh2_hmac_update(&hmac, text, 5), 1);
	CHECK_INT(_libssh2_hmac_update(&hmac, text + 5, strlen(text) - 5), 1);
	CHECK_INT(_libssh2_hmac_final(&hmac, out), 1);
	CHECK_INT(unhex(want_short, want), out_len);
	CHECK_MEM(out, want, out_len);
	_libssh2_hmac_cleanup(&hmac);
	memset(&zero, 0, sizeof(zero));
	CHECK_MEM(&hmac, &zero, sizeof(hmac));

	memset(long_key, 0xaa, sizeof(long_key));
	CHECK_INT(start(&hmac, long_key, sizeof(long_key)), 1);
	CHECK_INT(_libssh2_hmac_update(&hmac, long_text, strlen(long_text)), 1);
	CHECK_INT(_libssh2_hmac_final(&hmac, out), 1);
	unhex(want_long, want);
	CHECK_MEM(out, want, out_len);
}

TEST(hmac_sha1)
{
	check(_libssh2_hmac_sha1_init, 20, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79", "90d0dace1c1bdc957339307803160335bde6df2b");
}

TEST(hmac_sha256)
{
	check(_libssh2_hmac_sha256_init, 32, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
	    "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(hmac_sha512)
{
	check(_libssh2_hmac_sha512_init, 64, 
	    "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65"
	    "f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737", 
	    "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f3526b56d037e05f2598bd0fd221"
	    "5d6a1e5295e64f73f63f0aec8b915a985d786598");
}

TEST(random_bytes_differ)
{
	uint8_t a[32] = {0}, b[32] = {0};

	CHECK_INT(_libssh2_random(a, sizeof(a)), 0);
	CHECK_INT(_libssh2_random(b, sizeof(b)), 0);
	CHECK(memcmp(a, b, sizeof(a)) != 0);
	CHECK_INT(_libssh2_random(a, 0), 0);
}

int
main(void)
{
	RUN(hmac_sha1);
	RUN(hmac_sha256);
	RUN(hmac_sha512);
	RUN(random_bytes_differ);
	return unit_done();
}
