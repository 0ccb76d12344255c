/* SPDX-License-Identifier: MIT */
/* rsa.c: RSA signatures, PKCS#1 v1.5 (RFC 8017 8.2, RFC 8332), on BearSSL. Keys of 2048 to
 * 4096 bits, as BearSSL has them and policy wants them. Users' signatures are SHA-2 only. */
#include <libssh2_priv.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include "lib/crypto/key.h"

struct hash_kind {
	size_t len;
	const unsigned char *oid;
	const br_hash_class *class;
};

/* The hash of that many bytes, or NULL. */
static const struct hash_kind *
hash_by_len(size_t len)
{
	static const struct hash_kind kinds[] = {
		{SHA_DIGEST_LENGTH, (const unsigned char *)BR_HASH_OID_SHA1, &br_sha1_vtable},
		{SHA256_DIGEST_LENGTH, (const unsigned char *)BR_HASH_OID_SHA256, &br_sha256_vtable},
		{SHA512_DIGEST_LENGTH, (const unsigned char *)BR_HASH_OID_SHA512, &br_sha512_vtable},
	};
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kinds[i].len == len)
			return &kinds[i];
	return NULL;
}

static void
hash_message(const struct hash_kind *kind, const void *message, size_t len, unsigned char *out)
{
	br_hash_compat_context ctx;

	kind->class->init(&ctx.vtable);
	kind->class->update(&ctx.vtable, message, len);
	kind->class->out(&ctx.vtable, out);
}

int
rsa_set_public(struct rsa *rsa, const unsigned char *n, size_t n_len, const unsigned char *e, size_t e_len)
{
	memset(rsa, 0, sizeof(*rsa));
	if (_libssh2_bn_from_bin(&rsa->n, n_len, n) != 0 || _libssh2_bn_from_bin(&rsa->e, e_len, e) != 0)
		return -1;
	if (_libssh2_bn_bits(&rsa->n) < RSA_MIN_BITS || (rsa->n.bytes[rsa->n.len - 1] & 1) == 0)
		return -1;
	/* an odd exponent of 3 .. 2^64 - 1 */
	if (rsa->e.len == 0 || rsa->e.len > 8 || (rsa->e.bytes[rsa->e.len - 1] & 1) == 0)
		return -1;
	return rsa->e.len == 1 && rsa->e.bytes[0] == 1 ? -1 : 0;
}

/* out = d mod (prime - 1), bit by bit and without a branch on secret bits. prime is odd. */
static int
reduce_exponent(struct bn *out, const struct bn *d, const struct bn *prime)
{
	unsigned char m[BN_MAX_LEN];
	unsigned char r[BN_MAX_LEN] = {0};
	unsigned char diff[BN_MAX_LEN];
	size_t len = prime->len;
	size_t bit, i;
	int ret;

	memcpy(m, prime->bytes, len);
	m[len - 1] &= 0xfe;
	for (bit = 0; bit < d->len * 8; bit++) {
		unsigned int carry = (d->bytes[bit / 8] >> (7 - bit % 8)) & 1u;
		unsigned int borrow = 0;
		unsigned char take;

		for (i = len; i-- > 0;) { /* r = 2 r + bit; carry holds what falls out */
			unsigned int doubled = (unsigned int)r[i] << 1 | carry;

			r[i] = (unsigned char)(doubled & 0xff);
			carry = doubled >> 8;
		}
		for (i = len; i-- > 0;) { /* diff = r - m */
			unsigned int sub = 0x100u + r[i] - m[i] - borrow;

			diff[i] = (unsigned char)(sub & 0xff);
			borrow = 1u - (sub >> 8);
		}
		take = (unsigned char)(0u - (carry | (1u - borrow))); /* all ones if r >= m */
		for (i = 0; i < len; i++)
			r[i] = (unsigned char)((r[i] & ~take) | (diff[i] & take));
	}
	ret = _libssh2_bn_from_bin(out, len, r);
	sodium_memzero(m, sizeof(m));
	sodium_memzero(r, sizeof(r));
	sodium_memzero(diff, sizeof(diff));
	return ret;
}

int
rsa_set_private(struct rsa *rsa, const struct bn *d, const struct bn *p, const struct bn *q, const struct bn *iq)
{
	if (d->len == 0 || p->len == 0 || q->len == 0 || iq->len == 0 || d->len > rsa->n.len)
		return -1;
	/* primes of (nearly) the same size, which is also what BearSSL can work with */
	if (p->len + q->len < rsa->n.len || p->len > rsa->n.len / 2 + 1 || q->len > rsa->n.len / 2 + 1)
		return -1;
	if ((p->bytes[p->len - 1] & 1) == 0 || (q->bytes[q->len - 1] & 1) == 0)
		return -1;
	rsa->p = *p;
	rsa->q = *q;
	rsa->iq = *iq;
	if (reduce_exponent(&rsa->dp, d, p) != 0 || reduce_exponent(&rsa->dq, d, q) != 0)
		return -1;
	return rsa->dp.len == 0 || rsa->dq.len == 0 ? -1 : 0;
}

