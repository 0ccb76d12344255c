/* SPDX-License-Identifier: MIT */
#include "rsync-push/push_host.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/text.h"
#include "lib/rsync/command.h"
#include "lib/rsync/mux.h"
#include "rsync-push/push_format.h"
#include "rsync-push/push_json.h"

#define READ_MAX 65536u       /* bytes read at once */
#define LINE_MAX_LEN 8192u    /* bytes of the host's stderr that make a line at most */
#define TURNS_PER_STEP 32     /* then other hosts have their turn */
#define DRAIN_MS 5000         /* how long a server may talk after a failure */
#define EXIT_NOT_FOUND 127    /* of a shell */
#define EXIT_NO_CONNECTION 255 /* of ssh */
#define WAIT_MS 10            /* between looks for the exit status of a program that has ended */

int
push_host_init(struct push_host *h, const struct push_shared *shared, const char *name,
               bool become, struct err *e)
{
	struct rsync_options options = shared->options->rsync;
	const char *path = options.rsync_path;
	char *with_sudo = NULL;
	int ret;

	*h = (struct push_host){ .shared = shared, .name = name, .fd = -1 };
	h->rsync = &shared->options->rsync;
	if (become) {
		with_sudo = text_fmt(e, "sudo -n %s", path == NULL ? "rsync" : path);
		if (with_sudo == NULL)
			return -1;
		options.rsync_path = with_sudo;
	}
	ret = command_line(&options, &h->command, e);
	free(with_sudo);
	return ret;
}

static void
release(struct push_host *h)
{
	sender_free(h->sender); /* closes the file being sent */
	h->sender = NULL;
	stream_free(&h->stream);
	buf_free(&h->in);
	buf_free(&h->out);
	buf_free(&h->line);
}

void
push_host_free(struct push_host *h)
{
	release(h);
	buf_free(&h->command);
	*h = (struct push_host){ .fd = -1 };
}

/* ---- what the server says ----------------------------------------------------------------- */

/* Texts of the C library and of shells, by which a known cause shows. */
static void
note_cause(struct push_host *h, const char *text)
{
	if (strstr(text, "No space left on device") != NULL || strstr(text, "Disk quota") != NULL)
		(void)snprintf(h->hint, sizeof(h->hint), "the disk of %s is full: make room there, for "
		               "example with prune-builds, and push again", h->name);
	else if (strstr(text, "Read-only file system") != NULL)
		(void)snprintf(h->hint, sizeof(h->hint), "the file system of %s on %s is read-only",
		               h->rsync->dest, h->name);
	else if (strstr(text, "Permission denied") != NULL)
		(void)snprintf(h->hint, sizeof(h->hint), "the user who logs in must own %s on %s",
		               h->rsync->dest, h->name);
	else if (strstr(text, "sudo:") != NULL)
		(void)snprintf(h->hint, sizeof(h->hint), "the user who logs in must be able to run rsync "
		               "on %s by sudo without a password", h->name);
}

static void
print_remote(struct push_host *h, const uint8_t *text, size_t n)
{
	struct buf line = { 0 };
	struct err e;
	const char *shown;

	while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\r'))
		n--;
	if (n > 0 && text_escape(&line, text, n, false, &e) == 0 &&
	    (shown = buf_cstr(&line, &e)) != NULL) {
		note_cause(h, shown);
		push_progress_clear(h->shared->progress);
		(void)fprintf(stderr, "rsync-push: %s: remote: %s\n", h->name, shown);
	}
	buf_free(&line);
}

/* About a file here, escaped: no word on what is wrong there. */
static void
print_local(const struct push_host *h, const uint8_t *text, size_t n)
{
	push_progress_clear(h->shared->progress);
	(void)fprintf(stderr, "rsync-push: %s: %.*s\n", h->name, (int)n, (const char *)text);
}

/* Print the complete lines of h->line; all of it at the end of stderr. */
static void
print_lines(struct push_host *h)
{
	while (h->line.len > 0) {
		const uint8_t *lf = memchr(h->line.bytes, '\n', h->line.len);
		size_t n = lf == NULL ? h->line.len : (size_t)(lf - h->line.bytes) + 1;

		if (lf == NULL && !h->err_ended && n < LINE_MAX_LEN)
			return;
		print_remote(h, h->line.bytes, n);
		buf_consume(&h->line, n);
	}
}

