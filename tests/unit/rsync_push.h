/* SPDX-License-Identifier: MIT */
/* rsync_push.h: for the tests of lib/rsync: a tree on disk as a list, and one push of it through a
 * running `rsync --server`. Uses the library as rsync-push does, for one host, simply. */
#ifndef TESTS_RSYNC_PUSH_H
#define TESTS_RSYNC_PUSH_H
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/stream.h"
#include "lib/rsync/command.h"
#include "lib/rsync/sender.h"

#define PUSH_DEADLINE_MS 60000

struct push {
	const char *root; /* the tree's folder */
	bool times; /* option -t: for the itemised letters */
	struct flist list;
	int fd; /* the open file */
	const struct flist_entry *entry;
	struct buf log; /* itemised lines */
	struct buf texts;
	struct sender_stats stats;
	char compression[16];
	int protocol;
	unsigned n_deleted;
};

static int
push_open(void *ctx, size_t index, int64_t *size)
{
	struct push *p = ctx;
	char path[8192];
	struct stat st;

	p->entry = &p->list.entries[index];
	(void)snprintf(path, sizeof path, "%s/%s", p->root, p->entry->name);
	p->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (p->fd == -1)
		return -1;
	if (fstat(p->fd, &st) == -1)
		return -1;
	*size = st.st_size;
	return 0;
}

static int64_t
push_read(void *ctx, uint8_t *bytes, size_t n)
{
	struct push *p = ctx;

	return read(p->fd, bytes, n);
}

static bool
push_close(void *ctx)
{
	struct push *p = ctx;
	struct stat st;
	bool same = fstat(p->fd, &st) == 0 && st.st_size == p->entry->size &&
	            st.st_mtim.tv_sec == p->entry->mtime;

	(void)close(p->fd);
	return same;
}

static void
push_item(void *ctx, const struct item *it)
{
	struct push *p = ctx;
	char letters[ITEMIZE_LEN];
	struct err e;

	if (itemize_silent(it))
		return;
	itemize(it, p->times, letters);
	(void)buf_fmt(&p->log, &e, "%s ", letters);
	(void)itemize_name(it, &p->log, &e);
	(void)buf_byte(&p->log, '\n', &e);
}

static void
push_deleted(void *ctx, const uint8_t *name, size_t n, bool is_dir)
{
	struct push *p = ctx;
	struct err e;

	p->n_deleted++;
	(void)buf_fmt(&p->log, &e, "*deleting   %.*s%s\n", (int)n, (const char *)name, is_dir ? "/" : "");
}

static void
push_text(void *ctx, enum mux_kind kind, const uint8_t *text, size_t n)
{
	struct push *p = ctx;
	struct err e;

	(void)kind;
	(void)buf_add(&p->texts, text, n, &e);
}

static const struct sender_calls push_calls = {push_open, push_read,    push_close,
                                               push_item, push_deleted, push_text};

/* Add root/name and what is below it. */
static int
push_scan(struct push *p, const char *name, struct err *e)
{
	char path[8192];
	char target[4096];
	char child[4096];
	struct flist_entry it = {.name = name};
	struct stat st;
	DIR *dir;
	struct dirent *d;
	int ret = 0;

	(void)snprintf(path, sizeof path, "%s/%s", p->root, name);
	if (lstat(path, &st) == -1)
		return err_set(e, ERR_LOCAL, NULL, "stat %s", path);
	it.mode = (uint32_t)st.st_mode;
	it.size = st.st_size;
	it.mtime = st.st_mtim.tv_sec;
	it.nsec = (uint32_t)st.st_mtim.tv_nsec;
	it.marks = strcmp(name, ".") == 0 ? FLIST_TOP_DIR : 0;
	if (S_ISLNK(st.st_mode)) {
		ssize_t n = readlink(path, target, sizeof target - 1);

		if (n == -1)
			return err_set(e, ERR_LOCAL, NULL, "readlink %s", path);
		target[n] = '\0';
		it.target = target;
	}
	if (flist_add(&p->list, &it, e) == -1)
		return -1;
	if (!S_ISDIR(st.st_mode))
		return 0;
	dir = opendir(path);
	if (dir == NULL)
		return err_set(e, ERR_LOCAL, NULL, "open %s", path);
	while (ret == 0 && (d = readdir(dir)) != NULL) {
		if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0)
			continue;
		if (strcmp(name, ".") == 0)
			(void)snprintf(child, sizeof child, "%s", d->d_name);
		else
			(void)snprintf(child, sizeof child, "%s/%s", name, d->d_name);
		ret = push_scan(p, child, e);
	}
	(void)closedir(dir);
	return ret;
}