/* The core only ever makes public keys by this; the private ones come by rsa_set_private. */
int
_libssh2_rsa_new(struct rsa **out, const unsigned char *edata, unsigned long elen, const unsigned char *ndata,
    unsigned long nlen, const unsigned char *ddata, unsigned long dlen, const unsigned char *pdata,
    unsigned long plen, const unsigned char *qdata, unsigned long qlen, const unsigned char *e1data,
    unsigned long e1len, const unsigned char *e2data, unsigned long e2len, const unsigned char *coeffdata,
    unsigned long coefflen)
{
	struct rsa *rsa;

	(void)pdata, (void)plen, (void)qdata, (void)qlen, (void)e1data, (void)e1len;
	(void)e2data, (void)e2len, (void)coeffdata, (void)coefflen, (void)dlen;
	*out = NULL;
	if (ddata != NULL)
		return -1;
	rsa = calloc(1, sizeof(*rsa));
	if (rsa == NULL)
		return -1;
	if (rsa_set_public(rsa, ndata, nlen, edata, elen) != 0) {
		_libssh2_rsa_free(rsa);
		return -1;
	}
	*out = rsa;
	return 0;
}

int
_libssh2_rsa_sha2_verify(struct rsa *rsa, size_t hash_len, const unsigned char *sig, size_t sig_len,
    const unsigned char *m, size_t m_len)
{
	const struct hash_kind *kind = hash_by_len(hash_len);
	br_rsa_public_key key = {.n = rsa->n.bytes, .nlen = rsa->n.len, .e = rsa->e.bytes, .elen = rsa->e.len};
	unsigned char padded[RSA_MAX_LEN] = {0};
	unsigned char want[SHA512_DIGEST_LENGTH];
	unsigned char got[SHA512_DIGEST_LENGTH];

	if (kind == NULL || sig_len > rsa->n.len)
		return -1;
	/* some servers leave out leading zeros */
	memcpy(padded + rsa->n.len - sig_len, sig, sig_len);
	hash_message(kind, m, m_len, want);
	if (br_rsa_pkcs1_vrfy_get_default()(padded, rsa->n.len, kind->oid, hash_len, &key, got) != 1)
		return -1;
	return sodium_memcmp(got, want, hash_len) == 0 ? 0 : -1;
}

int
_libssh2_rsa_sha1_verify(struct rsa *rsa, const unsigned char *sig, size_t sig_len, const unsigned char *m,
    size_t m_len)
{
	return _libssh2_rsa_sha2_verify(rsa, SHA_DIGEST_LENGTH, sig, sig_len, m, m_len);
}

/* Sign, and check the signature before it leaves: a fault in the computation with the
 * remainder theorem would give the key away. */
static int
sign(const struct rsa *rsa, const struct hash_kind *kind, const unsigned char *hash, unsigned char *out)
{
	struct rsa key = *rsa;
	br_rsa_private_key secret = {
		.n_bitlen = (uint32_t)_libssh2_bn_bits(&key.n),
		.p = key.p.bytes, .plen = key.p.len,
		.q = key.q.bytes, .qlen = key.q.len,
		.dp = key.dp.bytes, .dplen = key.dp.len,
		.dq = key.dq.bytes, .dqlen = key.dq.len,
		.iq = key.iq.bytes, .iqlen = key.iq.len,
	};
	br_rsa_public_key public = {.n = key.n.bytes, .nlen = key.n.len, .e = key.e.bytes, .elen = key.e.len};
	unsigned char check[SHA512_DIGEST_LENGTH];
	int ret = -1;

	if (br_rsa_pkcs1_sign_get_default()(kind->oid, hash, kind->len, &secret, out) == 1 &&
	    br_rsa_pkcs1_vrfy_get_default()(out, key.n.len, kind->oid, kind->len, &public, check) == 1 &&
	    sodium_memcmp(check, hash, kind->len) == 0)
		ret = 0;
	sodium_memzero(&key, sizeof(key));
	return ret;
}

int
_libssh2_rsa_sha2_sign(LIBSSH2_SESSION *session, struct rsa *rsa, const unsigned char *hash, size_t hash_len,
    unsigned char **signature, size_t *signature_len)
{
	const struct hash_kind *kind = hash_by_len(hash_len);
	unsigned char *out;

	if (kind == NULL || hash_len == SHA_DIGEST_LENGTH || rsa->p.len == 0)
		return -1;
	out = LIBSSH2_ALLOC(session, rsa->n.len);
	if (out == NULL)
		return _libssh2_error(session, LIBSSH2_ERROR_ALLOC, "out of memory for an RSA signature");
	if (sign(rsa, kind, hash, out) != 0) {
		LIBSSH2_FREE(session, out);
		return _libssh2_error(session, LIBSSH2_ERROR_PROTO, "RSA key does not work");
	}
	*signature = out;
	*signature_len = rsa->n.len;
	return 0;
}

/* Asked for only where the server does not say that it knows SHA-2. */
int
_libssh2_rsa_sha1_sign(LIBSSH2_SESSION *session, struct rsa *rsa, const unsigned char *hash, size_t hash_len,
    unsigned char **signature, size_t *signature_len)
{
	(void)rsa, (void)hash, (void)hash_len, (void)signature, (void)signature_len;
	return _libssh2_error(session, LIBSSH2_ERROR_ALGO_UNSUPPORTED,
	    "server takes RSA keys with SHA-1 only; use an ed25519 key");
}

void
_libssh2_rsa_free(struct rsa *rsa)
{
	if (rsa == NULL)
		return;
	sodium_memzero(rsa, sizeof(*rsa));
	free(rsa);
}
