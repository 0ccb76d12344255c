/* SPDX-License-Identifier: MIT */
/* lib/base/inventory_lines.h: the middle of inventory.c: from lines to groups, hosts and what each
 * line says of them, nothing resolved yet. Pure. */
#ifndef BASE_INVENTORY_LINES_H
#define BASE_INVENTORY_LINES_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"

/* What variables say; strings are owned. INVENTORY_VARS_NONE says nothing. */
struct inventory_vars {
	char *address;
	char *user;
	char *identity;
	uint16_t port; /* 0: not said */
	int become;    /* -1: not said */
};
#define INVENTORY_VARS_NONE ((struct inventory_vars){.become = -1})

struct inventory_list { /* a set of indices */
	size_t *at;
	size_t n;
};

struct inventory_group {
	char *name;
	size_t line;   /* where it was first named, for messages */
	bool declared; /* by a [name] or [name:children] section */
	struct inventory_vars vars;
	struct inventory_list hosts;
	struct inventory_list children;
	unsigned depth; /* longest way down from "all", which has 0; set by inventory.c */
	bool on_path;   /* being visited: a second visit is a loop; inventory.c's */
};

struct inventory_entry {
	char *name;                      /* as written */
	struct inventory_vars name_says; /* address, user, port of USER@HOST:PORT */
	struct inventory_vars line_says; /* its own KEY=VALUE words */
};

enum inventory_section { INVENTORY_HOSTS, INVENTORY_VARS, INVENTORY_CHILDREN };

struct inventory_lines {
	const char *file; /* as messages name it */
	size_t line; /* number of the line being read; 0: there are no lines (a --hosts list) */
	enum inventory_section section;
	size_t group;                  /* index of the section's group */
	struct inventory_vars pending; /* variables of the host line being read */
	struct inventory_group *groups;
	size_t n_groups;
	struct inventory_entry *hosts; /* in the file's order, each once */
	size_t n_hosts;
};

/* Start with no host and the group "ungrouped". 0 or -1; free it in both cases. */
int inventory_lines_init(struct inventory_lines *in, const char *file, struct err *e);
void inventory_lines_free(struct inventory_lines *in);
/* Read one line (n bytes, without line end); in->line is its number. */
int inventory_lines_add(struct inventory_lines *in, const char *line, size_t n, struct err *e);
/* Add the host or hosts of one pattern, with in->pending as variables. */
int inventory_lines_add_pattern(struct inventory_lines *in, const char *pattern, struct err *e);

/* What `from` says overrides what `to` says. */
int inventory_vars_merge(
    struct inventory_vars *to, const struct inventory_vars *from, struct err *e);
void inventory_vars_free(struct inventory_vars *v);

#endif