static int
push_sum_files(struct push *p, enum checksum_kind kind, struct err *e)
{
	static uint8_t bytes[65536];
	struct checksum *c = checksum_new(kind, e);
	size_t i;
	int ret = -1;

	if (c == NULL || flist_need_sums(&p->list, kind, e) == -1)
		goto out;
	for (i = 0; i < p->list.n; i++) {
		int64_t n;
		int64_t size;

		if (!flist_is_reg(&p->list.entries[i]))
			continue;
		checksum_reset(c);
		if (push_open(p, i, &size) == -1)
			continue; /* the sender will notice */
		while ((n = push_read(p, bytes, sizeof bytes)) > 0)
			checksum_add(c, bytes, (size_t)n);
		(void)push_close(p);
		checksum_end(c, p->list.sums[kind][i]);
	}
	ret = 0;
out:
	checksum_free(c);
	return ret;
}

/* Move bytes between the stream and the sender until the server is gone. */
static int
push_loop(struct push *p, struct sender *s, struct stream *io, int *status, struct err *e)
{
	struct buf in = {0};
	struct buf out = {0};
	int64_t deadline = clock_ms() + PUSH_DEADLINE_MS;
	bool eof[2] = {false, false};
	bool closed = false;
	int ret = -1;

	while (!eof[0] || !eof[1]) {
		uint8_t bytes[65536];
		struct pollfd fds[STREAM_POLL_MAX];
		size_t got;
		size_t n_fds;
		enum stream_status st;
		int stepped;

		if (clock_ms() > deadline) {
			(void)err_set(e, ERR_PROTO, sender_state_name(sender_state(s)), "deadline");
			goto out;
		}
		while ((stepped = sender_step(s, &in, &out, e)) == 1)
			continue;
		if (stepped == -1)
			goto out;
		if (sender_state(s) == AWAIT_SUMS) {
			if (push_sum_files(p, sender_sum_kind(s), e) == -1)
				goto out;
			sender_sums_ready(s);
			continue;
		}
		if (out.len > 0 && !closed) {
			st = stream_write(io, out.bytes, out.len, &got, e);
			if (st == STREAM_ERROR)
				buf_clear(&out); /* it is gone; its last words are still to be read */
			if (st == STREAM_OK)
				buf_consume(&out, got);
		}
		if (out.len == 0 && sender_wants_close(s) && !closed)
			closed = stream_close_write(io, e) == STREAM_OK;
		if (!eof[0] && sender_wants_input(s)) {
			st = stream_read(io, STREAM_STDOUT, bytes, sizeof bytes, &got, e);
			if (st == STREAM_ERROR)
				goto out;
			eof[0] = st == STREAM_EOF;
			if (st == STREAM_OK && buf_add(&in, bytes, got, e) == -1)
				goto out;
			if (st == STREAM_OK)
				continue;
		}
		if (!eof[1]) {
			st = stream_read(io, STREAM_STDERR, bytes, sizeof bytes, &got, e);
			if (st == STREAM_ERROR)
				goto out;
			eof[1] = st == STREAM_EOF;
			if (st == STREAM_OK && buf_add(&p->texts, bytes, got, e) == -1)
				goto out;
		}
		n_fds = stream_poll(io, out.len > 0, fds, STREAM_POLL_MAX);
		if (n_fds > 0)
			(void)poll(fds, (nfds_t)n_fds, 100);
	}
	for (;;) {
		enum stream_status st = stream_wait(io, status, e);

		if (st == STREAM_OK)
			break;
		if (st == STREAM_ERROR || clock_ms() > deadline)
			goto out;
		(void)poll(NULL, 0, 5);
	}
	ret = 0;
out:
	buf_free(&in);
	buf_free(&out);
	return ret;
}

/* Push root to o->dest by a local server. The list is made here. 0, or -1 with *e. */
static int
push_run(struct push *p, const char *root, const struct rsync_options *o, struct err *e)
{
	struct sender *s = NULL;
	struct stream io = {0};
	char **argv = command_argv(o, e);
	int status = -1;
	int ret = -1;

	(void)signal(SIGPIPE, SIG_IGN);
	p->root = root;
	if (argv == NULL)
		return -1;
	if (p->list.n == 0 &&
	    (push_scan(p, ".", e) == -1 || flist_seal(&p->list, FLIST_SORTED, e) == -1))
		goto out;
	s = sender_new(o, &p->list, &push_calls, p, e);
	if (s == NULL || stream_spawn(argv, &io, e) == -1)
		goto out;
	if (push_loop(p, s, &io, &status, e) == -1)
		goto out;
	ret = sender_finish(s, status, e);
out:
	if (s != NULL) {
		p->stats = *sender_stats(s);
		p->protocol = sender_protocol(s);
		(void)snprintf(p->compression, sizeof p->compression, "%s", sender_compression(s));
	}
	sender_free(s);
	stream_free(&io);
	command_free_argv(argv);
	return ret;
}

static void
push_free(struct push *p)
{
	flist_free(&p->list);
	buf_free(&p->log);
	buf_free(&p->texts);
}

#endif
