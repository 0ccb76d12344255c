/* SPDX-License-Identifier: MIT */
#include "lib/ssh/exec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/text.h"
#include "lib/ssh/session_internal.h"

#define WINDOW (2u * 1024 * 1024) /* bytes the server may send ahead */
#define PACKET 32768u             /* bytes; the largest that servers send */
#define BUFFERED_MAX ((size_t)256 * 1024) /* bytes kept per direction before we stop taking more */

enum exec_state {
	WAIT_CHANNEL,  /* the server's answer to opening the channel */
	WAIT_STARTED,  /* its answer to the command */
	RUNNING,       /* bytes, in both directions */
	WAIT_CLOSE,    /* both outputs have ended: the exit status comes before the close */
	ENDED,
	FAILED         /* x->error says why */
};

/* Which call of libssh2 left a packet half sent. */
enum half_sent { NOTHING, A_WRITE, AN_EOF, A_READ_STDOUT, A_READ_STDERR };

/* The calls of a stream that can answer STREAM_AGAIN. */
enum call { READ_STDOUT, READ_STDERR, WRITE, CLOSE_WRITE, WAIT, N_CALLS };

struct exec {
	struct ssh_session *session;
	LIBSSH2_CHANNEL *channel;
	char *command;
	enum exec_state state;
	enum half_sent half_sent;
	struct buf input;      /* taken from the caller, not yet sent */
	bool input_ends;       /* the caller closed: EOF follows `input` */
	bool input_ended;      /* EOF is sent */
	struct buf output[2];  /* received, by enum stream_source */
	bool at_end[2];        /* the last read found the channel at EOF or closed */
	bool told_again[N_CALLS]; /* the last answer was STREAM_AGAIN */
	int status;
	struct err error;
};

/* Signals by their SSH names (RFC 4254 6.10) with Linux's numbers, which shells add to 128. */
static int
signal_number(const char *name)
{
	static const struct {
		const char *name;
		int number;
	} signals[] = {{"HUP", 1}, {"INT", 2}, {"QUIT", 3}, {"ILL", 4}, {"ABRT", 6}, {"FPE", 8},
	    {"KILL", 9}, {"USR1", 10}, {"SEGV", 11}, {"USR2", 12}, {"PIPE", 13}, {"ALRM", 14},
	    {"TERM", 15}};
	size_t i;

	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		if (strcmp(signals[i].name, name) == 0)
			return signals[i].number;
	return 127; /* 128 + 127: a signal that we have no number for */
}

static int
fail(struct exec *x, const char *what)
{
	(void)ssh_session_fail(x->session, ERR_PROTO, what, &x->error);
	x->state = FAILED;
	return -1;
}

/* After EAGAIN: did the call leave a packet half sent? Then nothing else may go before it. */
static void
note_half_sent(struct exec *x, enum half_sent which)
{
	int directions = libssh2_session_block_directions(x->session->lib);

	if (directions & LIBSSH2_SESSION_BLOCK_OUTBOUND) {
		x->half_sent = which;
		x->session->first = x;
	}
}

static void
note_sent(struct exec *x)
{
	x->half_sent = NOTHING;
	if (x->session->first == x)
		x->session->first = NULL;
}

/* Each part of the pump: 1 it moved something, 0 it cannot now, -1 failed. */
static int
open_channel(struct exec *x)
{
	struct ssh_session *s = x->session;

	s->first = x; /* libssh2 opens one channel of a session at a time */
	x->channel = libssh2_channel_open_ex(s->lib, "session", 7, WINDOW, PACKET, NULL, 0);
	if (x->channel == NULL && libssh2_session_last_errno(s->lib) == LIBSSH2_ERROR_EAGAIN)
		return 0;
	s->first = NULL;
	if (x->channel == NULL)
		return fail(x, "open a channel");
	x->state = WAIT_STARTED;
	return 1;
}

