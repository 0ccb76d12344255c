/* SPDX-License-Identifier: MIT */
#include "lib/ssh/pattern.h"

#include <string.h>

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool
pattern_match(const char *pattern, size_t n, const char *s)
{
	size_t i = 0;
	size_t star = n; /* index of the last '*' met; n: none yet */
	const char *star_s = s; /* how far that '*' reaches now */

	while (*s != '\0') {
		if (i < n && pattern[i] == '*') {
			star = i++;
			star_s = s;
		} else if (i < n && (pattern[i] == '?' || lower(pattern[i]) == lower(*s))) {
			i++;
			s++;
		} else if (star < n) {
			i = star + 1;
			s = ++star_s;
		} else {
			return false;
		}
	}
	while (i < n && pattern[i] == '*')
		i++;
	return i == n;
}

int
pattern_list_match(const char *list, size_t n, const char *dividers, const char *s)
{
	int verdict = 0;
	size_t at = 0;

	while (at < n) {
		size_t start = at;
		bool negated;

		while (at < n && strchr(dividers, list[at]) == NULL)
			at++;
		negated = start < at && list[start] == '!';
		if (negated)
			start++;
		if (start < at && pattern_match(list + start, at - start, s)) {
			if (negated)
				return -1;
			verdict = 1;
		}
		at++;
	}
	return verdict;
}
