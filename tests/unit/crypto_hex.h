/* SPDX-License-Identifier: MIT */
/* crypto_hex.h: test vectors are written in hexadecimal. */
#ifndef TESTS_CRYPTO_HEX_H
#define TESTS_CRYPTO_HEX_H
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Decode into out; returns the number of bytes. */
static inline size_t
unhex(const char *hex, uint8_t *out)
{
	size_t n = 0;
	unsigned int byte;

	for (; sscanf(hex, "%2x", &byte) == 1; hex += 2)
		out[n++] = (uint8_t)byte;
	return n;
}

#endif
