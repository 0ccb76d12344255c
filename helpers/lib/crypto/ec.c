/* SPDX-License-Identifier: MIT */
/* ec.c: ECDH and ECDSA on NIST's curves (RFC 5656), on BearSSL. Signatures are deterministic
 * (RFC 6979). Points come and go uncompressed; everything else is refused. */
#include <libssh2_priv.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include "lib/crypto/key.h"

#define UNCOMPRESSED 0x04

static const br_ec_impl *
curves(void)
{
	return &br_ec_all_m31;
}

/* Bytes of a coordinate (and of a secret and of r and s): the same for these three curves. */
static size_t
field_len(libssh2_curve_type curve)
{
	switch (curve) {
	case LIBSSH2_EC_CURVE_NISTP256:
		return 32;
	case LIBSSH2_EC_CURVE_NISTP384:
		return 48;
	case LIBSSH2_EC_CURVE_NISTP521:
		return 66;
	}
	return 0;
}

static const br_hash_class *
hash_of(libssh2_curve_type curve)
{
	switch (curve) {
	case LIBSSH2_EC_CURVE_NISTP256:
		return &br_sha256_vtable;
	case LIBSSH2_EC_CURVE_NISTP384:
		return &br_sha384_vtable;
	case LIBSSH2_EC_CURVE_NISTP521:
		return &br_sha512_vtable;
	}
	return NULL;
}

static size_t
hash_len(const br_hash_class *class)
{
	return (class->desc >> BR_HASHDESC_OUT_OFF) & BR_HASHDESC_OUT_MASK;
}

static bool
is_point(libssh2_curve_type curve, const unsigned char *point, size_t len)
{
	size_t field = field_len(curve);

	return field != 0 && len == 1 + 2 * field && point[0] == UNCOMPRESSED;
}

/* Copy a number into exactly len bytes, big-endian. -1 if it is longer than that. */
static int
pad(unsigned char *out, size_t len, const unsigned char *number, size_t number_len)
{
	while (number_len > 0 && *number == 0) {
		number++;
		number_len--;
	}
	if (number_len > len)
		return -1;
	memset(out, 0, len);
	memcpy(out + len - number_len, number, number_len);
	return 0;
}

int
ec_set_public(struct ec *ec, libssh2_curve_type curve, const unsigned char *point, size_t len)
{
	memset(ec, 0, sizeof(*ec));
	if (!is_point(curve, point, len))
		return -1;
	ec->curve = curve;
	ec->point_len = len;
	memcpy(ec->point, point, len);
	return 0;
}

int
ec_set_private(struct ec *ec, libssh2_curve_type curve, const unsigned char *secret, size_t len)
{
	size_t order_len;
	const unsigned char *order = curves()->order(curve, &order_len);
	br_ec_private_key key;

	memset(ec, 0, sizeof(*ec));
	if (field_len(curve) == 0 || pad(ec->secret, field_len(curve), secret, len) != 0)
		return -1;
	ec->curve = curve;
	ec->secret_len = field_len(curve);
	if (sodium_is_zero(ec->secret, ec->secret_len) || order_len != ec->secret_len ||
	    memcmp(ec->secret, order, order_len) >= 0)
		return -1;
	key.curve = curve;
	key.x = ec->secret;
	key.xlen = ec->secret_len;
	ec->point_len = br_ec_compute_pub(curves(), NULL, ec->point, &key);
	return is_point(curve, ec->point, ec->point_len) ? 0 : -1;
}

int
_libssh2_ecdsa_curve_name_with_octal_new(struct ec **out, const unsigned char *k, size_t k_len,
    libssh2_curve_type type)
{
	struct ec *ec = malloc(sizeof(*ec));

	*out = NULL;
	if (ec == NULL)
		return -1;
	if (ec_set_public(ec, type, k, k_len) != 0) {
		_libssh2_ecdsa_free(ec);
		return -1;
	}
	*out = ec;
	return 0;
}

libssh2_curve_type
_libssh2_ecdsa_get_curve_type(struct ec *ec)
{
	return ec->curve;
}

/* name: "ecdsa-sha2-nistp256" and the like */
int
_libssh2_ecdsa_curve_type_from_name(const char *name, libssh2_curve_type *out)
{
	if (name == NULL)
		return -1;
	if (strcmp(name, "ecdsa-sha2-nistp256") == 0)
		*out = LIBSSH2_EC_CURVE_NISTP256;
	else if (strcmp(name, "ecdsa-sha2-nistp384") == 0)
		*out = LIBSSH2_EC_CURVE_NISTP384;
	else if (strcmp(name, "ecdsa-sha2-nistp521") == 0)
		*out = LIBSSH2_EC_CURVE_NISTP521;
	else
		return -1;
	return 0;
}

/* A secret of 1 .. order - 1: as many random bits as the order has, until they fit. */
static int
random_secret(libssh2_curve_type curve, struct ec *ec)
{
	unsigned char secret[EC_MAX_FIELD_LEN];
	size_t len = field_len(curve);
	unsigned char top_mask = curve == LIBSSH2_EC_CURVE_NISTP521 ? 0x01 : 0xff;
	int ret = -1;

	while (_libssh2_random(secret, len) == 0) {
		secret[0] &= top_mask;
		ret = ec_set_private(ec, curve, secret, len);
		if (ret == 0)
			break;
	}
	sodium_memzero(secret, sizeof(secret));
	return ret;
}

