/* SPDX-License-Identifier: MIT */
/* lib/ssh/list.h: a growing list of strings: malloc'ed copies in a malloc'ed array. */
#ifndef SSH_LIST_H
#define SSH_LIST_H
#include <stddef.h>

#include "lib/base/err.h"

/* Append a copy of value. 0, or -1 with ERR_LOCAL and the list as it was. */
int list_add(char ***list, size_t *n, const char *value, struct err *e);
/* Append copies of all n_more values. */
int list_add_all(char ***list, size_t *n, char *const *more, size_t n_more, struct err *e);
void list_free(char **list, size_t n);

#endif
