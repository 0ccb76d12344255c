/* SPDX-License-Identifier: MIT */
/* ECDSA against RFC 6979 A.2.5 to A.2.7 (message "sample"), and ECDH. */
#include <libssh2_priv.h>
#include "lib/crypto/key.h"
#include "crypto_hex.h"
#include "unit.h"

struct vector {
	libssh2_curve_type curve;
	size_t hash_len;
	const char *x, *r, *s;
};

static const struct vector vectors[] = {
	{LIBSSH2_EC_CURVE_NISTP256, 32, "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721",
	    "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716",
	    "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"},
	{LIBSSH2_EC_CURVE_NISTP384, 48, "6b9d3dad2e1b8c1c05b19875b6659f4de23c3b667bf297ba9aa47740787137d896d5724e4c70a825f872c9ea60d2edf5",
	    "94edbb92a5ecb8aad4736e56c691916b3f88140666ce9fa73d64c4ea95ad133c81a648152e44acf96e36dd1e80fabe46",
	    "99ef4aeb15f178cea1fe40db2603138f130e740a19624526203b6351d0a3a94fa329c145786e679e7b82c71a38628ac8"},
	{LIBSSH2_EC_CURVE_NISTP521, 64, 
	    "00fad06daa62ba3b25d2fb40133da757205de67f5bb0018fee8c86e1b68c7e75caa896eb32f1f47c70855836"
	    "a6d16fcc1466f6d8fbec67db89ec0c08b0e996b83538", 
	    "00c328fafcbd79dd77850370c46325d987cb525569fb63c5d3bc53950e6d4c5f174e25a1ee9017b5d450606a"
	    "dd152b534931d7d4e8455cc91f9b15bf05ec36e377fa", 
	    "00617cce7cf5064806c467f678d3b4080d6f1cc50af26ca209417308281b68af282623eaa63e5b5c0723d8b8"
	    "c37ff0777b1a20f8ccb1dccc43997f1ee0e44da4a67a"},
};
#define ORDER256 "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"

static const uint8_t sample[] = "sample";
#define SAMPLE_LEN (sizeof(sample) - 1)

static struct ec
private_key(const struct vector *v)
{
	uint8_t x[66];
	size_t len = unhex(v->x, x);
	struct ec ec;

	CHECK_INT(ec_set_private(&ec, v->curve, x, len), 0);
	return ec;
}

static size_t
mpint(const char *hex, uint8_t *out)
{
	uint8_t bytes[66];
	size_t len = unhex(hex, bytes);
	uint8_t *p = out;

	_libssh2_store_bignum2_bytes(&p, bytes, len);
	return (size_t)(p - out);
}

TEST(signatures_are_those_of_rfc_6979)
{
	LIBSSH2_SESSION *session = libssh2_session_init();
	size_t i;

	REQUIRE(session != NULL);
	for (i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		struct ec ec = private_key(&vectors[i]);
		uint8_t hash[64], want[200];
		uint8_t *sig;
		size_t len, want_len;
		br_hash_compat_context ctx;
		const br_hash_class *class = i == 0 ? &br_sha256_vtable : i == 1 ? &br_sha384_vtable
		                                                                : &br_sha512_vtable;

		class->init(&ctx.vtable);
		class->update(&ctx.vtable, sample, SAMPLE_LEN);
		class->out(&ctx.vtable, hash);
		REQUIRE(_libssh2_ecdsa_sign(session, &ec, hash, vectors[i].hash_len, &sig, &len) == 0);
		want_len = mpint(vectors[i].r, want);
		want_len += mpint(vectors[i].s, want + want_len);
		CHECK_INT(len, want_len);
		CHECK_MEM(sig, want, want_len);
		LIBSSH2_FREE(session, sig);
		CHECK(_libssh2_ecdsa_sign(session, &ec, hash, 20, &sig, &len) != 0);
	}
	libssh2_session_free(session);
}

static int
verify(const struct ec *key, const char *r_hex, const char *s_hex)
{
	struct ec public;
	uint8_t r[80], s[80];
	size_t r_len = unhex(r_hex, r), s_len = unhex(s_hex, s);

	CHECK_INT(ec_set_public(&public, key->curve, key->point, key->point_len), 0);
	return _libssh2_ecdsa_verify(&public, r, r_len, s, s_len, sample, SAMPLE_LEN);
}

