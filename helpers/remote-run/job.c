/* SPDX-License-Identifier: MIT */
#include "remote-run/job.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/ssh/exec.h"
#include "remote-run/sudo.h"
#include "remote-run/tail.h"

#define CHUNK 32768u         /* bytes per read */
#define TURN_MAX (1u << 20)  /* bytes that one host may bring before others get their turn */

int
job_start(struct job *j, struct ssh_session *s, struct err *e)
{
	j->begun = true;
	j->started_ms = clock_ms();
	j->status = -1;
	return ssh_exec(s, j->command, &j->stream, e);
}

/* The bytes that stdin gets next, from the script, then from our own stdin. */
static bool
next_input(const struct job *j, const struct job_plan *plan, const uint8_t **bytes, size_t *n)
{
	if (j->script_sent < plan->script_len) {
		*bytes = (const uint8_t *)plan->script + j->script_sent;
		*n = plan->script_len - j->script_sent;
		return true;
	}
	return plan->feed != NULL && feed_next(plan->feed, j->at, bytes, n);
}

static int
send_input(struct job *j, const struct job_plan *plan, struct err *e)
{
	const uint8_t *bytes;
	size_t n;
	size_t sent;

	if (j->input_closed)
		return 0;
	while (next_input(j, plan, &bytes, &n)) {
		enum stream_status got = stream_write(&j->stream, bytes, n, &sent, e);

		if (got == STREAM_ERROR)
			return -1;
		if (got == STREAM_AGAIN)
			return 0;
		if (j->script_sent < plan->script_len)
			j->script_sent += sent;
		else
			j->at += sent;
	}
	if (plan->feed != NULL && !plan->feed->ended)
		return 0;
	switch (stream_close_write(&j->stream, e)) {
	case STREAM_ERROR:
		return -1;
	case STREAM_OK:
		j->input_closed = true;
		return 0;
	case STREAM_AGAIN:
	case STREAM_EOF:
		break;
	}
	return 0;
}

static int
keep(struct job *j, enum stream_source from, const uint8_t *bytes, size_t n, struct err *e)
{
	struct buf *kept = &j->kept[from];

	if (n > JOB_KEPT_MAX - kept->len) {
		n = JOB_KEPT_MAX - kept->len;
		j->kept_cut[from] = true;
	}
	return buf_add(kept, bytes, n, e);
}

static int
receive(struct job *j, const struct job_plan *plan, enum stream_source from, struct buf *out,
    size_t *n_moved, struct err *e)
{
	uint8_t chunk[CHUNK];
	size_t got;

	while (!j->output_ended[from] && *n_moved < TURN_MAX) {
		int ret;

		switch (stream_read(&j->stream, from, chunk, sizeof(chunk), &got, e)) {
		case STREAM_ERROR:
			return -1;
		case STREAM_AGAIN:
			return 0;
		case STREAM_EOF:
			j->output_ended[from] = true;
			return 0;
		case STREAM_OK:
			break;
		}
		*n_moved += got;
		ret = plan->kept ? keep(j, from, chunk, got, e)
		                 : lines_add(&j->lines[from], chunk, got, out, e);
		if (ret == 0 && plan->tails && from == STREAM_STDERR)
			ret = tail_add(&j->tail, chunk, got, e);
		if (ret == 0 && j->become && from == STREAM_STDERR)
			ret = sudo_listen(&j->sudo_said, chunk, got, e);
		if (ret == -1)
			return -1;
	}
	return 0;
}

static int
judge(const struct job *j, struct err *e)
{
	char why[64];

	if (j->status == 0)
		return 1;
	if (j->status > 128 && j->status <= 128 + 64)
		(void)snprintf(why, sizeof(why), "exit status %d (128 + signal %d)", j->status,
		    j->status - 128);
	else
		(void)snprintf(why, sizeof(why), "exit status %d", j->status);
	(void)err_set(e, ERR_REMOTE, why, "remote command");
	return sudo_hint(&j->sudo_said, e);
}

int
job_step(struct job *j, const struct job_plan *plan, struct buf out[2], struct err *e)
{
	size_t n_moved = 0;

	j->more = false;
	if (send_input(j, plan, e) == -1 ||
	    receive(j, plan, STREAM_STDOUT, &out[STREAM_STDOUT], &n_moved, e) == -1 ||
	    receive(j, plan, STREAM_STDERR, &out[STREAM_STDERR], &n_moved, e) == -1)
		return -1;
	if (n_moved >= TURN_MAX) {
		j->more = true;
		return 0;
	}
	if (j->output_ended[0] && j->output_ended[1]) {
		switch (stream_wait(&j->stream, &j->status, e)) {
		case STREAM_ERROR:
			return -1;
		case STREAM_OK:
			return judge(j, e);
		case STREAM_AGAIN:
		case STREAM_EOF:
			break;
		}
	}
	if (plan->timeout_ms > 0 && clock_ms() >= j->started_ms + plan->timeout_ms)
		return err_set(e, ERR_REMOTE, "timed out, and was told to end",
		    "remote command did not end within %lld s", (long long)plan->timeout_ms / 1000);
	return 0;
}

int64_t
job_deadline_ms(const struct job *j, const struct job_plan *plan)
{
	if (j->more)
		return 0;
	return plan->timeout_ms > 0 ? j->started_ms + plan->timeout_ms : INT64_MAX;
}

void
job_end(struct job *j, const struct err *failure, struct buf out[2])
{
	struct err ignored;

	j->ended = true;
	j->took_ms = j->begun ? clock_ms() - j->started_ms : 0;
	j->ended_unix_ms = clock_unix_ms();
	if (failure != NULL)
		j->error = *failure;
	if (!j->begun)
		j->status = -1;
	(void)lines_end(&j->lines[STREAM_STDOUT], &out[STREAM_STDOUT], &ignored);
	(void)lines_end(&j->lines[STREAM_STDERR], &out[STREAM_STDERR], &ignored);
	stream_free(&j->stream);
}

void
job_free(struct job *j)
{
	stream_free(&j->stream);
	lines_free(&j->lines[0]);
	lines_free(&j->lines[1]);
	buf_free(&j->kept[0]);
	buf_free(&j->kept[1]);
	buf_free(&j->tail);
	buf_free(&j->sudo_said);
	memset(j, 0, sizeof(*j));
}
