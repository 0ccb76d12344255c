/* SPDX-License-Identifier: MIT */
/* openssh.c: the format openssh-key-v1. Source: OpenSSH PROTOCOL.key.
 *	"openssh-key-v1\0"  cipher  kdf  kdf options  1  public key  private part  [tag]
 * and in the private part, once decrypted:
 *	check  check (equal)  type  fields of that type  comment  1 2 3 ... */
#include <libssh2_priv.h>
#include <cipher-chachapoly.h>
#include <sodium.h>
#include <string.h>
#include "lib/crypto/privkey.h"
#include "lib/crypto/reader.h"

#define MAGIC "openssh-key-v1" /* with its NUL */
#define MAX_ROUNDS 2000u       /* some 20 seconds; ssh-keygen's default is 16 or 24 */
#define TAG_LEN 16u

struct key_cipher {
	const char *name;
	enum cipher_algo algo;
	unsigned int key_len;
	unsigned int iv_len;
	bool has_tag;
};

static const struct key_cipher ciphers[] = {
	{"aes256-ctr", CIPHER_AES256_CTR, 32, 16, false},
	{"aes192-ctr", CIPHER_AES192_CTR, 24, 16, false},
	{"aes128-ctr", CIPHER_AES128_CTR, 16, 16, false},
	{"aes256-cbc", CIPHER_AES256_CBC, 32, 16, false},
	{"aes192-cbc", CIPHER_AES192_CBC, 24, 16, false},
	{"aes128-cbc", CIPHER_AES128_CBC, 16, 16, false},
	{"aes256-gcm@openssh.com", CIPHER_AES256_GCM, 32, 12, true},
	{"aes128-gcm@openssh.com", CIPHER_AES128_GCM, 16, 12, true},
	{"chacha20-poly1305@openssh.com", CIPHER_CHACHA20_POLY1305, 64, 0, true},
};

static enum privkey_status
refuse(const char **why, const char *reason)
{
	*why = reason;
	return PRIVKEY_REFUSED;
}

static bool
is(const struct reader *r, const char *text)
{
	return r->len == strlen(text) && memcmp(r->bytes, text, r->len) == 0;
}

static const struct key_cipher *
cipher_by_name(const struct reader *name)
{
	size_t i;

	for (i = 0; i < sizeof(ciphers) / sizeof(ciphers[0]); i++)
		if (is(name, ciphers[i].name))
			return &ciphers[i];
	return NULL;
}

/* Decrypt data in place; the tag, where the cipher has one, follows it. */
static int
decrypt(const struct key_cipher *kind, unsigned char *key_and_iv, unsigned char *data, size_t len)
{
	struct chachapoly_ctx chachapoly;
	struct cipher c;
	int ret;

	if (kind->algo == CIPHER_CHACHA20_POLY1305) {
		(void)chachapoly_init(&chachapoly, key_and_iv, kind->key_len);
		ret = chachapoly_crypt(&chachapoly, 0, data, data, (u_int)len, 0, 0);
		sodium_memzero(&chachapoly, sizeof(chachapoly));
		return ret;
	}
	ret = _libssh2_cipher_init(&c, kind->algo, key_and_iv + kind->key_len, key_and_iv, 0);
	if (ret == 0)
		ret = _libssh2_cipher_crypt(&c, kind->algo, 0, data, len + (kind->has_tag ? TAG_LEN : 0), LAST_BLOCK);
	_libssh2_cipher_dtor(&c);
	return ret;
}

/* The key for the private part, from the passphrase. */
static enum privkey_status
derive(const struct key_cipher *kind, struct reader options, const char *passphrase,
    unsigned char *key_and_iv, const char **why)
{
	struct reader salt;
	uint32_t rounds;

	if (passphrase == NULL || *passphrase == '\0') {
		*why = "key needs a passphrase";
		return PRIVKEY_PASSPHRASE;
	}
	if (reader_string(&options, &salt) == -1 || reader_u32(&options, &rounds) == -1 || salt.len == 0)
		return refuse(why, "private key file is damaged");
	if (rounds == 0 || rounds > MAX_ROUNDS)
		return refuse(why, "key asks for too many rounds of key derivation");
	if (_libssh2_bcrypt_pbkdf(passphrase, strlen(passphrase), salt.bytes, salt.len, key_and_iv,
	        kind->key_len + kind->iv_len, rounds) < 0)
		return refuse(why, "out of memory for key derivation");
	return PRIVKEY_OK;
}

static enum privkey_status
parse_ed25519(struct private_key *key, struct reader *r, const char **why)
{
	struct reader public, secret;
	struct ed25519 *ed = &key->as.ed25519;

	key->type = KEY_ED25519;
	if (reader_string(r, &public) == -1 || public.len != 32 || reader_string(r, &secret) == -1 ||
	    secret.len != 64 || ed25519_set_seed(ed, secret.bytes) != 0)
		return refuse(why, "Ed25519 key is malformed");
	if (memcmp(ed->public, public.bytes, 32) != 0 || sodium_memcmp(ed->secret, secret.bytes, 64) != 0)
		return refuse(why, "Ed25519 key does not match its public part");
	return PRIVKEY_OK;
}