static int
start_command(struct exec *x)
{
	struct ssh_session *s = x->session;
	int code = libssh2_channel_process_startup(x->channel, "exec", 4, x->command,
	    (unsigned)strlen(x->command));

	s->first = code == LIBSSH2_ERROR_EAGAIN ? x : NULL;
	if (code == LIBSSH2_ERROR_EAGAIN)
		return 0;
	if (code != 0)
		return fail(x, "start the remote command");
	x->state = RUNNING;
	return 1;
}

static int
send_input(struct exec *x)
{
	ssize_t sent;

	if (x->input.len == 0)
		return 0;
	sent = libssh2_channel_write(x->channel, (const char *)x->input.bytes, x->input.len);
	if (sent == LIBSSH2_ERROR_EAGAIN) {
		note_half_sent(x, A_WRITE);
		return 0;
	}
	note_sent(x);
	if (sent < 0) {
		/* The command has closed its stdin or ended: what it said comes by reading. */
		if (libssh2_session_last_errno(x->session->lib) == LIBSSH2_ERROR_CHANNEL_CLOSED ||
		    libssh2_channel_eof(x->channel)) {
			buf_clear(&x->input);
			x->input_ended = true;
			return 0;
		}
		return fail(x, "send to the remote command");
	}
	buf_consume(&x->input, (size_t)sent);
	return sent > 0;
}

static int
send_eof(struct exec *x)
{
	int code;

	if (!x->input_ends || x->input_ended || x->input.len > 0)
		return 0;
	code = libssh2_channel_send_eof(x->channel);
	if (code == LIBSSH2_ERROR_EAGAIN) {
		note_half_sent(x, AN_EOF);
		return 0;
	}
	note_sent(x);
	if (code != 0)
		return fail(x, "send to the remote command");
	x->input_ended = true;
	return 1;
}

static int
receive(struct exec *x, enum stream_source from)
{
	struct buf *out = &x->output[from];
	ssize_t got;
	uint8_t *p;

	x->at_end[from] = false;
	if (out->len >= BUFFERED_MAX)
		return 0;
	p = buf_reserve(out, PACKET, &x->error);
	if (p == NULL) {
		x->state = FAILED;
		return -1;
	}
	got = libssh2_channel_read_ex(x->channel, from == STREAM_STDERR ? SSH_EXTENDED_DATA_STDERR : 0,
	    (char *)p, PACKET);
	if (got == LIBSSH2_ERROR_EAGAIN) {
		note_half_sent(x, from == STREAM_STDERR ? A_READ_STDERR : A_READ_STDOUT);
		return 0;
	}
	note_sent(x);
	if (got < 0)
		return fail(x, "receive from the remote command");
	buf_grew(out, (size_t)got);
	x->at_end[from] = got == 0;
	return got > 0;
}

static int
finish_half_sent(struct exec *x)
{
	switch (x->half_sent) {
	case NOTHING:
		return 1;
	case A_WRITE:
		return send_input(x);
	case AN_EOF:
		return send_eof(x);
	case A_READ_STDOUT:
		return receive(x, STREAM_STDOUT);
	case A_READ_STDERR:
		return receive(x, STREAM_STDERR);
	}
	return 1;
}

static int
move_bytes(struct exec *x)
{
	int (*const sends[])(struct exec *) = {send_input, send_eof};
	const enum stream_source sources[] = {STREAM_STDOUT, STREAM_STDERR};
	int moved = 0;
	size_t i;

	if (finish_half_sent(x) == -1)
		return -1;
	for (i = 0; i < 2 && x->half_sent == NOTHING; i++) {
		int got = sends[i](x);

		if (got == -1)
			return -1;
		moved |= got;
	}
	for (i = 0; i < 2 && x->half_sent == NOTHING; i++) {
		int got = receive(x, sources[i]);

		if (got == -1)
			return -1;
		moved |= got;
	}
	if (!moved && x->half_sent == NOTHING && x->at_end[0] && x->at_end[1]) {
		x->state = WAIT_CLOSE;
		return 1;
	}
	return moved;
}

