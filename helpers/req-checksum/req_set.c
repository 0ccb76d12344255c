/* SPDX-License-Identifier: MIT */
#include "req-checksum/req_set.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/digest.h"
#include "lib/base/text.h"

/* Raise the number whenever the canonical form changes: old keys must not match new ones. */
#define FORM "req-checksum 1\n"

void
req_set_free(struct req_set *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->at[i]);
	free(s->at);
	*s = (struct req_set){0};
}

int
req_set_add(struct req_set *s, const char *entry, struct err *e)
{
	char *copy;

	if (s->n == s->cap) {
		size_t cap = s->cap == 0 ? 64 : s->cap * 2;
		char **at = realloc(s->at, cap * sizeof *at);

		if (at == NULL)
			return err_set(e, ERR_LOCAL, "out of memory", "add a requirement");
		s->at = at;
		s->cap = cap;
	}
	copy = text_dup(entry, strlen(entry), e);
	if (copy == NULL)
		return -1;
	for (char *p = copy; *p != '\0'; p++)
		if (*p == '\n')
			*p = ' ';
	s->at[s->n++] = copy;
	return 0;
}

static int
compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void
req_set_sort(struct req_set *s)
{
	size_t n = 0;

	if (s->n == 0)
		return;
	qsort(s->at, s->n, sizeof *s->at, compare);
	for (size_t i = 1; i < s->n; i++) {
		if (strcmp(s->at[n], s->at[i]) == 0)
			free(s->at[i]);
		else
			s->at[++n] = s->at[i];
	}
	s->n = n + 1;
}

int
req_set_text(const struct req_set *s, struct buf *out, struct err *e)
{
	if (buf_str(out, FORM, e) == -1)
		return -1;
	for (size_t i = 0; i < s->n; i++)
		if (buf_str(out, s->at[i], e) == -1 || buf_byte(out, '\n', e) == -1)
			return -1;
	return 0;
}

int
req_set_key(const struct req_set *s, char key[REQ_KEY_LEN + 1], struct err *e)
{
	uint8_t digest[DIGEST_SHA256_LEN];
	struct buf text = {0};
	int ret = req_set_text(s, &text, e);

	if (ret == 0) {
		digest_sha256(text.bytes, text.len, digest);
		text_hex(digest, REQ_KEY_LEN / 2, key);
	}
	buf_free(&text);
	return ret;
}
