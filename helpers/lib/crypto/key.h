/* SPDX-License-Identifier: MIT */
/* key.h: how the key file parser puts keys together: checks that every key passes, wherever it
 * comes from. Each function returns 0, or -1 for a key that is malformed, too weak or too
 * large; the key must then not be used (and is still to be wiped). */
#ifndef CRYPTO_KEY_H
#define CRYPTO_KEY_H
#include "bearssl_ssh.h"

/* Public part of an RSA key: 2048 to 4096 bits. The numbers are big-endian, leading zeros allowed. */
int rsa_set_public(struct rsa *rsa, const unsigned char *n, size_t n_len, const unsigned char *e, size_t e_len);
/* Private part, after the public one: exponent d, the primes, iq = 1/q mod p. */
int rsa_set_private(struct rsa *rsa, const struct bn *d, const struct bn *p, const struct bn *q,
    const struct bn *iq);

/* Public part of a key on a curve: an uncompressed point. */
int ec_set_public(struct ec *ec, libssh2_curve_type curve, const unsigned char *point, size_t len);
/* Private part: 1 <= secret < order. Sets the point too. */
int ec_set_private(struct ec *ec, libssh2_curve_type curve, const unsigned char *secret, size_t len);

/* The 32-byte seed of an Ed25519 key; sets the public key too. */
int ed25519_set_seed(struct ed25519 *ed, const unsigned char seed[32]);

#endif
