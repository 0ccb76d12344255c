/* SPDX-License-Identifier: MIT */
/* dh.c: numbers as the core passes them around, and Diffie-Hellman over a prime (RFC 4253 8,
 * RFC 4419, RFC 8268). BearSSL has no public big-number interface; its RSA public operation
 * is x^e mod n for any odd n and any length of e, in constant time: all that is needed. */
#include <libssh2_priv.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define EXPONENT_LEN 64 /* bytes; four times the strength of a 4096-bit group, and cheap */
#define MIN_BITS 2048

struct bn *
_libssh2_bn_init(void)
{
	return calloc(1, sizeof(struct bn));
}

/* 0, or -1 if the number has more than 4096 bits. */
int
_libssh2_bn_from_bin(struct bn *bn, size_t len, const unsigned char *bytes)
{
	while (len > 0 && *bytes == 0) {
		bytes++;
		len--;
	}
	if (bn == NULL || len > sizeof(bn->bytes))
		return -1;
	memset(bn, 0, sizeof(*bn));
	memcpy(bn->bytes, bytes, len);
	bn->len = len;
	return 0;
}

int
_libssh2_bn_to_bin(const struct bn *bn, unsigned char *out)
{
	memcpy(out, bn->bytes, bn->len);
	return 0;
}

int
_libssh2_bn_set_word(struct bn *bn, unsigned long word)
{
	unsigned char bytes[sizeof(word)];
	size_t i;

	for (i = sizeof(bytes); i-- > 0; word >>= 8)
		bytes[i] = (unsigned char)(word & 0xff);
	return _libssh2_bn_from_bin(bn, sizeof(bytes), bytes);
}

size_t
_libssh2_bn_bytes(const struct bn *bn)
{
	return bn->len;
}

size_t
_libssh2_bn_bits(const struct bn *bn)
{
	size_t bits = bn->len * 8;
	unsigned int top;

	if (bn->len == 0)
		return 0;
	for (top = bn->bytes[0]; top < 0x80; top <<= 1)
		bits--;
	return bits;
}

void
_libssh2_bn_free(struct bn *bn)
{
	if (bn == NULL)
		return;
	sodium_memzero(bn, sizeof(*bn));
	free(bn);
}

/* Whether 2 <= n <= p - 2: all that a peer may send, for the others give the secret away. p odd. */
static bool
in_group(const struct bn *n, const struct bn *p)
{
	unsigned char p_minus_1[BN_MAX_LEN];
	int order;

	if (n->len == 0 || (n->len == 1 && n->bytes[0] == 1) || n->len > p->len)
		return false;
	if (n->len < p->len)
		return true;
	memcpy(p_minus_1, p->bytes, p->len);
	p_minus_1[p->len - 1] &= 0xfe;
	order = memcmp(n->bytes, p_minus_1, p->len);
	return order < 0;
}

/* out = base ^ exponent mod p, with base in the group */
static int
power(struct bn *out, const struct bn *base, const struct bn *exponent, const struct bn *p)
{
	unsigned char x[BN_MAX_LEN];
	struct bn modulus = *p;
	struct bn e = *exponent;
	br_rsa_public_key key = {
		.n = modulus.bytes, .nlen = modulus.len, .e = e.bytes, .elen = e.len};
	int ret = -1;

	memset(x, 0, sizeof(x));
	memcpy(x + p->len - base->len, base->bytes, base->len);
	if (br_rsa_public_get_default()(x, p->len, &key) == 1)
		ret = _libssh2_bn_from_bin(out, p->len, x);
	sodium_memzero(x, sizeof(x));
	sodium_memzero(&e, sizeof(e));
	return ret;
}

void
_libssh2_dh_init(struct bn **dh)
{
	*dh = _libssh2_bn_init();
}

/* Choose the secret exponent *dh and compute e = g ^ *dh mod p. order: bytes of the group. */
int
_libssh2_dh_key_pair(struct bn **dh, struct bn *e, const struct bn *g, const struct bn *p, int order)
{
	unsigned char secret[EXPONENT_LEN];
	size_t len = order > 0 && order < EXPONENT_LEN ? (size_t)order : EXPONENT_LEN;
	int ret = -1;

	if (*dh == NULL || e == NULL || g == NULL || p == NULL)
		return -1;
	if (_libssh2_bn_bits(p) < MIN_BITS || (p->bytes[p->len - 1] & 1) == 0 || !in_group(g, p))
		return -1;
	if (_libssh2_random(secret, len) != 0)
		return -1;
	secret[0] &= 0x7f;
	if (_libssh2_bn_from_bin(*dh, len, secret) == 0)
		ret = power(e, g, *dh, p);
	sodium_memzero(secret, sizeof(secret));
	return ret;
}

/* k = f ^ *dh mod p; refuses an f that would make k known to anybody. */
int
_libssh2_dh_secret(struct bn **dh, struct bn *k, const struct bn *f, const struct bn *p)
{
	if (*dh == NULL || k == NULL || f == NULL || p->len == 0 || (p->bytes[p->len - 1] & 1) == 0)
		return -1;
	if (!in_group(f, p) || power(k, f, *dh, p) != 0)
		return -1;
	return in_group(k, p) ? 0 : -1;
}

void
_libssh2_dh_dtor(struct bn **dh)
{
	_libssh2_bn_free(*dh);
	*dh = NULL;
}
