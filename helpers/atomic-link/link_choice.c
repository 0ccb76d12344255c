/* SPDX-License-Identifier: MIT */
#include "atomic-link/link_choice.h"

#include <string.h>

#include "lib/base/build_name.h"

const char *
link_choice_previous(const char *const names[], const bool usable[], size_t n, const char *current)
{
	const char *best = NULL;

	for (size_t i = 0; i < n; i++) {
		if (!usable[i] || !build_name_valid(names[i]))
			continue;
		if (build_name_compare(names[i], current) >= 0)
			continue;
		if (best == NULL || build_name_compare(names[i], best) > 0)
			best = names[i];
	}
	return best;
}

bool
link_choice_expects_none(const char *expect)
{
	return *expect == '\0' || strcmp(expect, "none") == 0;
}

bool
link_choice_matches(const char *expect, const char *text)
{
	const char *slash = strrchr(text, '/');

	if (strcmp(expect, text) == 0)
		return true;
	return strchr(expect, '/') == NULL && slash != NULL && strcmp(expect, slash + 1) == 0;
}
