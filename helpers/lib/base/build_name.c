/* SPDX-License-Identifier: MIT */
#include "lib/base/build_name.h"

#include <string.h>

bool
build_name_valid(const char *name)
{
	return strspn(name, "0123456789") == BUILD_NAME_LEN && name[BUILD_NAME_LEN] == '\0';
}

int
build_name_compare(const char *a, const char *b)
{
	return strcmp(a, b);
}
