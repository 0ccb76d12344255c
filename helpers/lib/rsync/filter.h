/* SPDX-License-Identifier: MIT */
/* lib/rsync/filter.h: rsync's exclude and include rules: parsing, matching, their wire form.
 * Source: rsync(1), FILTER RULES and PATTERN MATCHING RULES; agreement with the real program is
 * tested by tests/interop/filter. Matching takes time in proportion to pattern times path: the
 * pattern is compiled to steps and all its states are followed at once, so there is no exponential
 * case. Pure, but for filter_add_file. */
#ifndef RSYNC_FILTER_H
#define RSYNC_FILTER_H
#include <stdbool.h>
#include <stddef.h>

#include "lib/base/err.h"

#define FILTER_PATTERN_MAX 1000u /* bytes; receivers take rules of a few kilobytes */

struct filter_rule; /* one compiled rule, private to filter.c */

/* A zeroed struct holds no rule: everything is included. */
struct filter {
	struct filter_rule *rules;
	size_t n_rules;
};

enum filter_kind { FILTER_EXCLUDE, FILTER_INCLUDE };

void filter_free(struct filter *f);
/* Append one rule, as the value of --exclude or --include (which is what `kind` says): "PATTERN",
 * or "- PATTERN", "+ PATTERN", or "!", which drops every rule so far. -1 with ERR_USAGE for a
 * pattern that is empty, only slashes, or longer than FILTER_PATTERN_MAX; the filter is unchanged. */
int filter_add(struct filter *f, enum filter_kind kind, const char *text, struct err *e);
/* Append the rules of a file's text, one a line; empty lines and lines that start with '#' or ';'
 * are skipped. A line ends with LF, CR or CRLF; blanks belong to the pattern. `name` is for
 * messages ("NAME:LINE: ..."). */
int filter_add_text(struct filter *f, enum filter_kind kind, const char *name, const char *text,
                    size_t n, struct err *e);
/* The same for a file by path ("-": standard input). -1 with ERR_LOCAL if it cannot be read. */
int filter_add_file(struct filter *f, enum filter_kind kind, const char *path, struct err *e);
/* Whether an entry takes part in the transfer: the first rule that matches decides, none means
 * yes. path is relative to the transfer's root, without a slash at either end. The caller tests
 * while descending: what is below an excluded directory is not asked for. */
bool filter_allows(const struct filter *f, const char *path, bool is_dir);
/* The rules as a receiver that deletes is told them ("- *.pyc"), in order: n_rules borrowed strings
 * in an array that is the caller's to free. NULL on lack of memory. */
const char **filter_texts(const struct filter *f, struct err *e);

#endif