static int
await_close(struct exec *x)
{
	int code = libssh2_channel_wait_closed(x->channel);
	char *signal = NULL;

	if (code == LIBSSH2_ERROR_EAGAIN) {
		note_half_sent(x, A_READ_STDOUT);
		return 0;
	}
	note_sent(x);
	/* INVAL: "not at EOF". It was, but data came after: libssh2 then forgets the EOF, and the server
	 * has broken the protocol. */
	if (code != 0 && code != LIBSSH2_ERROR_INVAL)
		return fail(x, "wait for the remote command's end");
	(void)libssh2_channel_get_exit_signal(x->channel, &signal, NULL, NULL, NULL, NULL, NULL);
	x->status = signal != NULL ? 128 + signal_number(signal)
	                           : libssh2_channel_get_exit_status(x->channel);
	libssh2_free(x->session->lib, signal);
	x->state = ENDED;
	if (x->status < 0 || x->status > 255) {
		(void)err_set(&x->error, ERR_PROTO, "the server closed it without an exit status",
		    "wait for the remote command's end");
		x->state = FAILED;
		return -1;
	}
	return 1;
}

static int
pump_once(struct exec *x)
{
	switch (x->state) {
	case WAIT_CHANNEL:
		return open_channel(x);
	case WAIT_STARTED:
		return start_command(x);
	case RUNNING:
		return move_bytes(x);
	case WAIT_CLOSE:
		return await_close(x);
	case ENDED:
	case FAILED:
		break;
	}
	return 0;
}

/* Do all that goes without waiting. */
static void
pump(struct exec *x)
{
	struct exec *first = x->session->first;

	if (first != NULL && first != x) {
		pump(first);
		if (x->session->first != NULL)
			return;
	}
	while (pump_once(x) == 1)
		continue;
}

static enum stream_status
failed(const struct exec *x, struct err *e)
{
	*e = x->error;
	return STREAM_ERROR;
}

static bool
has_ended(const struct exec *x)
{
	return x->state == WAIT_CLOSE || x->state == ENDED || x->state == FAILED;
}

/* Every call's answer goes through here: what was told is what exec_poll goes by. */
static enum stream_status
tell(struct exec *x, enum call call, enum stream_status answer)
{
	x->told_again[call] = answer == STREAM_AGAIN;
	return answer;
}

static enum stream_status
exec_read(void *ctx, enum stream_source from, uint8_t *p, size_t n, size_t *got, struct err *e)
{
	struct exec *x = ctx;
	struct buf *out = &x->output[from];
	enum call call = from == STREAM_STDOUT ? READ_STDOUT : READ_STDERR;

	if (out->len == 0)
		pump(x);
	if (out->len > 0) {
		*got = out->len < n ? out->len : n;
		memcpy(p, out->bytes, *got);
		buf_consume(out, *got);
		return tell(x, call, STREAM_OK);
	}
	if (x->state == FAILED)
		return tell(x, call, failed(x, e));
	return tell(x, call, has_ended(x) ? STREAM_EOF : STREAM_AGAIN);
}

static enum stream_status
exec_write(void *ctx, const uint8_t *p, size_t n, size_t *got, struct err *e)
{
	struct exec *x = ctx;

	pump(x);
	if (x->state == FAILED)
		return tell(x, WRITE, failed(x, e));
	if (x->input_ended || has_ended(x)) {
		*got = n; /* nobody is there to read it: the reads and wait tell why */
		return tell(x, WRITE, STREAM_OK);
	}
	if (x->input.len >= BUFFERED_MAX || n == 0)
		return tell(x, WRITE, STREAM_AGAIN);
	*got = n < BUFFERED_MAX - x->input.len ? n : BUFFERED_MAX - x->input.len;
	if (buf_add(&x->input, p, *got, e) == -1)
		return tell(x, WRITE, STREAM_ERROR);
	pump(x);
	return tell(x, WRITE, STREAM_OK);
}

static enum stream_status
exec_close_write(void *ctx, struct err *e)
{
	struct exec *x = ctx;

	x->input_ends = true;
	pump(x);
	if (x->state == FAILED)
		return tell(x, CLOSE_WRITE, failed(x, e));
	return tell(x, CLOSE_WRITE, x->input_ended || has_ended(x) ? STREAM_OK : STREAM_AGAIN);
}

