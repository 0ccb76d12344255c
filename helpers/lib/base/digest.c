/* SPDX-License-Identifier: MIT */
#include "lib/base/digest.h"

void
digest_init(struct digest *d, enum digest_kind kind)
{
	d->kind = kind;
	switch (kind) {
	case DIGEST_MD5:
		br_md5_init(&d->ctx.md5);
		break;
	case DIGEST_SHA256:
		br_sha256_init(&d->ctx.sha256);
		break;
	}
}

void
digest_add(struct digest *d, const void *bytes, size_t n)
{
	switch (d->kind) {
	case DIGEST_MD5:
		br_md5_update(&d->ctx.md5, bytes, n);
		break;
	case DIGEST_SHA256:
		br_sha256_update(&d->ctx.sha256, bytes, n);
		break;
	}
}

size_t
digest_end(const struct digest *d, uint8_t out[DIGEST_MAX_LEN])
{
	if (d->kind == DIGEST_MD5) {
		br_md5_out(&d->ctx.md5, out);
		return DIGEST_MD5_LEN;
	}
	br_sha256_out(&d->ctx.sha256, out);
	return DIGEST_SHA256_LEN;
}

void
digest_md5(const void *bytes, size_t n, uint8_t out[DIGEST_MD5_LEN])
{
	br_md5_context md5;

	br_md5_init(&md5);
	br_md5_update(&md5, bytes, n);
	br_md5_out(&md5, out);
}

void
digest_sha256(const void *bytes, size_t n, uint8_t out[DIGEST_SHA256_LEN])
{
	br_sha256_context sha256;

	br_sha256_init(&sha256);
	br_sha256_update(&sha256, bytes, n);
	br_sha256_out(&sha256, out);
}
