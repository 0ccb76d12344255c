/* SPDX-License-Identifier: MIT */
#include "rsync-push/push_sums.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/base/clock.h"

#define PIECE 65536u /* bytes read at once */

void
push_sums_want(struct push_sums *s, enum checksum_kind kind)
{
	s->wanted[kind] = true;
}

bool
push_sums_done(const struct push_sums *s, enum checksum_kind kind)
{
	return s->done[kind];
}

static void
end_kind(struct push_sums *s)
{
	if (s->is_open)
		(void)close(s->fd);
	s->is_open = false;
	checksum_free(s->sum);
	s->sum = NULL;
}

void
push_sums_free(struct push_sums *s)
{
	end_kind(s);
}

/* Begin the next kind that is wanted. 1, 0 if there is none, -1. */
static int
begin_kind(struct push_sums *s, struct err *e)
{
	unsigned kind;

	for (kind = 0; kind < CHECKSUM_KINDS && (!s->wanted[kind] || s->done[kind]); kind++)
		continue;
	if (kind == CHECKSUM_KINDS)
		return 0;
	s->kind = (enum checksum_kind)kind;
	s->index = 0;
	if (flist_need_sums(&s->scan->list, s->kind, e) == -1)
		return -1;
	s->sum = checksum_new(s->kind, e);
	return s->sum == NULL ? -1 : 1;
}

static int
fail(struct push_sums *s, const char *why, struct err *e)
{
	int saved = errno;
	char *path = scan_path(s->scan, &s->scan->list.entries[s->index], e);

	if (path == NULL)
		return -1;
	errno = saved;
	(void)err_set(e, ERR_LOCAL, why, "read %s", path);
	free(path);
	return -1;
}

/* One piece of the file at work. 1, or -1. */
static int
read_piece(struct push_sums *s, struct err *e)
{
	const struct flist_entry *entry = &s->scan->list.entries[s->index];
	uint8_t piece[PIECE];
	ssize_t n;

	if (!s->is_open) {
		if ((s->fd = scan_open(s->scan, s->index)) == -1)
			return fail(s, NULL, e);
		s->is_open = true;
		s->n_read = 0;
		checksum_reset(s->sum);
	}
	do
		n = read(s->fd, piece, sizeof(piece));
	while (n == -1 && errno == EINTR);
	if (n == -1)
		return fail(s, NULL, e);
	checksum_add(s->sum, piece, (size_t)n);
	s->n_read += n;
	if (n > 0 && s->n_read <= entry->size)
		return 1;
	if (s->n_read != entry->size)
		return fail(s, "it changed since the tree was scanned", e);
	checksum_end(s->sum, s->scan->list.sums[s->kind][s->index]);
	s->is_open = false;
	(void)close(s->fd);
	s->index++;
	return 1;
}

int
push_sums_step(struct push_sums *s, int64_t budget_ms, struct err *e)
{
	const struct flist *list = &s->scan->list;
	int64_t end_ms = clock_ms() + budget_ms;
	int more;

	while (s->sum != NULL || (more = begin_kind(s, e)) == 1) {
		if (s->index == list->n) {
			s->done[s->kind] = true;
			end_kind(s);
			continue;
		}
		if (!flist_is_reg(&list->entries[s->index]))
			s->index++;
		else if (read_piece(s, e) == -1)
			return -1;
		else if (clock_ms() >= end_ms)
			return 1;
	}
	return more;
}
