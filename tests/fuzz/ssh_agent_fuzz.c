/* SPDX-License-Identifier: MIT */
/* What an agent answers to the request for its keys. */
#include "lib/ssh/agent.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct agent_keys k = {0};
	struct err e;

	(void)agent_parse_identities(data, size, &k, &e);
	agent_keys_free(&k);
	return 0;
}