TEST(good_signatures_verify)
{
	size_t i;

	for (i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		struct ec ec = private_key(&vectors[i]);
		char padded[160];

		CHECK_INT(verify(&ec, vectors[i].r, vectors[i].s), 0);
		(void)snprintf(padded, sizeof(padded), "0000%s", vectors[i].r);
		CHECK_INT(verify(&ec, padded, vectors[i].s), 0);
		CHECK(verify(&ec, vectors[i].s, vectors[i].r) != 0);
	}
}

TEST(r_and_s_outside_the_order_are_refused)
{
	struct ec ec = private_key(&vectors[0]);
	const char *r = vectors[0].r, *s = vectors[0].s;
	static const char all_ones[] = "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff";

	CHECK(verify(&ec, "00", s) != 0);
	CHECK(verify(&ec, r, "00") != 0);
	CHECK(verify(&ec, "", s) != 0);
	CHECK(verify(&ec, ORDER256, s) != 0);
	CHECK(verify(&ec, r, ORDER256) != 0);
	CHECK(verify(&ec, all_ones, s) != 0);
	CHECK(verify(&ec, r, all_ones) != 0);
	CHECK(verify(&ec, "01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", s) != 0);
}

TEST(secrets_outside_the_order_are_refused)
{
	uint8_t x[33] = {0};
	struct ec ec;

	CHECK(ec_set_private(&ec, LIBSSH2_EC_CURVE_NISTP256, x, 32) != 0);
	unhex(ORDER256, x);
	CHECK(ec_set_private(&ec, LIBSSH2_EC_CURVE_NISTP256, x, 32) != 0);
	x[31]--; /* order - 1 */
	CHECK_INT(ec_set_private(&ec, LIBSSH2_EC_CURVE_NISTP256, x, 32), 0);
	memset(x, 1, sizeof(x));
	CHECK(ec_set_private(&ec, LIBSSH2_EC_CURVE_NISTP256, x, 33) != 0);
}

TEST(shared_secret_loses_its_leading_zero)
{
	struct ec ec = private_key(&vectors[0]);
	struct bn *k = _libssh2_bn_init();
	uint8_t peer[65], want[32];

	REQUIRE(unhex(
	    "04005543894af3d00ed7d740abdbd75c96b06877b787db5f70eea78b90a8d7c00abb4c85a3d8ea29efaafa24"
	    "406912dd84d5b14dc32bf656ef6c6bd58a5d943f92", peer) == 65);
	unhex("009956a92a3c4b2c539f3c8b1e345e0d0a65d32a8902e37a86c0f37f88f82025", want);
	CHECK_INT(_libssh2_ecdh_gen_k(&k, &ec, peer, sizeof(peer)), 0);
	CHECK_INT(k->len, 31);
	CHECK_MEM(k->bytes, want + 1, 31);
	_libssh2_bn_free(k);
}

TEST(two_sides_agree_on_every_curve)
{
	LIBSSH2_SESSION *session = libssh2_session_init();
	size_t i;

	REQUIRE(session != NULL);
	for (i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		struct ec *a, *b;
		uint8_t *a_octets, *b_octets;
		size_t a_len, b_len;
		struct bn *k1 = _libssh2_bn_init(), *k2 = _libssh2_bn_init();

		REQUIRE(_libssh2_ecdsa_create_key(session, &a, &a_octets, &a_len, vectors[i].curve) == 0);
		REQUIRE(_libssh2_ecdsa_create_key(session, &b, &b_octets, &b_len, vectors[i].curve) == 0);
		CHECK_INT(_libssh2_ecdh_gen_k(&k1, a, b_octets, b_len), 0);
		CHECK_INT(_libssh2_ecdh_gen_k(&k2, b, a_octets, a_len), 0);
		CHECK_INT(k1->len, k2->len);
		CHECK_MEM(k1->bytes, k2->bytes, k1->len);
		LIBSSH2_FREE(session, a_octets);
		LIBSSH2_FREE(session, b_octets);
		_libssh2_ecdsa_free(a);
		_libssh2_ecdsa_free(b);
		_libssh2_bn_free(k1);
		_libssh2_bn_free(k2);
	}
	libssh2_session_free(session);
}

