/* SPDX-License-Identifier: MIT */
/* atomic-link/link_choice.h: which build a rollback goes to, and whether a link is what the caller
 * expects. Pure. */
#ifndef ATOMIC_LINK_LINK_CHOICE_H
#define ATOMIC_LINK_LINK_CHOICE_H
#include <stdbool.h>
#include <stddef.h>

/* The newest usable name that is older than `current`; NULL if there is none. names[0..n) need not
 * be sorted; usable[i] says whether names[i] is a complete build that did not fail. Names that are
 * no build's are passed over. */
const char *link_choice_previous(
    const char *const names[], const bool usable[], size_t n, const char *current);

/* What --expect says. "" and "none": there must be no link. */
bool link_choice_expects_none(const char *expect);
/* Whether a link of this text is, by name, what is expected: the same text, or `expect` is a bare
 * name and the text's last component. */
bool link_choice_matches(const char *expect, const char *text);

#endif
