/* SPDX-License-Identifier: MIT */
#include "lib/rsync/checksum.h"

#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

struct checksum {
	enum checksum_kind kind;
	struct digest md5;
	XXH3_state_t xxh;
};

struct checksum *
checksum_new(enum checksum_kind kind, struct err *e)
{
	/* XXH3_state_t wants more alignment than malloc promises */
	size_t size = (sizeof(struct checksum) + 63) / 64 * 64;
	struct checksum *c = aligned_alloc(64, size);

	if (c == NULL) {
		(void)err_set(e, ERR_LOCAL, NULL, "allocate %zu bytes", size);
		return NULL;
	}
	c->kind = kind;
	checksum_reset(c);
	return c;
}

void
checksum_free(struct checksum *c)
{
	free(c);
}

void
checksum_reset(struct checksum *c)
{
	switch (c->kind) {
	case CHECKSUM_MD5:
		digest_init(&c->md5, DIGEST_MD5);
		break;
	case CHECKSUM_XXH128:
		XXH3_INITSTATE(&c->xxh);
		(void)XXH3_128bits_reset(&c->xxh);
		break;
	}
}

void
checksum_add(struct checksum *c, const void *bytes, size_t n)
{
	switch (c->kind) {
	case CHECKSUM_MD5:
		digest_add(&c->md5, bytes, n);
		break;
	case CHECKSUM_XXH128:
		(void)XXH3_128bits_update(&c->xxh, bytes, n);
		break;
	}
}

/* On the wire: low half, then high half, each little-endian: the canonical form backwards. */
static void
put_xxh128(XXH128_hash_t h, uint8_t out[CHECKSUM_LEN])
{
	unsigned i;

	for (i = 0; i < 8; i++) {
		out[i] = (uint8_t)(h.low64 >> (8 * i));
		out[8 + i] = (uint8_t)(h.high64 >> (8 * i));
	}
}

void
checksum_end(const struct checksum *c, uint8_t out[CHECKSUM_LEN])
{
	uint8_t md5[DIGEST_MAX_LEN];

	switch (c->kind) {
	case CHECKSUM_MD5:
		(void)digest_end(&c->md5, md5);
		memcpy(out, md5, CHECKSUM_LEN);
		break;
	case CHECKSUM_XXH128:
		put_xxh128(XXH3_128bits_digest(&c->xxh), out);
		break;
	}
}

void
checksum_of(enum checksum_kind kind, const void *bytes, size_t n, uint8_t out[CHECKSUM_LEN])
{
	switch (kind) {
	case CHECKSUM_MD5:
		digest_md5(bytes, n, out);
		break;
	case CHECKSUM_XXH128:
		put_xxh128(XXH3_128bits(bytes, n), out);
		break;
	}
}

static void
md5_block(int32_t seed, bool seed_first, const void *bytes, size_t n, uint8_t out[CHECKSUM_LEN])
{
	uint32_t u = (uint32_t)seed;
	uint8_t s[4] = {(uint8_t)u, (uint8_t)(u >> 8), (uint8_t)(u >> 16), (uint8_t)(u >> 24)};
	size_t s_len = seed == 0 ? 0 : sizeof s;
	uint8_t md5[DIGEST_MAX_LEN];
	struct digest d;

	digest_init(&d, DIGEST_MD5);
	if (seed_first)
		digest_add(&d, s, s_len);
	digest_add(&d, bytes, n);
	if (!seed_first)
		digest_add(&d, s, s_len);
	(void)digest_end(&d, md5);
	memcpy(out, md5, CHECKSUM_LEN);
}

void
checksum_block(enum checksum_kind kind, int32_t seed, bool seed_first, const void *bytes, size_t n,
               uint8_t out[CHECKSUM_LEN])
{
	switch (kind) {
	case CHECKSUM_MD5:
		md5_block(seed, seed_first, bytes, n, out);
		break;
	case CHECKSUM_XXH128:
		put_xxh128(XXH3_128bits_withSeed(bytes, n, (uint64_t)(int64_t)seed), out);
		break;
	}
}

void
rolling_start(struct rolling *r, const uint8_t *bytes, size_t n)
{
	size_t i;

	r->a = 0;
	r->b = 0;
	r->n = (uint32_t)n;
	for (i = 0; i < n; i++) {
		r->a += rolling_signed(bytes[i]);
		r->b += r->a;
	}
}

const char *
checksum_name(enum checksum_kind kind)
{
	switch (kind) {
	case CHECKSUM_MD5:
		return "md5";
	case CHECKSUM_XXH128:
		return "xxh128";
	}
	return "?";
}