static enum privkey_status
parse_ec(struct private_key *key, libssh2_curve_type curve, struct reader *r, const char **why)
{
	struct reader name, point, secret;
	struct ec *ec = &key->as.ec;

	key->type = KEY_EC;
	if (reader_string(r, &name) == -1 || reader_string(r, &point) == -1 || reader_string(r, &secret) == -1 ||
	    ec_set_private(ec, curve, secret.bytes, secret.len) != 0)
		return refuse(why, "EC key is malformed");
	if (point.len != ec->point_len || memcmp(point.bytes, ec->point, point.len) != 0)
		return refuse(why, "EC key does not match its public part");
	return PRIVKEY_OK;
}

/* n, e, d, 1/q mod p, p, q */
static enum privkey_status
parse_rsa(struct private_key *key, struct reader *r, const char **why)
{
	struct bn numbers[6] = {{0}};
	struct bn *n = &numbers[0], *e = &numbers[1], *d = &numbers[2];
	struct bn *iq = &numbers[3], *p = &numbers[4], *q = &numbers[5];
	enum privkey_status status = PRIVKEY_OK;
	struct reader number;
	size_t i;

	key->type = KEY_RSA;
	for (i = 0; i < 6 && status == PRIVKEY_OK; i++)
		if (reader_string(r, &number) == -1 ||
		    _libssh2_bn_from_bin(&numbers[i], number.len, number.bytes) != 0)
			status = refuse(why, "RSA key is malformed, or longer than 4096 bits");
	if (status == PRIVKEY_OK &&
	    (rsa_set_public(&key->as.rsa, n->bytes, n->len, e->bytes, e->len) != 0 ||
	        rsa_set_private(&key->as.rsa, d, p, q, iq) != 0))
		status = refuse(why, "RSA key is malformed, or not of 2048 to 4096 bits");
	sodium_memzero(numbers, sizeof(numbers));
	return status;
}

static enum privkey_status
parse_private(struct private_key *key, struct reader r, bool encrypted, const char **why)
{
	char name[sizeof("ecdsa-sha2-nistp256")];
	libssh2_curve_type curve;
	uint32_t check1, check2;
	struct reader type;

	if (reader_u32(&r, &check1) == -1 || reader_u32(&r, &check2) == -1)
		return refuse(why, "private key file is damaged");
	if (check1 != check2) {
		*why = encrypted ? "passphrase is wrong" : "private key file is damaged";
		return encrypted ? PRIVKEY_PASSPHRASE : PRIVKEY_REFUSED;
	}
	if (reader_string(&r, &type) == -1)
		return refuse(why, "private key file is damaged");
	if (is(&type, "ssh-ed25519"))
		return parse_ed25519(key, &r, why);
	if (is(&type, "ssh-rsa"))
		return parse_rsa(key, &r, why);
	if (type.len == sizeof(name) - 1) {
		memcpy(name, type.bytes, type.len);
		name[type.len] = '\0';
		if (_libssh2_ecdsa_curve_type_from_name(name, &curve) == 0)
			return parse_ec(key, curve, &r, why);
	}
	return refuse(why, "key is neither RSA, EC nor Ed25519");
}

enum privkey_status
openssh_parse(struct private_key *key, unsigned char *blob, size_t len, const char *passphrase, const char **why)
{
	struct reader r = {blob, len};
	struct reader magic, cipher, kdf, options, public, private;
	const struct key_cipher *kind;
	unsigned char key_and_iv[64];
	enum privkey_status status;
	uint32_t n_keys;

	if (reader_bytes(&r, sizeof(MAGIC), &magic) == -1 || memcmp(magic.bytes, MAGIC, sizeof(MAGIC)) != 0 ||
	    reader_string(&r, &cipher) == -1 || reader_string(&r, &kdf) == -1 ||
	    reader_string(&r, &options) == -1 || reader_u32(&r, &n_keys) == -1 || n_keys != 1 ||
	    reader_string(&r, &public) == -1 || reader_string(&r, &private) == -1)
		return refuse(why, "private key file is damaged");
	if (is(&cipher, "none") && is(&kdf, "none"))
		return parse_private(key, private, false, why);
	kind = cipher_by_name(&cipher);
	if (kind == NULL || !is(&kdf, "bcrypt"))
		return refuse(why, "key is encrypted with a cipher that is not supported");
	if (kind->has_tag && r.len < TAG_LEN)
		return refuse(why, "private key file is damaged");
	status = derive(kind, options, passphrase, key_and_iv, why);
	if (status == PRIVKEY_OK) {
		/* in place, where the reader points to */
		if (decrypt(kind, key_and_iv, blob + (private.bytes - blob), private.len) == 0) {
			status = parse_private(key, private, true, why);
		} else {
			*why = "passphrase is wrong, or the key file is damaged";
			status = PRIVKEY_PASSPHRASE;
		}
	}
	sodium_memzero(key_and_iv, sizeof(key_and_iv));
	return status;
}