static void
on_text(void *ctx, enum mux_kind kind, const uint8_t *text, size_t n)
{
	struct push_host *h = ctx;

	if (kind == MUX_NO_SEND)
		print_local(h, text, n);
	else if (kind != MUX_INFO || h->shared->options->verbose > 0)
		print_remote(h, text, n);
}

/* ---- lines about entries ------------------------------------------------------------------ */

static void
print_entry(struct push_host *h, const struct buf *line)
{
	push_progress_clear(h->shared->progress);
	if (h->shared->prefix && !h->shared->options->json)
		(void)printf("%s: ", h->name);
	(void)printf("%.*s\n", (int)line->len, (const char *)line->bytes);
}

static void
on_item(void *ctx, const struct item *it)
{
	struct push_host *h = ctx;
	const struct push_options *o = h->shared->options;
	struct buf line = { 0 };
	struct err e;
	int ret;

	if (o->format == NULL || (o->n_itemize < 2 && !push_format_wants(o->format, it)))
		return;
	ret = o->json ? push_json_item(h->name, it, h->rsync->times, &line, &e)
	              : push_format_item(o->format, h->name, it, h->rsync->times, &line, &e);
	if (ret == 0)
		print_entry(h, &line);
	buf_free(&line);
}

static void
on_deleted(void *ctx, const uint8_t *name, size_t n, bool is_dir)
{
	struct push_host *h = ctx;
	const struct push_options *o = h->shared->options;
	struct buf line = { 0 };
	struct err e;
	int ret;

	if (o->format == NULL)
		return;
	ret = o->json ? push_json_deleted(h->name, name, n, is_dir, &line, &e)
	              : push_format_deleted(o->format, h->name, name, n, is_dir, &line, &e);
	if (ret == 0)
		print_entry(h, &line);
	buf_free(&line);
}

/* ---- files for the sender ----------------------------------------------------------------- */

static int
on_open(void *ctx, size_t index, int64_t *size)
{
	struct push_host *h = ctx;
	struct stat st;

	h->fd = scan_open(h->shared->scan, index);
	if (h->fd == -1)
		return -1;
	h->entry = &h->shared->scan->list.entries[index];
	if (fstat(h->fd, &st) == 0) {
		*size = st.st_size;
		return 0;
	}
	(void)close(h->fd);
	h->fd = -1;
	return -1;
}

static int64_t
on_read(void *ctx, uint8_t *p, size_t n)
{
	struct push_host *h = ctx;
	ssize_t got;

	do
		got = read(h->fd, p, n);
	while (got == -1 && errno == EINTR);
	return got;
}

static bool
on_close(void *ctx)
{
	struct push_host *h = ctx;
	struct stat st;
	bool same = fstat(h->fd, &st) == 0 && scan_unchanged(h->entry, &st);

	(void)close(h->fd);
	h->fd = -1;
	return same;
}

static const struct sender_calls calls = { on_open, on_read, on_close, on_item, on_deleted, on_text };

/* ---- the loop's body ---------------------------------------------------------------------- */

int
push_host_start(struct push_host *h, struct stream stream, struct err *e)
{
	h->stream = stream;
	h->phase = PUSH_TALKING;
	h->start_ms = h->moved_ms = h->wrote_ms = clock_ms();
	h->sender = sender_new(h->rsync, &h->shared->scan->list, &calls, h, e);
	return h->sender == NULL ? -1 : 0;
}

/* Give up, but hear the other side out: its last words often hold the cause. */
static void
drain(struct push_host *h, const struct err *why)
{
	if (h->phase != PUSH_TALKING)
		return;
	h->phase = PUSH_DRAINING;
	h->failure = *why;
	h->drain_ms = clock_ms();
}

/* The four below: 1 something moved, 0 nothing, -1 the stream broke. */

static int
read_stderr(struct push_host *h, struct err *e)
{
	uint8_t *p = buf_reserve(&h->line, READ_MAX, e);
	size_t got = 0;

	if (p == NULL)
		return -1;
	switch (stream_read(&h->stream, STREAM_STDERR, p, READ_MAX, &got, e)) {
	case STREAM_ERROR:
		return -1;
	case STREAM_AGAIN:
		return 0;
	case STREAM_OK:
		buf_grew(&h->line, got);
		print_lines(h);
		return 1;
	case STREAM_EOF:
		if (h->err_ended)
			return 0;
		h->err_ended = true;
		print_lines(h);
		return 1;
	}
	return 0;
}

