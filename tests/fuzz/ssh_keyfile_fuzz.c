/* SPDX-License-Identifier: MIT */
/* A key file's text; and the same bytes as the DER that such a text would hold. */
#include "lib/ssh/der.h"
#include "lib/ssh/keyfile.h"
#include "lib/ssh/pubkey.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct keyfile key = {0};
	struct buf blob = {0};
	struct err e;

	(void)keyfile_parse(data, size, &key, &e);
	(void)pubkey_rsa_bits(key.blob.bytes, key.blob.len);
	keyfile_free(&key);
	(void)der_rsa_public(data, size, &blob, &e);
	(void)der_ec_public(data, size, &blob, &e);
	(void)der_pkcs8_public(data, size, &blob, &e);
	(void)pubkey_rsa_bits(data, size);
	buf_free(&blob);
	return 0;
}
