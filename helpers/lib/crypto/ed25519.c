/* SPDX-License-Identifier: MIT */
/* ed25519.c: Ed25519 signatures (RFC 8032, RFC 8709) and X25519 key agreement (RFC 7748,
 * RFC 8731), on libsodium. */
#include <libssh2_priv.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include "lib/crypto/key.h"

int
ed25519_set_seed(struct ed25519 *ed, const unsigned char seed[32])
{
	memset(ed, 0, sizeof(*ed));
	ed->has_secret = true;
	return crypto_sign_ed25519_seed_keypair(ed->public, ed->secret, seed);
}

int
_libssh2_ed25519_new_public(struct ed25519 **out, LIBSSH2_SESSION *session, const unsigned char *raw_pub_key,
    const size_t key_len)
{
	struct ed25519 *ed;

	*out = NULL;
	if (key_len != sizeof(ed->public))
		return _libssh2_error(session, LIBSSH2_ERROR_PROTO, "Ed25519 key is not 32 bytes long");
	ed = calloc(1, sizeof(*ed));
	if (ed == NULL)
		return _libssh2_error(session, LIBSSH2_ERROR_ALLOC, "out of memory for an Ed25519 key");
	memcpy(ed->public, raw_pub_key, sizeof(ed->public));
	*out = ed;
	return 0;
}

int
_libssh2_ed25519_verify(struct ed25519 *ed, const uint8_t *s, size_t s_len, const uint8_t *m, size_t m_len)
{
	if (s_len != crypto_sign_ed25519_BYTES)
		return -1;
	return crypto_sign_ed25519_verify_detached(s, m, m_len, ed->public);
}

int
_libssh2_ed25519_sign(struct ed25519 *ed, LIBSSH2_SESSION *session, uint8_t **out_sig, size_t *out_sig_len,
    const uint8_t *message, size_t message_len)
{
	uint8_t *sig;

	if (!ed->has_secret)
		return -1;
	sig = LIBSSH2_ALLOC(session, crypto_sign_ed25519_BYTES);
	if (sig == NULL)
		return _libssh2_error(session, LIBSSH2_ERROR_ALLOC, "out of memory for an Ed25519 signature");
	if (crypto_sign_ed25519_detached(sig, NULL, message, message_len, ed->secret) != 0) {
		LIBSSH2_FREE(session, sig);
		return -1;
	}
	*out_sig = sig;
	*out_sig_len = crypto_sign_ed25519_BYTES;
	return 0;
}

void
_libssh2_ed25519_free(struct ed25519 *ed)
{
	if (ed == NULL)
		return;
	sodium_memzero(ed, sizeof(*ed));
	free(ed);
}

/* A pair for X25519, both parts in the session's memory. */
int
_libssh2_curve25519_new(LIBSSH2_SESSION *session, uint8_t **out_public_key, uint8_t **out_private_key)
{
	uint8_t *public = LIBSSH2_ALLOC(session, crypto_scalarmult_curve25519_BYTES);
	uint8_t *private = LIBSSH2_ALLOC(session, crypto_scalarmult_curve25519_SCALARBYTES);

	if (public == NULL || private == NULL ||
	    _libssh2_random(private, crypto_scalarmult_curve25519_SCALARBYTES) != 0 ||
	    crypto_scalarmult_curve25519_base(public, private) != 0) {
		if (public != NULL)
			LIBSSH2_FREE(session, public);
		if (private != NULL)
			LIBSSH2_FREE(session, private);
		return -1;
	}
	*out_public_key = public;
	*out_private_key = private;
	return 0;
}

/* Fails when the result is zero, that is, when the peer sent a point of small order. */
int
_libssh2_curve25519_gen_k(struct bn **k, uint8_t private_key[LIBSSH2_ED25519_KEY_LEN],
    uint8_t server_public_key[LIBSSH2_ED25519_KEY_LEN])
{
	uint8_t shared[crypto_scalarmult_curve25519_BYTES];
	int ret = -1;

	if (k == NULL || *k == NULL)
		return -1;
	if (crypto_scalarmult_curve25519(shared, private_key, server_public_key) == 0)
		ret = _libssh2_bn_from_bin(*k, sizeof(shared), shared);
	sodium_memzero(shared, sizeof(shared));
	return ret;
}