static int
read_stdout(struct push_host *h, struct err *e)
{
	size_t got = 0;
	uint8_t *p;

	/* Each step of the sender takes one frame: without the bound, tiny ones would pile up. */
	if (h->in_ended || h->in.len >= READ_MAX ||
	    (h->phase == PUSH_TALKING && !sender_wants_input(h->sender)))
		return 0;
	if ((p = buf_reserve(&h->in, READ_MAX, e)) == NULL)
		return -1;
	switch (stream_read(&h->stream, STREAM_STDOUT, p, READ_MAX, &got, e)) {
	case STREAM_ERROR:
		return -1;
	case STREAM_AGAIN:
		return 0;
	case STREAM_OK:
		buf_grew(&h->in, got);
		h->n_read += got;
		if (h->phase == PUSH_DRAINING)
			buf_clear(&h->in);
		return 1;
	case STREAM_EOF:
		h->in_ended = true;
		return 1;
	}
	return 0;
}

static int
close_stdin(struct push_host *h, struct err *e)
{
	switch (stream_close_write(&h->stream, e)) {
	case STREAM_ERROR:
		return -1;
	case STREAM_AGAIN:
		return 0;
	case STREAM_OK:
	case STREAM_EOF:
		break;
	}
	h->out_closed = true;
	return 1;
}

static int
write_stdin(struct push_host *h)
{
	bool closing = h->phase == PUSH_DRAINING || h->in_ended || sender_wants_close(h->sender);
	struct err e;
	size_t got = 0;
	int ret = -1;

	if (h->out_closed) {
		buf_clear(&h->out);
		return 0;
	}
	if (h->out.len == 0) {
		ret = closing ? close_stdin(h, &e) : 0;
	} else {
		switch (stream_write(&h->stream, h->out.bytes, h->out.len, &got, &e)) {
		case STREAM_OK:
			buf_consume(&h->out, got);
			h->n_written += got;
			h->wrote_ms = clock_ms();
			return 1;
		case STREAM_AGAIN:
		case STREAM_EOF:
			return 0;
		case STREAM_ERROR:
			break;
		}
	}
	if (ret == -1) { /* what it still has to say is more telling than "Broken pipe" */
		h->out_closed = h->cut_off = true;
		drain(h, &e);
		ret = 1;
	}
	return ret;
}

/* Let the sender work on what there is. */
static int
run_sender(struct push_host *h, struct err *e)
{
	enum checksum_kind kind;
	int ret;

	if (h->phase != PUSH_TALKING)
		return 0;
	if (sender_state(h->sender) == AWAIT_SUMS) {
		kind = sender_sum_kind(h->sender);
		push_sums_want(h->shared->sums, kind);
		if (push_sums_done(h->shared->sums, kind))
			sender_sums_ready(h->sender);
		h->moved_ms = clock_ms(); /* this wait is ours, not the host's */
	}
	ret = sender_step(h->sender, &h->in, &h->out, e);
	if (ret == -1)
		drain(h, e);
	return ret == 0 ? 0 : 1;
}

static int64_t
since_ms(int64_t then_ms)
{
	return clock_ms() - then_ms;
}

/* Is it too long that nothing moves? While draining, DRAIN_MS are all there is, though it talks on. */
static int
check_patience(struct push_host *h, struct err *e)
{
	int64_t timeout_ms = h->shared->options->timeout_s * 1000;

	if (h->phase == PUSH_DRAINING && since_ms(h->drain_ms) >= DRAIN_MS) {
		*e = h->failure;
		return -1;
	}
	if (timeout_ms == 0 || since_ms(h->moved_ms) < timeout_ms)
		return 0;
	(void)err_set(e, ERR_PROTO, "nothing came or went within the --timeout", "push, %s",
	              sender_state_name(sender_state(h->sender)));
	return -1;
}

static bool
may_keep_alive(const struct push_host *h)
{
	return h->shared->options->timeout_s > 0 && h->phase == PUSH_TALKING && !h->out_closed &&
	       h->out.len == 0 && sender_state(h->sender) >= AWAIT_SUMS &&
	       sender_state(h->sender) <= AWAIT_GOODBYE;
}

/* When an empty frame is due: the server has a timeout of its own. */
static int64_t
keep_alive_ms(const struct push_host *h)
{
	return h->wrote_ms + h->shared->options->timeout_s * 1000 / 3;
}

