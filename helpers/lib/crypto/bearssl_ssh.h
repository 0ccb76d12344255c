/* SPDX-License-Identifier: MIT */
/* bearssl_ssh.h: libssh2's crypto engine on BearSSL and libsodium: the types and names that
 * libssh2 1.11.1 expects of an engine. Included by libssh2's crypto.h (through our patch) and
 * by the files beside it, by nobody else; crypto.h declares the functions that every engine
 * has, this header those that engines are free to shape. README.md has the whole table.
 *
 * Return values, as the core wants them: hash and HMAC functions 1 = ok, 0 = failed; all
 * others 0 = ok, anything else failed. */
#ifndef CRYPTO_BEARSSL_SSH_H
#define CRYPTO_BEARSSL_SSH_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <bearssl.h>

/* The engine's public number is only for show; libssh2 has none for us. */
#define LIBSSH2_CRYPTO_ENGINE libssh2_no_crypto

#define LIBSSH2_MD5 0
#define LIBSSH2_MD5_PEM 0
#define LIBSSH2_HMAC_RIPEMD 0
#define LIBSSH2_HMAC_SHA256 1
#define LIBSSH2_HMAC_SHA512 1
#define LIBSSH2_AES_CBC 1
#define LIBSSH2_AES_CTR 1
#define LIBSSH2_AES_GCM 1
#define LIBSSH2_BLOWFISH 0
#define LIBSSH2_RC4 0
#define LIBSSH2_CAST 0
#define LIBSSH2_3DES 0
#define LIBSSH2_RSA 1
#define LIBSSH2_RSA_SHA1 1
#define LIBSSH2_RSA_SHA2 1
#define LIBSSH2_DSA 0
#define LIBSSH2_ECDSA 1
#define LIBSSH2_ED25519 1

#define SHA_DIGEST_LENGTH 20
#define SHA256_DIGEST_LENGTH 32
#define SHA384_DIGEST_LENGTH 48
#define SHA512_DIGEST_LENGTH 64

/* Start-up and randomness (random.c) */
#define libssh2_crypto_init() _libssh2_crypto_start()
#define libssh2_crypto_exit() ((void)0)
#define libssh2_prepare_iovec(vec, len) ((void)0)
void _libssh2_crypto_start(void);
int _libssh2_random(unsigned char *buf, size_t len);

/* Hashes. The core passes contexts by value in macro position, hence the &. */
#define libssh2_sha1_ctx br_sha1_context
#define libssh2_sha1_init(ctx) (br_sha1_init(ctx), 1)
#define libssh2_sha1_update(ctx, data, len) (br_sha1_update(&(ctx), (data), (len)), 1)
#define libssh2_sha1_final(ctx, out) (br_sha1_out(&(ctx), (out)), 1)
#define libssh2_sha256_ctx br_sha256_context
#define libssh2_sha256_init(ctx) (br_sha256_init(ctx), 1)
#define libssh2_sha256_update(ctx, data, len) (br_sha256_update(&(ctx), (data), (len)), 1)
#define libssh2_sha256_final(ctx, out) (br_sha256_out(&(ctx), (out)), 1)
#define libssh2_sha384_ctx br_sha384_context
#define libssh2_sha384_init(ctx) (br_sha384_init(ctx), 1)
#define libssh2_sha384_update(ctx, data, len) (br_sha384_update(&(ctx), (data), (len)), 1)
#define libssh2_sha384_final(ctx, out) (br_sha384_out(&(ctx), (out)), 1)
#define libssh2_sha512_ctx br_sha512_context
#define libssh2_sha512_init(ctx) (br_sha512_init(ctx), 1)
#define libssh2_sha512_update(ctx, data, len) (br_sha512_update(&(ctx), (data), (len)), 1)
#define libssh2_sha512_final(ctx, out) (br_sha512_out(&(ctx), (out)), 1)
struct hmac {
	br_hmac_key_context key;
	br_hmac_context running;
};
#define libssh2_hmac_ctx struct hmac

/* Ciphers (cipher.c). A context may not be moved once initialised. */
enum cipher_algo {
	CIPHER_AES128_CTR,
	CIPHER_AES192_CTR,
	CIPHER_AES256_CTR,
	CIPHER_AES128_CBC,
	CIPHER_AES192_CBC,
	CIPHER_AES256_CBC,
	CIPHER_AES128_GCM,
	CIPHER_AES256_GCM,
	CIPHER_CHACHA20_POLY1305 /* not by this interface: chachapoly.c */
};
#define _libssh2_cipher_aes128ctr CIPHER_AES128_CTR
#define _libssh2_cipher_aes192ctr CIPHER_AES192_CTR
#define _libssh2_cipher_aes256ctr CIPHER_AES256_CTR
#define _libssh2_cipher_aes128 CIPHER_AES128_CBC
#define _libssh2_cipher_aes192 CIPHER_AES192_CBC
#define _libssh2_cipher_aes256 CIPHER_AES256_CBC
#define _libssh2_cipher_aes128gcm CIPHER_AES128_GCM
#define _libssh2_cipher_aes256gcm CIPHER_AES256_GCM
#define _libssh2_cipher_chacha20 CIPHER_CHACHA20_POLY1305
struct cipher {
	union {
		br_aes_gen_ctrcbc_keys ctr; /* this one counts in 128 bits, as SSH does */
		br_aes_gen_cbcenc_keys cbc_enc;
		br_aes_gen_cbcdec_keys cbc_dec;
		br_aes_gen_ctr_keys gcm;
	} keys;
	br_gcm_context gcm;
	unsigned char iv[16];  /* CTR: the counter; CBC: the last block; GCM: 12-byte nonce */
	bool packet_open;      /* GCM: between the first and the last chunk of a packet */
};
#define _libssh2_cipher_ctx struct cipher
#define _libssh2_cipher_type(algo) enum cipher_algo algo
void _libssh2_cipher_dtor(struct cipher *cipher);

