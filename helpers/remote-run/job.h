/* SPDX-License-Identifier: MIT */
/* remote-run/job.h: one command on one host, from start to exit status, as far as it goes without
 * waiting (the loop is lib/ssh/group). */
#ifndef REMOTE_RUN_JOB_H
#define REMOTE_RUN_JOB_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/base/stream.h"
#include "lib/ssh/session.h"
#include "remote-run/feed.h"
#include "remote-run/lines.h"

#define JOB_KEPT_MAX ((size_t)64 << 20) /* bytes of each output kept for --json and --fold */

/* What all hosts have in common. */
struct job_plan {
	const char *script;   /* bytes sent before anything else; NULL: none */
	size_t script_len;
	struct feed *feed;    /* our own stdin for the command; NULL: it gets none */
	bool kept;            /* keep the output instead of printing it */
	bool tails;           /* keep the last of stderr as well */
	int64_t timeout_ms;   /* from login to end; 0: none */
};

struct job {
	const char *host;        /* name, for prefixes and messages */
	const char *command;     /* borrowed */
	bool become;             /* runs by sudo: its refusals get a hint */
	bool begun;
	bool ended;
	bool cut_short;          /* ended because of something else: not to blame */
	bool more;               /* stopped early to give others a turn: step again at once */
	struct stream stream;    /* zeroed unless running */
	bool output_ended[2];    /* by enum stream_source */
	struct lines lines[2];
	struct buf kept[2];
	bool kept_cut[2];        /* it was longer than JOB_KEPT_MAX */
	struct buf tail;         /* of stderr (tail.h) */
	struct buf sudo_said;    /* the line in which sudo refused */
	size_t script_sent;
	uint64_t at;             /* position in plan->feed */
	bool input_closed;
	int64_t started_ms;
	int64_t took_ms;
	int64_t ended_unix_ms;
	int status;              /* exit status; -1: none */
	struct err error;        /* kind ERR_NONE: it did what it should */
};

/* Begin on a session that is logged in. */
int job_start(struct job *j, struct ssh_session *s, struct err *e);
/* 1: ended with status 0; 0: wait; -1: failed, *e says how. Appends what is to be printed to
 * out[STREAM_STDOUT] and out[STREAM_STDERR]. */
int job_step(struct job *j, const struct job_plan *plan, struct buf out[2], struct err *e);
/* When step must be called even if nothing is ready. */
int64_t job_deadline_ms(const struct job *j, const struct job_plan *plan);
/* End it, with why; frees the stream, keeps what report.h needs. Unfinished lines go to out. */
void job_end(struct job *j, const struct err *failure, struct buf out[2]);
void job_free(struct job *j);

#endif