/* Would a call that was told STREAM_AGAIN be told more now? One call moves bytes for all, so this
 * happens with nothing left to come over the socket. */
static bool
has_news(const struct exec *x, bool want_write)
{
	bool ended = has_ended(x);

	return (x->told_again[READ_STDOUT] && (ended || x->output[STREAM_STDOUT].len > 0)) ||
	    (x->told_again[READ_STDERR] && (ended || x->output[STREAM_STDERR].len > 0)) ||
	    (want_write && x->told_again[WRITE] && (ended || x->input.len < BUFFERED_MAX)) ||
	    (x->told_again[CLOSE_WRITE] && (ended || x->input_ended)) ||
	    (x->told_again[WAIT] && (x->state == ENDED || x->state == FAILED));
}

static size_t
exec_poll(void *ctx, bool want_write, struct pollfd *fds, size_t max)
{
	const struct exec *x = ctx;
	int directions = libssh2_session_block_directions(x->session->lib);
	bool room = x->output[0].len < BUFFERED_MAX || x->output[1].len < BUFFERED_MAX;
	short events = 0;
	size_t n = 0;

	if (n < max && has_news(x, want_write))
		fds[n++] = (struct pollfd){.fd = x->session->ready_fd, .events = POLLIN};
	if (n == max || x->state == ENDED || x->state == FAILED)
		return n;
	if (room)
		events |= POLLIN;
	if (x->session->first != NULL && directions & LIBSSH2_SESSION_BLOCK_OUTBOUND)
		events |= POLLOUT;
	fds[n++] = (struct pollfd){.fd = x->session->fd, .events = events};
	return n;
}

static enum stream_status
exec_wait(void *ctx, int *status, struct err *e)
{
	struct exec *x = ctx;

	pump(x);
	if (x->state == FAILED)
		return tell(x, WAIT, failed(x, e));
	if (x->state != ENDED)
		return tell(x, WAIT, STREAM_AGAIN);
	*status = x->status;
	return tell(x, WAIT, STREAM_OK);
}

static void
exec_free(void *ctx)
{
	struct exec *x = ctx;
	struct ssh_session *s = x->session;

	if (s->first == x) {
		s->broken = true;
		s->first = NULL;
	}
	if (x->channel != NULL && s->first == NULL && !s->broken && s->state == SSH_READY) {
		/* A command that still runs is told to end, then its channel is closed: what the socket
		 * does not take now is not sent. libssh2 keeps the channel until the server's answer. */
		if (x->state == RUNNING)
			(void)libssh2_channel_signal(x->channel, "TERM");
		if (libssh2_channel_free(x->channel) == LIBSSH2_ERROR_EAGAIN &&
		    libssh2_session_block_directions(s->lib) & LIBSSH2_SESSION_BLOCK_OUTBOUND)
			s->broken = true;
	}
	s->n_streams--;
	buf_free(&x->input);
	buf_free(&x->output[0]);
	buf_free(&x->output[1]);
	free(x->command);
	free(x);
}

static const struct stream_ops exec_ops = {
	.read = exec_read,
	.write = exec_write,
	.close_write = exec_close_write,
	.poll = exec_poll,
	.wait = exec_wait,
	.free = exec_free,
};

int
ssh_exec(struct ssh_session *s, const char *command, struct stream *out, struct err *e)
{
	struct exec *x;

	if (s->state != SSH_READY || s->broken)
		return err_set(e, ERR_INTERNAL, "the session is not usable", "run a remote command");
	x = calloc(1, sizeof(*x));
	if (x == NULL)
		return err_set(e, ERR_LOCAL, NULL, "run a remote command");
	x->command = text_dup(command, strlen(command), e);
	if (x->command == NULL) {
		free(x);
		return -1;
	}
	x->session = s;
	s->alive_ms = s->n_streams == 0 ? clock_ms() : s->alive_ms;
	s->n_streams++;
	*out = (struct stream){.ops = &exec_ops, .ctx = x};
	return 0;
}
