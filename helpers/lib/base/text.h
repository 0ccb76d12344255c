/* SPDX-License-Identifier: MIT */
/* lib/base/text.h: small string work that more than one module needs. Pure. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"

/* malloc'ed copies: the caller's to free. NULL with ERR_LOCAL on lack of memory. */
char *text_dup(const char *s, size_t n, struct err *e);
char *text_fmt(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Length of the printable character at p (n >= 1 bytes left): 1 for printable ASCII, 2..4 for valid
 * UTF-8 that is no control character; 0 for anything else. */
size_t text_printable_len(const uint8_t *p, size_t n);
/* Append s (n bytes) so that it is safe on a terminal and in a log: printable ASCII and valid
 * UTF-8 as they are, other bytes as \xNN, backslash as it is. LF kept if keep_lf. */
int text_escape(struct buf *out, const void *s, size_t n, bool keep_lf, struct err *e);
/* Append s as one word for a POSIX shell: bare if it is made of [A-Za-z0-9_@%+=:,./-] only, else in
 * single quotes with ' as '\''. -1 with ERR_USAGE if it holds a NUL, CR or LF. */
int text_shell_quote(struct buf *out, const char *s, struct err *e);
/* Append s as a JSON string with its quotes; bytes that are not UTF-8 become U+FFFD. */
int text_json(struct buf *out, const void *s, size_t n, struct err *e);
/* Lower-case hex of n bytes into out, which has room for 2*n+1. */
void text_hex(const uint8_t *bytes, size_t n, char *out);
/* The candidate (NULL-terminated array) that is nearest to s by edit distance, if near enough to
 * be a likely slip (distance <= 1 + length/4); else NULL. */
const char *text_nearest(const char *s, const char *const *candidates);
bool text_starts_with(const char *s, const char *prefix);
bool text_ends_with(const char *s, const char *suffix);

#endif
