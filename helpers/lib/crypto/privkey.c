/* SPDX-License-Identifier: MIT */
#include "lib/crypto/privkey.h"
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include "lib/crypto/armor.h"

enum privkey_status
privkey_parse(struct private_key *key, const char *text, size_t len, const char *passphrase, const char **why)
{
	char label[ARMOR_LABEL_MAX];
	enum privkey_status status = PRIVKEY_REFUSED;
	unsigned char *blob;
	size_t blob_len;

	memset(key, 0, sizeof(*key));
	if (len > PRIVKEY_MAX) {
		*why = "private key file is too large";
		return PRIVKEY_REFUSED;
	}
	blob = malloc(len + 1);
	if (blob == NULL) {
		*why = "out of memory for a private key";
		return PRIVKEY_REFUSED;
	}
	switch (armor_decode(text, len, blob, &blob_len, label)) {
	case ARMOR_OK:
		if (strcmp(label, "OPENSSH PRIVATE KEY") == 0)
			status = openssh_parse(key, blob, blob_len, passphrase, why);
		else
			status = pkcs_parse(key, label, blob, blob_len, why);
		break;
	case ARMOR_NONE:
		*why = "no private key in the file";
		break;
	case ARMOR_ENCRYPTED:
		*why = "key is encrypted in the old PEM way; convert it with ssh-keygen -p";
		break;
	case ARMOR_BROKEN:
		*why = "private key file is damaged";
		break;
	}
	sodium_memzero(blob, len + 1);
	free(blob);
	if (status != PRIVKEY_OK)
		privkey_wipe(key);
	return status;
}

void
privkey_wipe(struct private_key *key)
{
	sodium_memzero(key, sizeof(*key));
}
