/* SPDX-License-Identifier: MIT */
/* req-checksum/req_set.h: a set of entries (lines) and its key. Pure. */
#ifndef REQ_CHECKSUM_REQ_SET_H
#define REQ_CHECKSUM_REQ_SET_H
#include <stddef.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"

#define REQ_KEY_LEN 32u /* hex digits: the first half of a SHA-256 */

/* A zeroed struct is an empty set. */
struct req_set {
	char **at;
	size_t n;
	size_t cap;
};

void req_set_free(struct req_set *s);
/* Add a copy of an entry; a line feed in it becomes a blank, so that none can pass for two. */
int req_set_add(struct req_set *s, const char *entry, struct err *e);
/* Sort bytewise and drop what is there twice. */
void req_set_sort(struct req_set *s);
/* Append the canonical text of a sorted set: a line with the form's version, then the entries. */
int req_set_text(const struct req_set *s, struct buf *out, struct err *e);
/* The key: hex of the SHA-256 of that text, cut to REQ_KEY_LEN digits. */
int req_set_key(const struct req_set *s, char key[REQ_KEY_LEN + 1], struct err *e);

#endif
