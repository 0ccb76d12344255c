/* SPDX-License-Identifier: MIT */
/* privkey_load.c: the engine's entry points that read a private key, from a file or from memory,
 * and those that say what can be done with one. The reading itself is privkey.c. */
#include <libssh2_priv.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include "lib/crypto/privkey.h"

/* Report why a key is of no use, as a libssh2 error. */
static int
fail(LIBSSH2_SESSION *session, enum privkey_status status, const char *why)
{
	return _libssh2_error(session,
	    status == PRIVKEY_PASSPHRASE ? LIBSSH2_ERROR_KEYFILE_AUTH_FAILED : LIBSSH2_ERROR_FILE, why);
}

static int
load_memory(LIBSSH2_SESSION *session, struct private_key *key, const char *data, size_t len,
    const char *passphrase)
{
	const char *why = "private key file is damaged";
	enum privkey_status status;

	_libssh2_init_if_needed();
	status = privkey_parse(key, data, len, passphrase, &why);
	return status == PRIVKEY_OK ? 0 : fail(session, status, why);
}

static int
load_file(LIBSSH2_SESSION *session, struct private_key *key, const char *filename, const char *passphrase)
{
	char *text = malloc(PRIVKEY_MAX + 1);
	FILE *file = fopen(filename, "re");
	size_t len = 0;
	int ret;

	if (text == NULL)
		ret = _libssh2_error(session, LIBSSH2_ERROR_ALLOC, "out of memory for a private key");
	else if (file == NULL || (len = fread(text, 1, PRIVKEY_MAX + 1, file), ferror(file)))
		ret = _libssh2_error(session, LIBSSH2_ERROR_FILE, "private key file cannot be read");
	else
		ret = load_memory(session, key, text, len, passphrase);
	if (file != NULL)
		(void)fclose(file);
	if (text != NULL)
		sodium_memzero(text, PRIVKEY_MAX + 1);
	free(text);
	return ret;
}

/* A heap copy of one member of the key, if it is of that type; and the key is wiped. */
static int
hand_over(LIBSSH2_SESSION *session, struct private_key *key, enum private_key_type type, const void *member,
    size_t size, void **out)
{
	int ret = 0;

	*out = NULL;
	if (key->type != type) {
		ret = _libssh2_error(session, LIBSSH2_ERROR_FILE, "private key is of another type");
	} else {
		*out = malloc(size);
		if (*out != NULL)
			memcpy(*out, member, size);
		else
			ret = _libssh2_error(session, LIBSSH2_ERROR_ALLOC, "out of memory for a private key");
	}
	privkey_wipe(key);
	return ret;
}

#define DEFINE_NEW_PRIVATE(prefix, struct_name, type, member)                                              \
	int prefix##_new_private(struct struct_name **out, LIBSSH2_SESSION *session, const char *filename, \
	    unsigned const char *passphrase)                                                               \
	{                                                                                                  \
		struct private_key key;                                                                    \
		void *object;                                                                              \
		int ret = load_file(session, &key, filename, (const char *)passphrase);                    \
                                                                                                           \
		*out = NULL;                                                                               \
		if (ret != 0)                                                                              \
			return ret;                                                                        \
		ret = hand_over(session, &key, type, &key.as.member, sizeof(key.as.member), &object);      \
		*out = object;                                                                             \
		return ret;                                                                                \
	}                                                                                                  \
	int prefix##_new_private_frommemory(struct struct_name **out, LIBSSH2_SESSION *session,            \
	    const char *filedata, size_t filedata_len, unsigned const char *passphrase)                    \
	{                                                                                                  \
		struct private_key key;                                                                    \
		void *object;                                                                              \
		int ret = load_memory(session, &key, filedata, filedata_len, (const char *)passphrase);    \
                                                                                                           \
		*out = NULL;                                                                               \
		if (ret != 0)                                                                              \
			return ret;                                                                        \
		ret = hand_over(session, &key, type, &key.as.member, sizeof(key.as.member), &object);      \
		*out = object;                                                                             \
		return ret;                                                                                \
	}

DEFINE_NEW_PRIVATE(_libssh2_rsa, rsa, KEY_RSA, rsa)
DEFINE_NEW_PRIVATE(_libssh2_ecdsa, ec, KEY_EC, ec)
DEFINE_NEW_PRIVATE(_libssh2_ed25519, ed25519, KEY_ED25519, ed25519)

