/* SPDX-License-Identifier: MIT */
/* hmac.c: HMAC for packet integrity, on BearSSL (RFC 2104, RFC 6668). 1 = ok. */
#include <libssh2_priv.h>
#include <sodium.h>
#include <string.h>

static int
start(struct hmac *hmac, const br_hash_class *hash, const void *key, size_t len)
{
	br_hmac_key_init(&hmac->key, hash, key, len);
	br_hmac_init(&hmac->running, &hmac->key, 0);
	return 1;
}

int
_libssh2_hmac_ctx_init(struct hmac *hmac)
{
	memset(hmac, 0, sizeof(*hmac));
	return 1;
}

int
_libssh2_hmac_sha1_init(struct hmac *hmac, void *key, size_t len)
{
	return start(hmac, &br_sha1_vtable, key, len);
}

int
_libssh2_hmac_sha256_init(struct hmac *hmac, void *key, size_t len)
{
	return start(hmac, &br_sha256_vtable, key, len);
}

int
_libssh2_hmac_sha512_init(struct hmac *hmac, void *key, size_t len)
{
	return start(hmac, &br_sha512_vtable, key, len);
}

int
_libssh2_hmac_update(struct hmac *hmac, const void *data, size_t len)
{
	br_hmac_update(&hmac->running, data, len);
	return 1;
}

int
_libssh2_hmac_final(struct hmac *hmac, void *out)
{
	br_hmac_out(&hmac->running, out);
	return 1;
}

void
_libssh2_hmac_cleanup(struct hmac *hmac)
{
	sodium_memzero(hmac, sizeof(*hmac));
}
