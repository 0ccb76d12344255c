/* SPDX-License-Identifier: MIT */
/* privkey.h: private key files, in memory: OpenSSH's own format (openssh-key-v1, plain or with a
 * passphrase), PKCS#1 (RSA), SEC1 (EC) and PKCS#8 without encryption (RSA, EC, Ed25519).
 * Refused: the old encrypted PEM (its key derivation is MD5) and encrypted PKCS#8. */
#ifndef CRYPTO_PRIVKEY_H
#define CRYPTO_PRIVKEY_H
#include "lib/crypto/key.h"

#define PRIVKEY_MAX 65536 /* bytes; an RSA key of 4096 bits has 3.4 KB */

enum privkey_status {
	PRIVKEY_OK,
	PRIVKEY_REFUSED,   /* malformed, or of a kind or strength that is not supported */
	PRIVKEY_PASSPHRASE /* needs a passphrase, or this one is wrong */
};

enum private_key_type { KEY_RSA, KEY_EC, KEY_ED25519 };

struct private_key {
	enum private_key_type type;
	union {
		struct rsa rsa;
		struct ec ec;
		struct ed25519 ed25519;
	} as;
};

/* Fill *key. passphrase may be NULL. On failure *why says why (static text), and *key holds
 * nothing. Wipe *key with privkey_wipe when done. */
enum privkey_status privkey_parse(struct private_key *key, const char *text, size_t len, const char *passphrase,
    const char **why);
void privkey_wipe(struct private_key *key);

/* The two inner formats, after the armor: PKCS#1, SEC1 or PKCS#8 by the armor's label, and
 * openssh-key-v1 (blob is decrypted in place). As privkey_parse, but *key is not wiped. */
enum privkey_status pkcs_parse(struct private_key *key, const char *label, const unsigned char *der, size_t len,
    const char **why);
enum privkey_status openssh_parse(struct private_key *key, unsigned char *blob, size_t len,
    const char *passphrase, const char **why);

#endif