static const char *
method_name(const struct private_key *key)
{
	switch (key->type) {
	case KEY_RSA:
		return "ssh-rsa";
	case KEY_ED25519:
		return "ssh-ed25519";
	case KEY_EC:
		switch (key->as.ec.curve) {
		case LIBSSH2_EC_CURVE_NISTP256:
			return "ecdsa-sha2-nistp256";
		case LIBSSH2_EC_CURVE_NISTP384:
			return "ecdsa-sha2-nistp384";
		case LIBSSH2_EC_CURVE_NISTP521:
			return "ecdsa-sha2-nistp521";
		}
	}
	return NULL;
}

/* The public key as it travels (RFC 4253 6.6, RFC 5656 3.1, RFC 8709 4). Returns its length. */
static size_t
put_public(const struct private_key *key, const char *method, unsigned char *out)
{
	unsigned char *p = out;

	_libssh2_store_str(&p, method, strlen(method));
	switch (key->type) {
	case KEY_RSA:
		_libssh2_store_bignum2_bytes(&p, key->as.rsa.e.bytes, key->as.rsa.e.len);
		_libssh2_store_bignum2_bytes(&p, key->as.rsa.n.bytes, key->as.rsa.n.len);
		break;
	case KEY_ED25519:
		_libssh2_store_str(&p, (const char *)key->as.ed25519.public, sizeof(key->as.ed25519.public));
		break;
	case KEY_EC:
		_libssh2_store_str(&p, method + strlen("ecdsa-sha2-"), strlen("nistp256"));
		_libssh2_store_str(&p, (const char *)key->as.ec.point, key->as.ec.point_len);
		break;
	}
	return (size_t)(p - out);
}

#define PUBLIC_BLOB_MAX (4 + 19 + 4 + 8 + 1 + 4 + 1 + RSA_MAX_LEN)

/* Name and public blob of a key, in the session's memory; the key is wiped. */
static int
describe(LIBSSH2_SESSION *session, struct private_key *key, unsigned char **method, size_t *method_len,
    unsigned char **blob, size_t *blob_len)
{
	const char *name = method_name(key);
	unsigned char *method_copy = LIBSSH2_ALLOC(session, strlen(name));
	unsigned char *blob_copy = LIBSSH2_ALLOC(session, PUBLIC_BLOB_MAX);

	if (method_copy == NULL || blob_copy == NULL) {
		if (method_copy != NULL)
			LIBSSH2_FREE(session, method_copy);
		if (blob_copy != NULL)
			LIBSSH2_FREE(session, blob_copy);
		privkey_wipe(key);
		return _libssh2_error(session, LIBSSH2_ERROR_ALLOC, "out of memory for a public key");
	}
	memcpy(method_copy, name, strlen(name));
	*method = method_copy;
	*method_len = strlen(name);
	*blob = blob_copy;
	*blob_len = put_public(key, name, blob_copy);
	privkey_wipe(key);
	return 0;
}

int
_libssh2_pub_priv_keyfile(LIBSSH2_SESSION *session, unsigned char **method, size_t *method_len,
    unsigned char **pubkeydata, size_t *pubkeydata_len, const char *privatekey, const char *passphrase)
{
	struct private_key key;
	int ret = load_file(session, &key, privatekey, passphrase);

	return ret != 0 ? ret : describe(session, &key, method, method_len, pubkeydata, pubkeydata_len);
}

int
_libssh2_pub_priv_keyfilememory(LIBSSH2_SESSION *session, unsigned char **method, size_t *method_len,
    unsigned char **pubkeydata, size_t *pubkeydata_len, const char *privatekeydata, size_t privatekeydata_len,
    const char *passphrase)
{
	struct private_key key;
	int ret = load_memory(session, &key, privatekeydata, privatekeydata_len, passphrase);

	return ret != 0 ? ret : describe(session, &key, method, method_len, pubkeydata, pubkeydata_len);
}

/* With what else a key may sign (RFC 8332): RSA by SHA-2, never by SHA-1. */
const char *
_libssh2_supported_key_sign_algorithms(LIBSSH2_SESSION *session, unsigned char *key_method, size_t key_method_len)
{
	static const char rsa[] = "ssh-rsa";
	static const char rsa_cert[] = "ssh-rsa-cert-v01@openssh.com";

	(void)session;
	if ((key_method_len == strlen(rsa) && memcmp(key_method, rsa, key_method_len) == 0) ||
	    (key_method_len == strlen(rsa_cert) && memcmp(key_method, rsa_cert, key_method_len) == 0))
		return "rsa-sha2-512,rsa-sha2-256";
	return NULL;
}
