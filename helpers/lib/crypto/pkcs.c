/* SPDX-License-Identifier: MIT */
/* pkcs.c: private keys in DER: PKCS#1 (RFC 8017 A.1.2), SEC1 (RFC 5915), PKCS#8 (RFC 5958,
 * RFC 8410 for Ed25519). */
#include <string.h>
#include <sodium.h>
#include "lib/crypto/privkey.h"
#include "lib/crypto/reader.h"

static const unsigned char oid_rsa[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01};
static const unsigned char oid_ec[] = {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01};
static const unsigned char oid_ed25519[] = {0x2b, 0x65, 0x70};
static const unsigned char oid_p256[] = {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};
static const unsigned char oid_p384[] = {0x2b, 0x81, 0x04, 0x00, 0x22};
static const unsigned char oid_p521[] = {0x2b, 0x81, 0x04, 0x00, 0x23};

#define IS_OID(r, oid) ((r)->len == sizeof(oid) && memcmp((r)->bytes, (oid), sizeof(oid)) == 0)

static enum privkey_status
refuse(const char **why, const char *reason)
{
	*why = reason;
	return PRIVKEY_REFUSED;
}

static int
take_number(struct reader *r, struct bn *out)
{
	struct reader n;

	if (reader_der(r, DER_INTEGER, &n) == -1)
		return -1;
	return _libssh2_bn_from_bin(out, n.len, n.bytes);
}

/* RSAPrivateKey ::= SEQUENCE { version, n, e, d, p, q, d mod p-1, d mod q-1, 1/q mod p } */
static enum privkey_status
parse_rsa(struct private_key *key, struct reader der, const char **why)
{
	struct bn numbers[9] = {{0}}; /* in that order */
	struct bn *n = &numbers[1], *e = &numbers[2], *d = &numbers[3];
	struct bn *p = &numbers[4], *q = &numbers[5], *iq = &numbers[8];
	enum privkey_status status = PRIVKEY_OK;
	struct reader body;
	size_t i;

	if (reader_der(&der, DER_SEQUENCE, &body) == -1)
		return refuse(why, "RSA key is malformed");
	for (i = 0; i < 9 && status == PRIVKEY_OK; i++)
		if (take_number(&body, &numbers[i]) == -1)
			status = refuse(why, "RSA key is malformed, or longer than 4096 bits");
	if (status == PRIVKEY_OK &&
	    (rsa_set_public(&key->as.rsa, n->bytes, n->len, e->bytes, e->len) != 0 ||
	        rsa_set_private(&key->as.rsa, d, p, q, iq) != 0))
		status = refuse(why, "RSA key is malformed, or not of 2048 to 4096 bits");
	key->type = KEY_RSA;
	sodium_memzero(numbers, sizeof(numbers));
	return status;
}

static int
curve_by_oid(const struct reader *oid, libssh2_curve_type *out)
{
	if (IS_OID(oid, oid_p256))
		*out = LIBSSH2_EC_CURVE_NISTP256;
	else if (IS_OID(oid, oid_p384))
		*out = LIBSSH2_EC_CURVE_NISTP384;
	else if (IS_OID(oid, oid_p521))
		*out = LIBSSH2_EC_CURVE_NISTP521;
	else
		return -1;
	return 0;
}

/* ECPrivateKey ::= SEQUENCE { version, OCTET STRING secret, [0] curve OPTIONAL, [1] public OPTIONAL }
 * curve: what the container says, or NULL. */
static enum privkey_status
parse_ec(struct private_key *key, struct reader der, const struct reader *curve, const char **why)
{
	struct reader body, version, secret, parameters, oid;
	libssh2_curve_type type;

	if (reader_der(&der, DER_SEQUENCE, &body) == -1 || reader_der(&body, DER_INTEGER, &version) == -1 ||
	    reader_der(&body, DER_OCTET_STRING, &secret) == -1)
		return refuse(why, "EC key is malformed");
	if (curve != NULL)
		oid = *curve;
	else if (reader_der(&body, DER_CONTEXT_0, &parameters) == -1 ||
	    reader_der(&parameters, DER_OID, &oid) == -1)
		return refuse(why, "EC key does not name its curve");
	if (curve_by_oid(&oid, &type) == -1)
		return refuse(why, "EC key is on a curve that SSH does not use");
	key->type = KEY_EC;
	if (ec_set_private(&key->as.ec, type, secret.bytes, secret.len) != 0)
		return refuse(why, "EC key is malformed");
	return PRIVKEY_OK;
}

/* CurvePrivateKey ::= OCTET STRING, of 32 bytes */
static enum privkey_status
parse_ed25519(struct private_key *key, struct reader der, const char **why)
{
	struct reader seed;

	key->type = KEY_ED25519;
	if (reader_der(&der, DER_OCTET_STRING, &seed) == -1 || seed.len != 32 ||
	    ed25519_set_seed(&key->as.ed25519, seed.bytes) != 0)
		return refuse(why, "Ed25519 key is malformed");
	return PRIVKEY_OK;
}

/* SEQUENCE { version, SEQUENCE { algorithm, parameters }, OCTET STRING key, ... } */
static enum privkey_status
parse_pkcs8(struct private_key *key, struct reader der, const char **why)
{
	struct reader body, version, algorithm, oid, inner, curve;

	if (reader_der(&der, DER_SEQUENCE, &body) == -1 || reader_der(&body, DER_INTEGER, &version) == -1 ||
	    reader_der(&body, DER_SEQUENCE, &algorithm) == -1 || reader_der(&algorithm, DER_OID, &oid) == -1 ||
	    reader_der(&body, DER_OCTET_STRING, &inner) == -1)
		return refuse(why, "PKCS#8 key is malformed");
	if (IS_OID(&oid, oid_rsa))
		return parse_rsa(key, inner, why);
	if (IS_OID(&oid, oid_ed25519))
		return parse_ed25519(key, inner, why);
	if (!IS_OID(&oid, oid_ec))
		return refuse(why, "key is neither RSA, EC nor Ed25519");
	if (reader_der(&algorithm, DER_OID, &curve) == -1)
		return refuse(why, "EC key does not name its curve");
	return parse_ec(key, inner, &curve, why);
}

enum privkey_status
pkcs_parse(struct private_key *key, const char *label, const unsigned char *der, size_t len, const char **why)
{
	struct reader r = {der, len};

	if (strcmp(label, "RSA PRIVATE KEY") == 0)
		return parse_rsa(key, r, why);
	if (strcmp(label, "EC PRIVATE KEY") == 0)
		return parse_ec(key, r, NULL, why);
	if (strcmp(label, "PRIVATE KEY") == 0)
		return parse_pkcs8(key, r, why);
	if (strcmp(label, "ENCRYPTED PRIVATE KEY") == 0)
		return refuse(why, "encrypted PKCS#8 keys are not supported; convert it with ssh-keygen -p");
	return refuse(why, "key is neither RSA, EC nor Ed25519");
}
