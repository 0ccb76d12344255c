/* SPDX-License-Identifier: MIT */
#include "lib/ssh/pubkey.h"

#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/digest.h"
#include "lib/base/text.h"
#include "lib/ssh/base64.h"

int
pubkey_type(const uint8_t *blob, size_t n, char type[PUBKEY_TYPE_MAX], struct err *e)
{
	struct rd in = rd_of(blob, n);
	const uint8_t *name;
	uint32_t len;
	uint32_t i;

	type[0] = '\0';
	if (!rd_be32(&in, &len) || len == 0 || len >= PUBKEY_TYPE_MAX || !rd_bytes(&in, len, &name))
		return err_set(e, ERR_PROTO, "no type in it", "read a public key");
	for (i = 0; i < len; i++)
		if (name[i] <= ' ' || name[i] > '~')
			return err_set(e, ERR_PROTO, "unprintable type", "read a public key");
	memcpy(type, name, len);
	type[len] = '\0';
	return 0;
}

void
pubkey_fingerprint(const uint8_t *blob, size_t n, char out[PUBKEY_FINGERPRINT_LEN])
{
	uint8_t digest[DIGEST_SHA256_LEN];

	digest_sha256(blob, n, digest);
	memcpy(out, "SHA256:", 7);
	base64_encode(digest, sizeof(digest), out + 7);
	out[PUBKEY_FINGERPRINT_LEN - 1] = '\0';
}

size_t
pubkey_rsa_bits(const uint8_t *blob, size_t n)
{
	struct rd in = rd_of(blob, n);
	const uint8_t *bytes;
	uint32_t len;
	size_t bits;
	uint8_t top;

	if (!rd_be32(&in, &len) || len != 7 || !rd_bytes(&in, len, &bytes) ||
	    memcmp(bytes, "ssh-rsa", 7) != 0)
		return 0;
	if (!rd_be32(&in, &len) || !rd_bytes(&in, len, &bytes)) /* e */
		return 0;
	if (!rd_be32(&in, &len) || !rd_bytes(&in, len, &bytes)) /* n */
		return 0;
	while (len > 0 && *bytes == 0) {
		bytes++;
		len--;
	}
	if (len == 0)
		return 0;
	bits = (size_t)(len - 1) * 8;
	for (top = *bytes; top != 0; top = (uint8_t)(top >> 1))
		bits++;
	return bits;
}

const char *
pubkey_scan_name(const char *type)
{
	if (strcmp(type, "ssh-rsa") == 0)
		return "rsa";
	if (strcmp(type, "ssh-ed25519") == 0)
		return "ed25519";
	if (text_starts_with(type, "ecdsa-sha2-"))
		return "ecdsa";
	return NULL;
}
