/* SPDX-License-Identifier: MIT */
/* Private key files. The input is used three ways: as a whole file, as what base64 would give in
 * OpenSSH's format, and as DER under each label. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "lib/crypto/privkey.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const char *const labels[] = {"RSA PRIVATE KEY", "EC PRIVATE KEY", "PRIVATE KEY"};
	unsigned char *copy = malloc(len > 0 ? len : 1);
	struct private_key key;
	const char *why;
	size_t i;

	(void)privkey_parse(&key, (const char *)data, len, NULL, &why);
	if (copy == NULL)
		return 0;
	memcpy(copy, data, len);
	(void)openssh_parse(&key, copy, len, NULL, &why);
	for (i = 0; i < sizeof(labels) / sizeof(labels[0]); i++)
		(void)pkcs_parse(&key, labels[i], data, len, &why);
	privkey_wipe(&key);
	free(copy);
	return 0;
}