/* Numbers (dh.c): unsigned, big-endian, without leading zeros. No arithmetic is asked for. */
#define BN_MAX_LEN 512 /* bytes; 4096 bits, the most that BearSSL computes with */
struct bn {
	size_t len;
	unsigned char bytes[BN_MAX_LEN];
};
#define _libssh2_bn struct bn
#define _libssh2_bn_ctx int
#define _libssh2_bn_ctx_new() 0
#define _libssh2_bn_ctx_free(ctx) ((void)(ctx))
#define _libssh2_bn_init_from_bin() _libssh2_bn_init()
struct bn *_libssh2_bn_init(void);
int _libssh2_bn_from_bin(struct bn *bn, size_t len, const unsigned char *bytes);
int _libssh2_bn_to_bin(const struct bn *bn, unsigned char *out);
int _libssh2_bn_set_word(struct bn *bn, unsigned long word);
size_t _libssh2_bn_bytes(const struct bn *bn);
size_t _libssh2_bn_bits(const struct bn *bn);
void _libssh2_bn_free(struct bn *bn);

/* Diffie-Hellman (dh.c). Group 18 has 8192 bits and is out of reach: never offered. */
#define LIBSSH2_DH_GEX_MINGROUP 2048
#define LIBSSH2_DH_GEX_OPTGROUP 3072
#define LIBSSH2_DH_GEX_MAXGROUP 4096
#define LIBSSH2_DH_MAX_MODULUS_BITS 4096
#define _libssh2_dh_ctx struct bn *
#define libssh2_dh_init(dh) _libssh2_dh_init(dh)
#define libssh2_dh_key_pair(dh, e, g, p, order, ctx) _libssh2_dh_key_pair((dh), (e), (g), (p), (order))
#define libssh2_dh_secret(dh, k, f, p, ctx) _libssh2_dh_secret((dh), (k), (f), (p))
#define libssh2_dh_dtor(dh) _libssh2_dh_dtor(dh)
void _libssh2_dh_init(struct bn **dh);
int _libssh2_dh_key_pair(struct bn **dh, struct bn *e, const struct bn *g, const struct bn *p, int order);
int _libssh2_dh_secret(struct bn **dh, struct bn *k, const struct bn *f, const struct bn *p);
void _libssh2_dh_dtor(struct bn **dh);

/* RSA (rsa.c) */
#define RSA_MIN_BITS 2048 /* shorter keys are refused, as host's and as user's */
#define RSA_MAX_LEN BN_MAX_LEN
struct rsa {
	struct bn n, e;
	struct bn p, q, dp, dq, iq; /* len 0 in a public key */
};
#define libssh2_rsa_ctx struct rsa
void _libssh2_rsa_free(struct rsa *rsa);

/* Elliptic curves of NIST (ec.c) */
typedef enum {
	LIBSSH2_EC_CURVE_NISTP256 = BR_EC_secp256r1,
	LIBSSH2_EC_CURVE_NISTP384 = BR_EC_secp384r1,
	LIBSSH2_EC_CURVE_NISTP521 = BR_EC_secp521r1
} libssh2_curve_type;
#define EC_MAX_POINT_LEN 133
#define EC_MAX_FIELD_LEN 66
struct ec {
	libssh2_curve_type curve;
	unsigned char point[EC_MAX_POINT_LEN]; /* 0x04, x, y */
	size_t point_len;
	unsigned char secret[EC_MAX_FIELD_LEN];
	size_t secret_len; /* 0 in a public key */
};
#define libssh2_ecdsa_ctx struct ec
#define _libssh2_ec_key struct ec
void _libssh2_ecdsa_free(struct ec *ec);

/* Ed25519 (ed25519.c) */
struct ed25519 {
	unsigned char public[32];
	unsigned char secret[64]; /* seed, then the public key; the form of OpenSSH's files */
	bool has_secret;
};
#define libssh2_ed25519_ctx struct ed25519
void _libssh2_ed25519_free(struct ed25519 *ed);

#endif
