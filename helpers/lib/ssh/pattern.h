/* SPDX-License-Identifier: MIT */
/* lib/ssh/pattern.h: host patterns of ssh_config(5) and known_hosts: `*`, `?`, and `!` in front for
 * "not". Letters match without regard to case, as host names do. Pure. */
#ifndef SSH_PATTERN_H
#define SSH_PATTERN_H
#include <stdbool.h>
#include <stddef.h>

/* Does the pattern (n bytes, no `!`) match all of s? */
bool pattern_match(const char *pattern, size_t n, const char *s);

/* A list of patterns divided by one of the bytes in `dividers`: 1 if one matches and no negated one
 * does, -1 if a negated one matches, 0 otherwise. */
int pattern_list_match(const char *list, size_t n, const char *dividers, const char *s);

#endif
