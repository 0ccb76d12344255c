/* SPDX-License-Identifier: MIT */
/* Any bytes as an inventory: hosts whose names no program takes for an option, or an error that
 * names the file. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/inventory.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct inventory inv;
	struct err e = {0};

	if (inventory_parse((const char *)data, size, "F", NULL, &inv, &e) == -1) {
		if (e.kind != ERR_USAGE || e.what[0] != 'F' || e.why[0] == '\0')
			abort();
		return 0;
	}
	for (size_t i = 0; i < inv.n_hosts; i++) {
		const struct inventory_host *h = &inv.hosts[i];

		if (h->address[0] == '-' || h->address[0] == '\0' || strpbrk(h->address, " \t\n;'\"$`") != NULL)
			abort();
		if (h->user != NULL && (h->user[0] == '-' || h->user[0] == '\0'))
			abort();
	}
	if (inv.n_hosts == 0)
		abort();
	inventory_free(&inv);
	return 0;
}
