/* SPDX-License-Identifier: MIT */
/* The text of an excludes file, up to a NUL byte; then a path to hold against its rules. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "lib/rsync/filter.h"

#define PATH_LEN 64u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = memchr(data, '\0', size);
	size_t text_len = end == NULL ? size : (size_t)(end - data);
	size_t left = end == NULL ? 0 : size - text_len - 1;
	struct filter f = { 0 };
	char path[PATH_LEN + 1] = { 0 };
	struct err e;

	if (left > 0)
		(void)strncpy(path, (const char *)end + 1, left < PATH_LEN ? left : PATH_LEN);
	if (filter_add_text(&f, FILTER_EXCLUDE, "fuzz", (const char *)data, text_len, &e) == 0) {
		(void)filter_allows(&f, path, false);
		(void)filter_allows(&f, path, true);
	}
	filter_free(&f);
	return 0;
}
