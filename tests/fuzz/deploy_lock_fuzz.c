/* SPDX-License-Identifier: MIT */
/* Any bytes as a lock file: a record that is the same when it is written and read again. */
#include <stdlib.h>
#include <string.h>

#include "deploy-lock/lock_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lock_record one;
	struct lock_record two;
	struct buf text = {0};
	struct err e = {0};

	lock_record_read(data, size, &one);
	if (lock_record_write(&text, &one, &e) == -1)
		abort();
	lock_record_read(text.bytes, text.len, &two);
	if (strcmp(one.token, two.token) != 0 || strcmp(one.owner, two.owner) != 0 || one.pid != two.pid ||
	    strcmp(one.boot, two.boot) != 0 || one.started != two.started || one.lease_s != two.lease_s ||
	    one.beat_ms != two.beat_ms)
		abort();
	buf_free(&text);
	return 0;
}
