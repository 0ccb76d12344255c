/* SPDX-License-Identifier: MIT */
/* Ed25519 against RFC 8032 7.1 (test 3), X25519 against RFC 7748 5.2. */
#include <libssh2_priv.h>
#include "lib/crypto/key.h"
#include "crypto_hex.h"
#include "unit.h"

static const char seed_hex[] = "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7";
static const char public_hex[] = "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025";
static const char sig_hex[] = "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
                              "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a";
static const uint8_t message[] = {0xaf, 0x82};

TEST(signs_as_rfc_8032_has_it)
{
	LIBSSH2_SESSION *session = libssh2_session_init();
	uint8_t seed[32], public[32], want[64];
	struct ed25519 ed;
	uint8_t *sig;
	size_t len;

	REQUIRE(session != NULL);
	unhex(seed_hex, seed);
	unhex(public_hex, public);
	unhex(sig_hex, want);
	CHECK_INT(ed25519_set_seed(&ed, seed), 0);
	CHECK_MEM(ed.public, public, 32);
	REQUIRE(_libssh2_ed25519_sign(&ed, session, &sig, &len, message, sizeof(message)) == 0);
	CHECK_INT(len, 64);
	CHECK_MEM(sig, want, 64);
	LIBSSH2_FREE(session, sig);
	libssh2_session_free(session);
}

TEST(verifies_and_refuses_changes)
{
	LIBSSH2_SESSION *session = libssh2_session_init();
	uint8_t public[32], sig[64];
	struct ed25519 *ed;
	uint8_t *out;
	size_t len, i;

	REQUIRE(session != NULL);
	unhex(public_hex, public);
	unhex(sig_hex, sig);
	REQUIRE(_libssh2_ed25519_new_public(&ed, session, public, 32) == 0);
	CHECK_INT(_libssh2_ed25519_verify(ed, sig, 64, message, sizeof(message)), 0);
	CHECK(_libssh2_ed25519_verify(ed, sig, 63, message, sizeof(message)) != 0);
	CHECK(_libssh2_ed25519_verify(ed, sig, 0, message, sizeof(message)) != 0);
	CHECK(_libssh2_ed25519_verify(ed, sig, 64, message, 1) != 0);
	for (i = 0; i < sizeof(sig); i++) {
		sig[i] ^= 1;
		CHECK(_libssh2_ed25519_verify(ed, sig, 64, message, sizeof(message)) != 0);
		sig[i] ^= 1;
	}
	CHECK(_libssh2_ed25519_sign(ed, session, &out, &len, message, sizeof(message)) != 0);
	_libssh2_ed25519_free(ed);
	CHECK(_libssh2_ed25519_new_public(&ed, session, public, 31) != 0);
	CHECK(ed == NULL);
	libssh2_session_free(session);
}

static void
check_x25519(const char *scalar_hex, const char *u_hex, const char *want_hex)
{
	uint8_t scalar[32], u[32], want[32];
	struct bn *k = _libssh2_bn_init();

	unhex(scalar_hex, scalar);
	unhex(u_hex, u);
	unhex(want_hex, want);
	CHECK_INT(_libssh2_curve25519_gen_k(&k, scalar, u), 0);
	CHECK_INT(k->len, 32);
	CHECK_MEM(k->bytes, want, 32);
	_libssh2_bn_free(k);
}

TEST(x25519_as_rfc_7748_has_it)
{
	check_x25519("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
	    "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
	    "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552");
	check_x25519("4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
	    "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
	    "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957");
}

TEST(x25519_refuses_points_of_small_order)
{
	uint8_t scalar[32], u[32] = {0};
	struct bn *k = _libssh2_bn_init();

	unhex(seed_hex, scalar);
	CHECK(_libssh2_curve25519_gen_k(&k, scalar, u) != 0);
	u[0] = 1;
	CHECK(_libssh2_curve25519_gen_k(&k, scalar, u) != 0);
	_libssh2_bn_free(k);
}

TEST(x25519_two_sides_agree)
{
	LIBSSH2_SESSION *session = libssh2_session_init();
	uint8_t *a_public, *a_private, *b_public, *b_private;
	struct bn *k1 = _libssh2_bn_init(), *k2 = _libssh2_bn_init();

	REQUIRE(session != NULL);
	REQUIRE(_libssh2_curve25519_new(session, &a_public, &a_private) == 0);
	REQUIRE(_libssh2_curve25519_new(session, &b_public, &b_private) == 0);
	CHECK_INT(_libssh2_curve25519_gen_k(&k1, a_private, b_public), 0);
	CHECK_INT(_libssh2_curve25519_gen_k(&k2, b_private, a_public), 0);
	CHECK_INT(k1->len, k2->len);
	CHECK_MEM(k1->bytes, k2->bytes, k1->len);
	LIBSSH2_FREE(session, a_public);
	LIBSSH2_FREE(session, a_private);
	LIBSSH2_FREE(session, b_public);
	LIBSSH2_FREE(session, b_private);
	_libssh2_bn_free(k1);
	_libssh2_bn_free(k2);
	libssh2_session_free(session);
}

int
main(void)
{
	CHECK_INT(libssh2_init(0), 0);
	RUN(signs_as_rfc_8032_has_it);
	RUN(verifies_and_refuses_changes);
	RUN(x25519_as_rfc_7748_has_it);
	RUN(x25519_refuses_points_of_small_order);
	RUN(x25519_two_sides_agree);
	return unit_done();
}
