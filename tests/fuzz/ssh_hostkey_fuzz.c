/* SPDX-License-Identifier: MIT */
/* known_hosts text, and a host key that a server presents: the input up to the first NUL is the file,
 * the rest the key. */
#include <string.h>

#include "lib/ssh/hostkey.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char name[] = "web1";
	struct ssh_target t = {.name = name, .address = name, .port = 22};
	const uint8_t *end = memchr(data, '\0', size);
	size_t n = end != NULL ? (size_t)(end - data) : size;
	struct known_keys k = {0};
	struct buf algorithms = {0};
	struct err e;

	(void)known_keys_parse(data, n, "known_hosts", name, 22, &k, &e);
	(void)hostkey_algorithms(&k, &algorithms, &e);
	(void)hostkey_check(&t, &k, data + n, size - n, &e);
	buf_free(&algorithms);
	known_keys_free(&k);
	return 0;
}
