/* SPDX-License-Identifier: MIT */
#include "lib/ssh/der.h"

#include <stdbool.h>
#include <string.h>

enum tag {
	TAG_INTEGER = 0x02,
	TAG_BITS = 0x03,
	TAG_OCTETS = 0x04,
	TAG_OID = 0x06,
	TAG_SEQUENCE = 0x30,
	TAG_FIELD0 = 0xa0, /* [0], constructed */
	TAG_FIELD1 = 0xa1
};

static const struct curve {
	const char *name;
	size_t point_len; /* bytes of an uncompressed point */
	size_t oid_len;
	uint8_t oid[8];
} curves[] = {
	{"nistp256", 65, 8, {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07}},
	{"nistp384", 97, 5, {0x2b, 0x81, 0x04, 0x00, 0x22}},
	{"nistp521", 133, 5, {0x2b, 0x81, 0x04, 0x00, 0x23}},
};

static const uint8_t oid_rsa[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01};
static const uint8_t oid_ec[] = {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01};
static const uint8_t oid_ed25519[] = {0x2b, 0x65, 0x70};

/* The next element, which must have this tag; *body reads its content. */
static bool
element(struct rd *in, uint8_t tag, struct rd *body)
{
	uint8_t got;
	uint8_t first;
	uint8_t byte;
	const uint8_t *bytes;
	size_t len;

	if (in->left == 0 || in->at[0] != tag)
		return false;
	if (!rd_u8(in, &got) || !rd_u8(in, &first))
		return false;
	len = first;
	if (first & 0x80) {
		len = 0;
		for (first &= 0x7f; first > 0; first--) {
			if (len > 0xffff || !rd_u8(in, &byte))
				return false;
			len = len << 8 | byte;
		}
	}
	if (!rd_bytes(in, len, &bytes))
		return false;
	*body = rd_of(bytes, len);
	return true;
}

static bool
oid_is(const struct rd *oid, const uint8_t *want, size_t len)
{
	return oid->left == len && memcmp(oid->at, want, len) == 0;
}

static int
damaged(struct err *e)
{
	return err_set(e, ERR_LOCAL, "damaged, or of an unknown kind", "read a key");
}

static int
add_string(struct buf *out, const void *bytes, size_t n, struct err *e)
{
	uint8_t len[4] = {(uint8_t)(n >> 24 & 0xff), (uint8_t)(n >> 16 & 0xff),
	    (uint8_t)(n >> 8 & 0xff), (uint8_t)(n & 0xff)};

	if (buf_add(out, len, sizeof(len), e) == -1)
		return -1;
	return buf_add(out, bytes, n, e);
}

int
der_rsa_public(const uint8_t *der, size_t n, struct buf *blob, struct err *e)
{
	struct rd in = rd_of(der, n);
	struct rd key;
	struct rd version;
	struct rd modulus;
	struct rd exponent;

	/* DER's INTEGER and SSH's mpint have the same bytes. */
	if (!element(&in, TAG_SEQUENCE, &key) || !element(&key, TAG_INTEGER, &version) ||
	    !element(&key, TAG_INTEGER, &modulus) || !element(&key, TAG_INTEGER, &exponent))
		return damaged(e);
	if (add_string(blob, "ssh-rsa", 7, e) == -1 ||
	    add_string(blob, exponent.at, exponent.left, e) == -1)
		return -1;
	return add_string(blob, modulus.at, modulus.left, e);
}

/* oid: the curve when PKCS#8 has told it, else its `at` is NULL. */
static int
ec_public(const uint8_t *der, size_t n, struct rd oid, struct buf *blob, struct err *e)
{
	struct rd in = rd_of(der, n);
	struct rd key;
	struct rd part;
	struct rd bits;
	uint8_t unused_bits;
	char type[32] = "ecdsa-sha2-";
	size_t i;

	if (!element(&in, TAG_SEQUENCE, &key) || !element(&key, TAG_INTEGER, &part) ||
	    !element(&key, TAG_OCTETS, &part))
		return damaged(e);
	if (element(&key, TAG_FIELD0, &part) && !element(&part, TAG_OID, &oid))
		return damaged(e);
	for (i = 0; i < sizeof(curves) / sizeof(curves[0]); i++)
		if (oid.at != NULL && oid_is(&oid, curves[i].oid, curves[i].oid_len))
			break;
	if (i == sizeof(curves) / sizeof(curves[0]))
		return err_set(e, ERR_LOCAL, "its curve is not supported", "read a key");
	if (!element(&key, TAG_FIELD1, &part))
		return 0;
	if (!element(&part, TAG_BITS, &bits) || !rd_u8(&bits, &unused_bits) || unused_bits != 0)
		return damaged(e);
	if (bits.left != curves[i].point_len)
		return 0; /* compressed: the private half still works */
	memcpy(type + strlen(type), curves[i].name, strlen(curves[i].name) + 1);
	if (add_string(blob, type, strlen(type), e) == -1 ||
	    add_string(blob, curves[i].name, strlen(curves[i].name), e) == -1)
		return -1;
	return add_string(blob, bits.at, bits.left, e);
}

int
der_ec_public(const uint8_t *der, size_t n, struct buf *blob, struct err *e)
{
	return ec_public(der, n, rd_of(NULL, 0), blob, e);
}

int
der_pkcs8_public(const uint8_t *der, size_t n, struct buf *blob, struct err *e)
{
	struct rd in = rd_of(der, n);
	struct rd key;
	struct rd version;
	struct rd algorithm;
	struct rd oid;
	struct rd curve = rd_of(NULL, 0);
	struct rd inner;

	if (!element(&in, TAG_SEQUENCE, &key) || !element(&key, TAG_INTEGER, &version) ||
	    !element(&key, TAG_SEQUENCE, &algorithm) || !element(&algorithm, TAG_OID, &oid) ||
	    !element(&key, TAG_OCTETS, &inner))
		return damaged(e);
	if (oid_is(&oid, oid_rsa, sizeof(oid_rsa)))
		return der_rsa_public(inner.at, inner.left, blob, e);
	if (oid_is(&oid, oid_ec, sizeof(oid_ec))) {
		(void)element(&algorithm, TAG_OID, &curve);
		return ec_public(inner.at, inner.left, curve, blob, e);
	}
	if (oid_is(&oid, oid_ed25519, sizeof(oid_ed25519)))
		return 0;
	return damaged(e);
}
