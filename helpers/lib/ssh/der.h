/* SPDX-License-Identifier: MIT */
/* lib/ssh/der.h: the public half of private keys in DER: PKCS#1 (RFC 8017 A.1.2), SEC1 (RFC 5915 3),
 * PKCS#8 (RFC 5208 5) around either. Pure. */
#ifndef SSH_DER_H
#define SSH_DER_H
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"

/* Each: append the public key in SSH's wire form to *blob. 0; *blob stays empty where the key does
 * not hold its public half (an EC key without it, Ed25519). -1 with ERR_LOCAL if it is damaged or of
 * a kind that we do not know. */
int der_rsa_public(const uint8_t *der, size_t n, struct buf *blob, struct err *e);
int der_ec_public(const uint8_t *der, size_t n, struct buf *blob, struct err *e);
int der_pkcs8_public(const uint8_t *der, size_t n, struct buf *blob, struct err *e);

#endif
