/* SPDX-License-Identifier: MIT */
/* cipher.c: AES in the three modes that SSH uses (RFC 4344 CTR, RFC 4253 CBC, RFC 5647 GCM),
 * on BearSSL. The processor's AES instructions are used where it has them, else code that
 * takes constant time; never BearSSL's table-driven kind. */
#include <libssh2_priv.h>
#include <sodium.h>
#include <string.h>

#define BLOCK_LEN 16u
#define GCM_NONCE_LEN 12u
#define GCM_TAG_LEN 16u
#define GCM_AAD_LEN 4u /* the packet length field, authenticated but not encrypted */

#ifdef __x86_64__
#define BY_PROCESSOR(fast, portable) ((fast) != NULL ? (fast) : (portable))
#else
#define BY_PROCESSOR(fast, portable) (portable)
#endif

static const br_block_ctrcbc_class *
ctr_implementation(void)
{
	return BY_PROCESSOR(br_aes_x86ni_ctrcbc_get_vtable(), &br_aes_ct64_ctrcbc_vtable);
}

static const br_block_cbcenc_class *
cbc_enc_implementation(void)
{
	return BY_PROCESSOR(br_aes_x86ni_cbcenc_get_vtable(), &br_aes_ct64_cbcenc_vtable);
}

static const br_block_cbcdec_class *
cbc_dec_implementation(void)
{
	return BY_PROCESSOR(br_aes_x86ni_cbcdec_get_vtable(), &br_aes_ct64_cbcdec_vtable);
}

static const br_block_ctr_class *
gcm_ctr_implementation(void)
{
	return BY_PROCESSOR(br_aes_x86ni_ctr_get_vtable(), &br_aes_ct64_ctr_vtable);
}

static br_ghash
ghash_implementation(void)
{
	return BY_PROCESSOR(br_ghash_pclmul_get(), br_ghash_ctmul64);
}

static size_t
key_len(enum cipher_algo algo)
{
	switch (algo) {
	case CIPHER_AES128_CTR:
	case CIPHER_AES128_CBC:
	case CIPHER_AES128_GCM:
		return 16;
	case CIPHER_AES192_CTR:
	case CIPHER_AES192_CBC:
		return 24;
	case CIPHER_AES256_CTR:
	case CIPHER_AES256_CBC:
	case CIPHER_AES256_GCM:
		return 32;
	case CIPHER_CHACHA20_POLY1305:
		break;
	}
	return 0;
}

int
_libssh2_cipher_init(struct cipher *c, enum cipher_algo algo, unsigned char *iv, unsigned char *secret,
    int encrypt)
{
	size_t len = key_len(algo);

	memset(c, 0, sizeof(*c));
	switch (algo) {
	case CIPHER_AES128_CTR:
	case CIPHER_AES192_CTR:
	case CIPHER_AES256_CTR:
		memcpy(c->iv, iv, BLOCK_LEN);
		ctr_implementation()->init(&c->keys.ctr.vtable, secret, len);
		return 0;
	case CIPHER_AES128_CBC:
	case CIPHER_AES192_CBC:
	case CIPHER_AES256_CBC:
		memcpy(c->iv, iv, BLOCK_LEN);
		if (encrypt)
			cbc_enc_implementation()->init(&c->keys.cbc_enc.vtable, secret, len);
		else
			cbc_dec_implementation()->init(&c->keys.cbc_dec.vtable, secret, len);
		return 0;
	case CIPHER_AES128_GCM:
	case CIPHER_AES256_GCM:
		memcpy(c->iv, iv, GCM_NONCE_LEN);
		gcm_ctr_implementation()->init(&c->keys.gcm.vtable, secret, len);
		br_gcm_init(&c->gcm, &c->keys.gcm.vtable, ghash_implementation());
		return 0;
	case CIPHER_CHACHA20_POLY1305:
		break;
	}
	return -1;
}

/* Begin a packet with the current nonce and count it up for the next (RFC 5647 7.1: the
 * last 8 of its 12 bytes are a big-endian counter). */
static void
gcm_open(struct cipher *c)
{
	size_t i;

	br_gcm_reset(&c->gcm, c->iv, GCM_NONCE_LEN);
	for (i = GCM_NONCE_LEN; i-- > GCM_NONCE_LEN - 8;)
		if (++c->iv[i] != 0)
			break;
	c->packet_open = true;
}

/* One chunk of a packet. The first starts with the length field, the last ends with the tag,
 * which is written or checked. A chunk of no open packet starts one without a length field:
 * so come encrypted key files. */
static int
gcm_crypt(struct cipher *c, int encrypt, unsigned char *data, size_t len, int firstlast)
{
	if (IS_FIRST(firstlast)) {
		if (len < GCM_AAD_LEN)
			return -1;
		gcm_open(c);
		br_gcm_aad_inject(&c->gcm, data, GCM_AAD_LEN);
		data += GCM_AAD_LEN;
		len -= GCM_AAD_LEN;
		br_gcm_flip(&c->gcm);
	} else if (!c->packet_open) {
		gcm_open(c);
		br_gcm_flip(&c->gcm);
	}
	if (!IS_LAST(firstlast)) {
		br_gcm_run(&c->gcm, encrypt, data, len);
		return 0;
	}
	c->packet_open = false;
	if (len < GCM_TAG_LEN)
		return -1;
	br_gcm_run(&c->gcm, encrypt, data, len - GCM_TAG_LEN);
	if (encrypt) {
		br_gcm_get_tag(&c->gcm, data + len - GCM_TAG_LEN);
		return 0;
	}
	return br_gcm_check_tag(&c->gcm, data + len - GCM_TAG_LEN) == 1 ? 0 : -1;
}

int
_libssh2_cipher_crypt(struct cipher *c, enum cipher_algo algo, int encrypt, unsigned char *data, size_t len,
    int firstlast)
{
	switch (algo) {
	case CIPHER_AES128_CTR:
	case CIPHER_AES192_CTR:
	case CIPHER_AES256_CTR:
		if (len % BLOCK_LEN != 0)
			return -1;
		c->keys.ctr.vtable->ctr(&c->keys.ctr.vtable, c->iv, data, len);
		return 0;
	case CIPHER_AES128_CBC:
	case CIPHER_AES192_CBC:
	case CIPHER_AES256_CBC:
		if (len % BLOCK_LEN != 0)
			return -1;
		if (encrypt)
			c->keys.cbc_enc.vtable->run(&c->keys.cbc_enc.vtable, c->iv, data, len);
		else
			c->keys.cbc_dec.vtable->run(&c->keys.cbc_dec.vtable, c->iv, data, len);
		return 0;
	case CIPHER_AES128_GCM:
	case CIPHER_AES256_GCM:
		return gcm_crypt(c, encrypt, data, len, firstlast);
	case CIPHER_CHACHA20_POLY1305:
		break;
	}
	return -1;
}

void
_libssh2_cipher_dtor(struct cipher *c)
{
	sodium_memzero(c, sizeof(*c));
}
