/* SPDX-License-Identifier: MIT */
/* push_format.h: the line for each changed entry: --out-format, of which -i and -v are two values. */
#ifndef PUSH_FORMAT_H
#define PUSH_FORMAT_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/rsync/itemize.h"

#define PUSH_FORMAT_ITEMIZE "%i %n%L"
#define PUSH_FORMAT_NAMES "%n%L"

/* -1 with ERR_USAGE naming an escape that we do not have. Those we have: %i %n %L %l %o %h %%. */
int push_format_check(const char *format, struct err *e);
/* Whether it holds %i: then entries of which only attributes changed get a line as well. */
bool push_format_itemizes(const char *format);
/* Whether an item gets a line. */
bool push_format_wants(const char *format, const struct item *it);
/* Append the line, without LF. times: whether -t is on. */
int push_format_item(const char *format, const char *host, const struct item *it, bool times,
                     struct buf *out, struct err *e);
/* The same for a removed entry. */
int push_format_deleted(const char *format, const char *host, const uint8_t *name, size_t n,
                        bool is_dir, struct buf *out, struct err *e);

#endif
