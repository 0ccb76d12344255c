/* SPDX-License-Identifier: MIT */
/* lib/base/inventory_text.h: the lexical half of inventory.c: ranges in host patterns,
 * [USER@]HOST[:PORT]. Errors carry only `why` (kind ERR_USAGE); the caller, who knows the
 * file and line, puts them into `what`. Pure. */
#ifndef BASE_INVENTORY_TEXT_H
#define BASE_INVENTORY_TEXT_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"

#define INVENTORY_HOSTS_MAX 4096u /* hosts of one inventory */

/* Call `found` for each name of a pattern: web[01:10], db-[a:f]-[1:9:2]; a pattern without a range
 * is its own only name. 0, or -1 (also when `found` returned -1). */
typedef int inventory_found(void *ctx, const char *name, struct err *e);
int inventory_expand(const char *pattern, inventory_found *found, void *ctx, struct err *e);

/* Whether a line (n bytes, first one "[") starts a section: true unless the bracket is a range or
 * an IPv6 address, that is, unless the line is a host's. */
bool inventory_is_section(const char *line, size_t n);

/* Take [USER@]HOST[:PORT] apart, HOST being a name, an IPv4 or IPv6 address, the last in brackets
 * if a port follows. *user is NULL and *port 0 where not given; strings are malloc'ed. Refuses what
 * could be taken for an option or is no host name. On failure nothing is left to free. */
int inventory_address(const char *word, char **user, char **host, uint16_t *port, struct err *e);
/* A host name or address, or a user name, that no program can take for an option. 0 or -1. */
int inventory_check_host(const char *host, struct err *e);
int inventory_check_user(const char *user, struct err *e);
/* Whole number 1..65535. */
int inventory_port(const char *text, uint16_t *port, struct err *e);

#endif
