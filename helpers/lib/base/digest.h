/* SPDX-License-Identifier: MIT */
/* lib/base/digest.h: MD5 (rsync's protocol and `md5sum` only; never for security) and SHA-256, on
 * BearSSL. Cannot fail. */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H
#include <bearssl_hash.h>
#include <stddef.h>
#include <stdint.h>

#define DIGEST_MD5_LEN 16u    /* bytes */
#define DIGEST_SHA256_LEN 32u /* bytes */
#define DIGEST_MAX_LEN 32u    /* bytes */

enum digest_kind { DIGEST_MD5, DIGEST_SHA256 };

struct digest {
	enum digest_kind kind;
	union {
		br_md5_context md5;
		br_sha256_context sha256;
	} ctx;
};

void digest_init(struct digest *d, enum digest_kind kind);
void digest_add(struct digest *d, const void *bytes, size_t n);
/* Write the digest; returns its length in bytes. The context may go on being used. */
size_t digest_end(const struct digest *d, uint8_t out[DIGEST_MAX_LEN]);
/* In one call. */
void digest_md5(const void *bytes, size_t n, uint8_t out[DIGEST_MD5_LEN]);
void digest_sha256(const void *bytes, size_t n, uint8_t out[DIGEST_SHA256_LEN]);

#endif
