/* SPDX-License-Identifier: MIT */
#include "lib/ssh/base64.h"

#include <stdbool.h>
#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void
base64_encode(const uint8_t *bytes, size_t n, char *out)
{
	uint32_t word = 0;
	unsigned n_bits = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		word = (word << 8 | bytes[i]) & 0xffff;
		n_bits += 8;
		while (n_bits >= 6) {
			n_bits -= 6;
			*out++ = alphabet[word >> n_bits & 63];
		}
	}
	if (n_bits > 0)
		*out = alphabet[word << (6 - n_bits) & 63];
}

int
base64_decode(struct buf *out, const char *text, size_t n, struct err *e)
{
	uint32_t word = 0;
	unsigned n_bits = 0;
	bool ended = false;
	size_t i;

	for (i = 0; i < n; i++) {
		const char *at;

		if (text[i] == ' ' || text[i] == '\t' || text[i] == '\r' || text[i] == '\n')
			continue;
		if (text[i] == '=') {
			ended = true;
			continue;
		}
		at = text[i] == '\0' ? NULL : strchr(alphabet, text[i]);
		if (at == NULL || ended)
			return err_set(e, ERR_PROTO, "not base64", "decode a key");
		word = word << 6 | (uint32_t)(at - alphabet);
		n_bits += 6;
		if (n_bits < 8)
			continue;
		n_bits -= 8;
		if (buf_byte(out, (uint8_t)(word >> n_bits & 0xff), e) == -1)
			return -1;
	}
	if (n_bits >= 6)
		return err_set(e, ERR_PROTO, "base64 cut short", "decode a key");
	return 0;
}
