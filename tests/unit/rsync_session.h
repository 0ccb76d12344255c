/* SPDX-License-Identifier: MIT */
/* rsync_session.h: a sender over files in memory, for tests that play the server's bytes
 * themselves. Aborts if the sender ever asks for what it may not. */
#ifndef TESTS_RSYNC_SESSION_H
#define TESTS_RSYNC_SESSION_H
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/rsync/sender.h"

#define SESSION_BIG 3000000

struct session {
	struct rsync_options o;
	struct flist list;
	struct sender *s;
	struct buf in;
	struct buf out;
	struct err e;
	/* the open file */
	bool is_open;
	size_t index;
	int64_t left;
	unsigned n_open;
	unsigned n_texts;
	unsigned n_items;
	bool changed; /* what close answers */
};

/* Sorted: 0 ".", 1 "big", 2 "gone" (cannot be opened), 3 "link", 4 "small", 5 "dir". */
static const struct flist_entry session_entries[] = {
	{.name = ".", .mode = FLIST_DIR | 0755, .marks = FLIST_TOP_DIR, .mtime = 1},
	{.name = "big", .mode = FLIST_REG | 0644, .size = SESSION_BIG, .mtime = 2},
	{.name = "gone", .mode = FLIST_REG | 0644, .size = 3, .mtime = 3},
	{.name = "link", .mode = FLIST_LINK | 0777, .target = "small", .mtime = 4},
	{.name = "small", .mode = FLIST_REG | 0644, .size = 5, .mtime = 5, .nsec = 6},
	{.name = "dir", .mode = FLIST_DIR | 0755, .mtime = 7},
};

static int
session_open(void *ctx, size_t index, int64_t *size)
{
	struct session *t = ctx;

	if (t->is_open || index >= t->list.n || !flist_is_reg(&t->list.entries[index]))
		abort();
	if (strcmp(t->list.entries[index].name, "gone") == 0) {
		errno = ENOENT;
		return -1;
	}
	t->is_open = true;
	t->n_open++;
	t->index = index;
	t->left = t->list.entries[index].size;
	*size = t->left;
	return 0;
}

static int64_t
session_read(void *ctx, uint8_t *p, size_t n)
{
	struct session *t = ctx;
	int64_t k = (int64_t)n < t->left ? (int64_t)n : t->left;
	int64_t i;

	if (!t->is_open || n == 0)
		abort();
	for (i = 0; i < k; i++)
		p[i] = (uint8_t)((t->left - i) * 7 + (t->left - i) / 251);
	t->left -= k;
	return k;
}

static bool
session_close(void *ctx)
{
	struct session *t = ctx;

	if (!t->is_open)
		abort();
	t->is_open = false;
	return !t->changed;
}

static void
session_item(void *ctx, const struct item *it)
{
	struct session *t = ctx;
	char letters[ITEMIZE_LEN];
	struct buf name = {0};
	struct err e;

	if (it->entry != &t->list.entries[it->index])
		abort();
	itemize(it, true, letters);
	(void)itemize_name(it, &name, &e);
	buf_free(&name);
	t->n_items++;
}

static void
session_deleted(void *ctx, const uint8_t *name, size_t n, bool is_dir)
{
	(void)ctx;
	(void)is_dir;
	if (n > 0 && name[0] == 0 && name[n - 1] == 0xff) /* touch both ends */
		errno = 0;
}

static void
session_text(void *ctx, enum mux_kind kind, const uint8_t *text, size_t n)
{
	struct session *t = ctx;

	session_deleted(ctx, text, n, kind == MUX_INFO);
	t->n_texts++;
}

static const struct sender_calls session_calls = {session_open, session_read,    session_close,
                                                  session_item, session_deleted, session_text};

static void
session_init(struct session *t)
{
	memset(t, 0, sizeof *t);
	options_init(&t->o);
	t->o.dest = "dst";
	t->o.links = true;
}

/* Make the list and the sender from t->o. */
static void
session_start(struct session *t)
{
	size_t i;

	for (i = 0; i < sizeof session_entries / sizeof session_entries[0]; i++)
		if (flist_add(&t->list, &session_entries[i], &t->e) == -1)
			abort();
	if (flist_seal(&t->list, FLIST_SORTED, &t->e) == -1)
		abort();
	t->s = sender_new(&t->o, &t->list, &session_calls, t, &t->e);
	if (t->s == NULL)
		abort();
}

/* Give n bytes and let the sender go on until it stops; what it says is dropped but for the last
 * SENDER_OUT_MAX, if keep is false. 0 or -1. */
static int
session_feed(struct session *t, const void *bytes, size_t n, bool keep)
{
	int got;

	if (buf_add(&t->in, bytes, n, &t->e) == -1)
		abort();
	for (;;) {
		size_t before = t->out.len;

		got = sender_step(t->s, &t->in, &t->out, &t->e);
		if (t->out.len > 2 * SENDER_OUT_MAX)
			abort();
		if (got == -1)
			return -1;
		if (sender_state(t->s) == AWAIT_SUMS) {
			enum checksum_kind kind = sender_sum_kind(t->s);

			if (flist_need_sums(&t->list, kind, &t->e) == -1)
				abort();
			sender_sums_ready(t->s);
			continue;
		}
		if (got == 1)
			continue;
		if (keep || before < SENDER_OUT_MAX)
			return 0;
		buf_clear(&t->out); /* it was full: drained, it goes on */
	}
}

static void
session_free(struct session *t)
{
	sender_free(t->s);
	if (t->is_open)
		abort();
	flist_free(&t->list);
	buf_free(&t->in);
	buf_free(&t->out);
}

#endif