/* A pair for ECDH. The octets are the session's memory, the pair ours. */
int
_libssh2_ecdsa_create_key(LIBSSH2_SESSION *session, struct ec **out_private, unsigned char **out_octets,
    size_t *out_octets_len, libssh2_curve_type curve)
{
	struct ec *ec = calloc(1, sizeof(*ec));
	unsigned char *octets = NULL;

	if (ec == NULL || field_len(curve) == 0 || random_secret(curve, ec) != 0)
		goto fail;
	octets = LIBSSH2_ALLOC(session, ec->point_len);
	if (octets == NULL)
		goto fail;
	memcpy(octets, ec->point, ec->point_len);
	*out_octets = octets;
	*out_octets_len = ec->point_len;
	*out_private = ec;
	return 0;
fail:
	_libssh2_ecdsa_free(ec);
	return -1;
}

/* *k = the x coordinate of the peer's point times our secret */
int
_libssh2_ecdh_gen_k(struct bn **k, struct ec *private_key, const unsigned char *server_public_key,
    size_t server_public_key_len)
{
	unsigned char point[EC_MAX_POINT_LEN];
	size_t x_off, x_len;
	int ret = -1;

	if (k == NULL || *k == NULL || !is_point(private_key->curve, server_public_key, server_public_key_len))
		return -1;
	memcpy(point, server_public_key, server_public_key_len);
	/* refuses what is not a point of the curve */
	if (curves()->mul(point, server_public_key_len, private_key->secret, private_key->secret_len,
	        private_key->curve) == 1) {
		x_off = curves()->xoff(private_key->curve, &x_len);
		ret = _libssh2_bn_from_bin(*k, x_len, point + x_off);
	}
	sodium_memzero(point, sizeof(point));
	return ret;
}

int
_libssh2_ecdsa_verify(struct ec *ec, const unsigned char *r, size_t r_len, const unsigned char *s, size_t s_len,
    const unsigned char *m, size_t m_len)
{
	const br_hash_class *class = hash_of(ec->curve);
	br_ec_public_key key = {.curve = ec->curve, .q = ec->point, .qlen = ec->point_len};
	unsigned char raw[2 * EC_MAX_FIELD_LEN];
	unsigned char hash[SHA512_DIGEST_LENGTH];
	br_hash_compat_context ctx;
	size_t len = field_len(ec->curve);

	if (pad(raw, len, r, r_len) != 0 || pad(raw + len, len, s, s_len) != 0)
		return -1;
	class->init(&ctx.vtable);
	class->update(&ctx.vtable, m, m_len);
	class->out(&ctx.vtable, hash);
	return br_ecdsa_vrfy_raw_get_default()(curves(), hash, hash_len(class), &key, raw, 2 * len) == 1 ? 0 : -1;
}

/* Append one half of a signature as an mpint (RFC 4251 5). Returns the end. */
static unsigned char *
put_mpint(unsigned char *p, const unsigned char *number, size_t len)
{
	bool sign_bit;

	while (len > 0 && *number == 0) {
		number++;
		len--;
	}
	sign_bit = len > 0 && (*number & 0x80) != 0;
	_libssh2_store_u32(&p, (uint32_t)(len + sign_bit));
	if (sign_bit)
		*p++ = 0;
	memcpy(p, number, len);
	return p + len;
}

/* *signature: the session's memory, two mpints (RFC 5656 3.1.2). */
int
_libssh2_ecdsa_sign(LIBSSH2_SESSION *session, struct ec *ec, const unsigned char *hash, size_t hash_size,
    unsigned char **signature, size_t *signature_len)
{
	const br_hash_class *class = hash_of(ec->curve);
	br_ec_private_key key = {.curve = ec->curve, .x = ec->secret, .xlen = ec->secret_len};
	unsigned char raw[2 * EC_MAX_FIELD_LEN];
	size_t len = field_len(ec->curve);
	unsigned char *out, *end;

	if (ec->secret_len == 0 || hash_size != hash_len(class))
		return -1;
	if (br_ecdsa_sign_raw_get_default()(curves(), class, hash, &key, raw) != 2 * len)
		return _libssh2_error(session, LIBSSH2_ERROR_PROTO, "ECDSA key does not work");
	out = LIBSSH2_ALLOC(session, 2 * (4 + 1 + len));
	if (out == NULL)
		return _libssh2_error(session, LIBSSH2_ERROR_ALLOC, "out of memory for an ECDSA signature");
	end = put_mpint(put_mpint(out, raw, len), raw + len, len);
	*signature = out;
	*signature_len = (size_t)(end - out);
	return 0;
}

void
_libssh2_ecdsa_free(struct ec *ec)
{
	if (ec == NULL)
		return;
	sodium_memzero(ec, sizeof(*ec));
	free(ec);
}
