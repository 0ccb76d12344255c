/* SPDX-License-Identifier: MIT */
/* chachapoly.c: chacha20-poly1305@openssh.com on libsodium, in place of libssh2's own
 * (cipher-chachapoly.h is the interface; its context only carries the two keys here).
 * Source: OpenSSH PROTOCOL.chacha20poly1305. The key is 64 bytes: the first half for the
 * payload and the Poly1305 key, the second for the packet length. Nonce = sequence number. */
#include <libssh2_priv.h>
#include <cipher-chachapoly.h>
#include <sodium.h>
#include <string.h>

#define KEY_LEN crypto_stream_chacha20_KEYBYTES
#define NONCE_LEN crypto_stream_chacha20_NONCEBYTES
#define TAG_LEN crypto_onetimeauth_poly1305_BYTES

static const unsigned char *
key_of(const struct chacha_ctx *ctx)
{
	return (const unsigned char *)ctx->input;
}

static void
nonce_of(u_int seqnr, unsigned char nonce[NONCE_LEN])
{
	memset(nonce, 0, NONCE_LEN);
	_libssh2_htonu32(nonce + 4, seqnr);
}

int
chachapoly_init(struct chachapoly_ctx *ctx, const u_char *key, u_int keylen)
{
	if (keylen != 2 * KEY_LEN)
		return LIBSSH2_ERROR_INVAL;
	memset(ctx, 0, sizeof(*ctx));
	memcpy(ctx->main_ctx.input, key, KEY_LEN);
	memcpy(ctx->header_ctx.input, key + KEY_LEN, KEY_LEN);
	return 0;
}

/* src: aadlen bytes of length field, len bytes of packet, and for decryption the tag. dest, of
 * the same shape, may be src. Nothing is decrypted whose tag is wrong. */
int
chachapoly_crypt(struct chachapoly_ctx *ctx, u_int seqnr, u_char *dest, const u_char *src, u_int len,
    u_int aadlen, int do_encrypt)
{
	unsigned char nonce[NONCE_LEN];
	unsigned char poly_key[crypto_onetimeauth_poly1305_KEYBYTES];
	size_t total = (size_t)aadlen + len;
	int ret = 0;

	nonce_of(seqnr, nonce);
	crypto_stream_chacha20(poly_key, sizeof(poly_key), nonce, key_of(&ctx->main_ctx));
	if (!do_encrypt && crypto_onetimeauth_poly1305_verify(src + total, src, total, poly_key) != 0) {
		ret = LIBSSH2_ERROR_DECRYPT;
		goto out;
	}
	crypto_stream_chacha20_xor(dest, src, aadlen, nonce, key_of(&ctx->header_ctx));
	crypto_stream_chacha20_xor_ic(dest + aadlen, src + aadlen, len, nonce, 1, key_of(&ctx->main_ctx));
	if (do_encrypt)
		crypto_onetimeauth_poly1305(dest + total, dest, total, poly_key);
out:
	sodium_memzero(poly_key, sizeof(poly_key));
	return ret;
}

/* The length field of a packet that is not complete yet, and not authenticated either. */
int
chachapoly_get_length(struct chachapoly_ctx *ctx, u_int *plenp, u_int seqnr, const u_char *cp, u_int len)
{
	unsigned char nonce[NONCE_LEN];
	unsigned char plain[4];

	if (len < sizeof(plain))
		return -1;
	nonce_of(seqnr, nonce);
	crypto_stream_chacha20_xor(plain, cp, sizeof(plain), nonce, key_of(&ctx->header_ctx));
	*plenp = _libssh2_ntohu32(plain);
	return 0;
}