/* What is written here does not count as something that moved: it proves nothing about the peer. */
static int
keep_alive(struct push_host *h, struct err *e)
{
	if (!may_keep_alive(h) || clock_ms() < keep_alive_ms(h))
		return 0;
	h->wrote_ms = clock_ms();
	if (mux_add(&h->out, MUX_DATA, NULL, 0, e) == -1)
		return -1;
	(void)write_stdin(h);
	return 0;
}

/* The external shell ended before rsync said a word. */
static int
not_connected(const struct push_host *h, struct err *e)
{
	(void)err_set(e, ERR_CONNECT, "it exited with status 255", "connect by '%s'",
	              h->shared->options->rsh);
	return err_hint(e, "its own words stand above; a plain login the same way should work first");
}

/* Both of its streams have ended: the verdict. 1, 0 or -1. */
static int
judge(struct push_host *h, struct err *e)
{
	int status = -1;

	if (stream_wait(&h->stream, &status, e) == STREAM_AGAIN)
		return 0;
	/* When we gave up, its status is a consequence; unless it never was rsync that spoke. */
	if (h->phase == PUSH_DRAINING && status != EXIT_NOT_FOUND && (status <= 0 || !h->cut_off)) {
		*e = h->failure;
		return -1;
	}
	if (status == EXIT_NO_CONNECTION && h->shared->options->rsh != NULL &&
	    sender_state(h->sender) == AWAIT_VERSION)
		return not_connected(h, e);
	return sender_finish(h->sender, status, e) == -1 ? -1 : 1;
}

/* One round over all that may move. 1 something moved, 0 nothing, -1. */
static int
turn(struct push_host *h, struct err *e)
{
	int moved = 0;
	int ret;

	if ((ret = read_stderr(h, e)) == -1)
		return -1;
	moved |= ret;
	if ((ret = read_stdout(h, e)) == -1)
		return -1;
	moved |= ret;
	moved |= run_sender(h, e);
	moved |= write_stdin(h);
	return moved;
}

int
push_host_step(struct push_host *h, struct err *e)
{
	int moved = 1;
	int ended;
	int n;

	for (n = 0; n < TURNS_PER_STEP && moved == 1; n++) {
		if ((moved = turn(h, e)) == -1)
			return -1;
		if (moved == 1)
			h->moved_ms = clock_ms();
	}
	h->busy = moved == 1;
	if (!h->busy && h->in_ended && h->err_ended && (ended = judge(h, e)) != 0)
		return ended;
	if (keep_alive(h, e) == -1)
		return -1;
	return check_patience(h, e);
}

size_t
push_host_poll(struct push_host *h, struct pollfd *fds, size_t max)
{
	return stream_poll(&h->stream, h->out.len > 0, fds, max);
}

int64_t
push_host_deadline_ms(const struct push_host *h)
{
	int64_t timeout_ms = h->shared->options->timeout_s * 1000;
	int64_t deadline_ms = INT64_MAX;

	if (h->busy || (h->phase == PUSH_TALKING && sender_state(h->sender) == AWAIT_SUMS))
		return 0; /* the sums are being computed between our turns */
	if (h->in_ended && h->err_ended)
		return clock_ms() + WAIT_MS;
	if (timeout_ms > 0)
		deadline_ms = h->moved_ms + timeout_ms;
	if (may_keep_alive(h) && keep_alive_ms(h) < deadline_ms)
		deadline_ms = keep_alive_ms(h);
	if (h->phase == PUSH_DRAINING && h->drain_ms + DRAIN_MS < deadline_ms)
		deadline_ms = h->drain_ms + DRAIN_MS;
	return deadline_ms;
}

void
push_host_end(struct push_host *h, const struct err *failure)
{
	struct err ignored;
	size_t got;

	if (h->sender != NULL) {
		h->stats = *sender_stats(h->sender);
		if (failure != NULL && h->phase == PUSH_TALKING && !h->out_closed && h->out.len == 0 &&
		    sender_abort(h->sender, &h->out, &ignored) == 0 && h->out.len > 0)
			(void)stream_write(&h->stream, h->out.bytes, h->out.len, &got, &ignored);
	}
	h->took_ms = h->phase == PUSH_NOT_STARTED ? 0 : clock_ms() - h->start_ms;
	h->ended_unix_ms = clock_unix_ms();
	h->failure = (struct err){ 0 };
	if (failure != NULL) {
		h->failure = *failure;
		if (h->failure.hint[0] == '\0')
			(void)err_hint(&h->failure, "%s", h->hint);
	}
	h->phase = PUSH_ENDED;
	release(h);
}
