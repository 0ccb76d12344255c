/* SPDX-License-Identifier: MIT */
/* lib/ssh/pubkey.h: public keys in SSH's wire form (RFC 4253 6.6, RFC 5656 3.1, RFC 8709 4), as
 * servers, agents, known_hosts and .pub files give them. Pure. */
#ifndef SSH_PUBKEY_H
#define SSH_PUBKEY_H
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"

#define PUBKEY_TYPE_MAX 64u        /* bytes with NUL */
#define PUBKEY_FINGERPRINT_LEN 51u /* "SHA256:", 43 digits, NUL */
#define PUBKEY_RSA_MIN_BITS 2048u
#define PUBKEY_BLOB_MAX 16384u     /* bytes; no key we can use comes near */

/* The type that the blob names itself ("ssh-ed25519"). 0, or -1 with ERR_PROTO if there is none
 * (too short, too long, unprintable); *type is then "". */
int pubkey_type(const uint8_t *blob, size_t n, char type[PUBKEY_TYPE_MAX], struct err *e);
/* "SHA256:" and unpadded base64, as ssh-keygen -l prints. */
void pubkey_fingerprint(const uint8_t *blob, size_t n, char out[PUBKEY_FINGERPRINT_LEN]);
/* Bits of an "ssh-rsa" key's modulus; 0 if it is not one. */
size_t pubkey_rsa_bits(const uint8_t *blob, size_t n);
/* What ssh-keyscan -t calls the type: "rsa", "ecdsa", "ed25519"; or NULL. */
const char *pubkey_scan_name(const char *type);

#endif
