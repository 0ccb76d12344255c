/* SPDX-License-Identifier: MIT */
/* lib/rsync/checksum.h: the sums of the protocol. One 16-byte digest in two kinds; the rolling sum
 * of block matching. Sources: openrsync rsync(5) "Block exchange"; captured sessions (README).
 * Pure. MD5 here is what the protocol says, not a security measure. */
#ifndef RSYNC_CHECKSUM_H
#define RSYNC_CHECKSUM_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/digest.h"
#include "lib/base/err.h"

#define CHECKSUM_LEN 16u /* bytes, of both kinds */
#define CHECKSUM_KINDS 2u

enum checksum_kind { CHECKSUM_MD5 = 0, CHECKSUM_XXH128 = 1 };

/* Sum of a stream of bytes, without seed: whole files and the file list's sums. */
struct checksum;
/* NULL with ERR_LOCAL on lack of memory. */
struct checksum *checksum_new(enum checksum_kind kind, struct err *e);
void checksum_free(struct checksum *c);
/* Start over, with the same kind. */
void checksum_reset(struct checksum *c);
void checksum_add(struct checksum *c, const void *bytes, size_t n);
void checksum_end(const struct checksum *c, uint8_t out[CHECKSUM_LEN]);

/* In one call. */
void checksum_of(enum checksum_kind kind, const void *bytes, size_t n, uint8_t out[CHECKSUM_LEN]);

/* Sum of one block with the session's seed. seed_first: the order of MD5's seed (the server's
 * flag CHKSUM_SEED_FIX); of no meaning to xxh128. */
void checksum_block(enum checksum_kind kind, int32_t seed, bool seed_first, const void *bytes,
                    size_t n, uint8_t out[CHECKSUM_LEN]);

/* The rolling sum: a = sum of the (signed) bytes, b = sum of the a's, each mod 2^16. Inline, because
 * matching does this for every byte of a file. */
struct rolling {
	uint32_t a, b; /* low 16 bits count */
	uint32_t n;    /* length of the window in bytes */
};
void rolling_start(struct rolling *r, const uint8_t *bytes, size_t n);

static inline uint32_t
rolling_signed(uint8_t byte)
{
	return (uint32_t)(int32_t)(int8_t)byte;
}

/* The window moves on by one byte: `old` leaves, `new_` enters. */
static inline void
rolling_move(struct rolling *r, uint8_t old, uint8_t new_)
{
	r->a += rolling_signed(new_) - rolling_signed(old);
	r->b += r->a - r->n * rolling_signed(old);
}

/* The window loses its first byte. */
static inline void
rolling_shrink(struct rolling *r, uint8_t old)
{
	r->b -= r->n * rolling_signed(old);
	r->a -= rolling_signed(old);
	r->n--;
}

static inline uint32_t
rolling_sum(const struct rolling *r)
{
	return (r->a & 0xffffu) | r->b << 16;
}

/* "md5", "xxh128", as on the wire. */
const char *checksum_name(enum checksum_kind kind);

#endif
