/* SPDX-License-Identifier: MIT */
/* push_json.h: what -i prints, as JSON: an object for each entry. */
#ifndef PUSH_JSON_H
#define PUSH_JSON_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/rsync/itemize.h"

/* Append the object, without LF: host, item (the letters), name, size, and target of a link. A name
 * that is not UTF-8 is followed by name_hex. times: whether -t is on. */
int push_json_item(const char *host, const struct item *it, bool times, struct buf *out,
                   struct err *e);
/* The same for a removed entry: host, item "*deleting", name, dir. */
int push_json_deleted(const char *host, const uint8_t *name, size_t n, bool is_dir, struct buf *out,
                      struct err *e);

#endif
