/* SPDX-License-Identifier: MIT */
#include "lib/ssh/list.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"

int
list_add(char ***list, size_t *n, const char *value, struct err *e)
{
	char *copy = text_dup(value, strlen(value), e);
	char **grown;

	if (copy == NULL)
		return -1;
	grown = realloc(*list, (*n + 1) * sizeof(**list));
	if (grown == NULL) {
		free(copy);
		return err_set(e, ERR_LOCAL, NULL, "keep a list of %zu values", *n + 1);
	}
	*list = grown;
	grown[(*n)++] = copy;
	return 0;
}

int
list_add_all(char ***list, size_t *n, char *const *more, size_t n_more, struct err *e)
{
	size_t i;

	for (i = 0; i < n_more; i++)
		if (list_add(list, n, more[i], e) == -1)
			return -1;
	return 0;
}

void
list_free(char **list, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		free(list[i]);
	free(list);
}