TEST(what_is_not_a_point_is_refused)
{
	size_t i, len;

	for (i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		struct ec ec = private_key(&vectors[i]);
		struct bn *k = _libssh2_bn_init();
		uint8_t point[EC_MAX_POINT_LEN + 1];

		memset(point, 0, sizeof(point));
		memcpy(point, ec.point, ec.point_len);
		CHECK_INT(_libssh2_ecdh_gen_k(&k, &ec, point, ec.point_len), 0);
		for (len = 0; len < ec.point_len; len++) /* infinity is the one byte 00 */
			CHECK(_libssh2_ecdh_gen_k(&k, &ec, point, len) != 0);
		CHECK(_libssh2_ecdh_gen_k(&k, &ec, point, ec.point_len + 1) != 0);
		point[ec.point_len - 1] ^= 1; /* off the curve */
		CHECK(_libssh2_ecdh_gen_k(&k, &ec, point, ec.point_len) != 0);
		point[ec.point_len - 1] ^= 1;
		point[0] = 0x06; /* hybrid form */
		CHECK(_libssh2_ecdh_gen_k(&k, &ec, point, ec.point_len) != 0);
		memset(point, 0, sizeof(point));
		CHECK(_libssh2_ecdh_gen_k(&k, &ec, point, 1) != 0);
		point[0] = 0x04; /* (0, 0) */
		CHECK(_libssh2_ecdh_gen_k(&k, &ec, point, ec.point_len) != 0);
		memset(point + 1, 0xff, sizeof(point) - 1); /* coordinates beyond the field */
		CHECK(_libssh2_ecdh_gen_k(&k, &ec, point, ec.point_len) != 0);
		_libssh2_bn_free(k);
	}
}

TEST(compressed_points_are_refused)
{
	struct ec ec = private_key(&vectors[0]), *public;
	struct bn *k = _libssh2_bn_init();
	uint8_t point[33];

	REQUIRE(unhex("02005543894af3d00ed7d740abdbd75c96b06877b787db5f70eea78b90a8d7c00a", point) == 33);
	CHECK(_libssh2_ecdh_gen_k(&k, &ec, point, sizeof(point)) != 0);
	CHECK(_libssh2_ecdsa_curve_name_with_octal_new(&public, point, sizeof(point), LIBSSH2_EC_CURVE_NISTP256) != 0);
	CHECK(public == NULL);
	_libssh2_bn_free(k);
}

TEST(a_host_key_off_the_curve_verifies_nothing)
{
	struct ec ec = private_key(&vectors[0]), *public;
	uint8_t r[32], s[32];

	unhex(vectors[0].r, r);
	unhex(vectors[0].s, s);
	ec.point[40] ^= 1;
	REQUIRE(_libssh2_ecdsa_curve_name_with_octal_new(&public, ec.point, ec.point_len, ec.curve) == 0);
	CHECK(_libssh2_ecdsa_verify(public, r, sizeof(r), s, sizeof(s), sample, SAMPLE_LEN) != 0);
	_libssh2_ecdsa_free(public);
}

TEST(curves_by_name)
{
	libssh2_curve_type curve;

	CHECK_INT(_libssh2_ecdsa_curve_type_from_name("ecdsa-sha2-nistp384", &curve), 0);
	CHECK_INT(curve, LIBSSH2_EC_CURVE_NISTP384);
	CHECK(_libssh2_ecdsa_curve_type_from_name("ecdsa-sha2-nistp224", &curve) != 0);
	CHECK(_libssh2_ecdsa_curve_type_from_name(NULL, &curve) != 0);
}

int
main(void)
{
	CHECK_INT(libssh2_init(0), 0);
	RUN(signatures_are_those_of_rfc_6979);
	RUN(good_signatures_verify);
	RUN(r_and_s_outside_the_order_are_refused);
	RUN(secrets_outside_the_order_are_refused);
	RUN(shared_secret_loses_its_leading_zero);
	RUN(two_sides_agree_on_every_curve);
	RUN(what_is_not_a_point_is_refused);
	RUN(compressed_points_are_refused);
	RUN(a_host_key_off_the_curve_verifies_nothing);
	RUN(curves_by_name);
	return unit_done();
}
