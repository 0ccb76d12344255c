/* SPDX-License-Identifier: MIT */
/* The text of an ssh_config file. */
#include "lib/ssh/target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char name[] = "web1";
	static char file[] = "config";
	struct inventory_host host = {.name = name, .address = name, .become = -1};
	struct ssh_settings settings = {0};
	struct ssh_config config = {.file = file};
	struct ssh_target t;
	struct err e;

	if (buf_add(&config.text, data, size, &e) == 0 &&
	    ssh_target_make(&settings, &config, &host, &t, &e) == 0)
		ssh_target_free(&t);
	buf_free(&config.text);
	return 0;
}
