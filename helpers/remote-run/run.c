/* SPDX-License-Identifier: MIT */
#include "remote-run/run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/base/fs.h"
#include "lib/base/inventory.h"
#include "lib/base/text.h"
#include "lib/ssh/group.h"
#include "lib/ssh/target.h"
#include "remote-run/command.h"
#include "remote-run/feed.h"
#include "remote-run/job.h"
#include "remote-run/report.h"
#include "remote-run/stop.h"

/* Everything that one run needs. */
struct run {
	const struct options *options;
	struct inventory inventory;
	struct ssh_target *targets;
	struct job *jobs;
	FILE *failures; /* NULL: nobody asked for it */
	FILE *record;   /* the same */
	struct buf *commands; /* per host: the line for its shell */
	char **prefixes;
	struct job_plan plan;
	struct buf script;
	struct feed feed;
	struct buf output[2]; /* to be printed, by enum stream_source */
	size_t parallel; /* hosts at work at once */
	int stop_fd;
	size_t batch; /* index of the batch's first host */
	size_t batch_n;
	const struct job *fatal; /* the host whose failure stops all */
	bool stopped;            /* own_step said so: who has not ended is cut short */
	int write_errno;         /* why our output could not be written; 0: it could */
};

static int
load_script(struct run *r, struct err *e)
{
	const char *file = r->options->script;
	int ret;

	if (file == NULL)
		return 0;
	if (strcmp(file, "-") == 0)
		ret = buf_read_all(&r->script, STDIN_FILENO, COMMAND_SCRIPT_MAX, e);
	else
		ret = fs_read_file(AT_FDCWD, file, true, COMMAND_SCRIPT_MAX, &r->script, e);
	r->plan.script = (const char *)r->script.bytes;
	r->plan.script_len = r->script.len;
	return ret;
}

static int
make_command(const struct run *r, char *const *operands, int n, bool become, struct buf *out,
    struct err *e)
{
	if (r->options->script == NULL)
		return command_of_words(operands, (size_t)n, become, out, e);
	return command_of_script((const char *)r->script.bytes, r->script.len, operands, (size_t)n,
	    r->options->pass_stdin, become, out, e);
}

/* "web1 | ", in colour on a terminal: red for stderr. */
static char *
make_prefix(const char *host, enum stream_source from, struct err *e)
{
	bool colour = isatty(from == STREAM_STDOUT ? STDOUT_FILENO : STDERR_FILENO) &&
	    getenv("NO_COLOR") == NULL;
	const char *on = from == STREAM_STDOUT ? "\033[36m" : "\033[31m";

	return text_fmt(e, "%s%s |%s ", colour ? on : "", host, colour ? "\033[0m" : "");
}

static int
make_job(struct run *r, size_t i, char *const *operands, int n, struct err *e)
{
	const struct inventory_host *host = &r->inventory.hosts[i];
	struct job *j = &r->jobs[i];
	size_t from;

	j->host = host->name;
	j->become = r->options->become || host->become == 1;
	j->status = -1;
	if (make_command(r, operands, n, j->become, &r->commands[i], e) == -1)
		return -1;
	j->command = (const char *)r->commands[i].bytes;
	for (from = 0; from < 2; from++) {
		char **prefix = &r->prefixes[2 * i + from];

		j->lines[from].escaped = isatty(from == STREAM_STDOUT ? STDOUT_FILENO : STDERR_FILENO);
		if (r->options->no_prefix)
			continue;
		*prefix = make_prefix(host->name, (enum stream_source)from, e);
		if (*prefix == NULL)
			return -1;
		j->lines[from].prefix = *prefix;
	}
	return 0;
}

static int
prepare(struct run *r, char *const *operands, int n_operands, struct err *e)
{
	size_t n = r->inventory.n_hosts;
	size_t i;

	r->parallel = r->options->ssh.parallel;
	if (r->options->pass_stdin) {
		if (n > SSH_PARALLEL_MAX)
			return options_error("--stdin reaches all hosts at once: too many hosts", e);
		r->parallel = n;
	}
	if (load_script(r, e) == -1)
		return -1;
	if (r->options->failures != NULL && (r->failures = fopen(r->options->failures, "we")) == NULL)
		return err_set(e, ERR_LOCAL, NULL, "open %s", r->options->failures);
	if (r->options->record != NULL && (r->record = fopen(r->options->record, "we")) == NULL)
		return err_set(e, ERR_LOCAL, NULL, "open %s", r->options->record);
	r->plan.tails = r->record != NULL;
	r->plan.kept = r->options->fold || r->options->json;
	r->plan.timeout_ms = r->options->timeout_ms;
	r->plan.feed = r->options->pass_stdin ? &r->feed : NULL;
	r->jobs = calloc(n, sizeof(*r->jobs));
	r->commands = calloc(n, sizeof(*r->commands));
	r->prefixes = calloc(2 * n, sizeof(*r->prefixes));
	if (r->jobs == NULL || r->commands == NULL || r->prefixes == NULL)
		return err_set(e, ERR_LOCAL, NULL, "prepare %zu hosts", n);
	for (i = 0; i < n; i++)
		if (make_job(r, i, operands, n_operands, e) == -1)
			return -1;
	r->stop_fd = stop_catch(e);
	return r->stop_fd == -1 ? -1 : 0;
}

/* Print what has gathered. A reader that went away ends the run by own_step. */
static void
print(struct run *r)
{
	FILE *const files[2] = {stdout, stderr};
	size_t from;

	for (from = 0; from < 2; from++) {
		struct buf *out = &r->output[from];

		if (out->len == 0)
			continue;
		if ((fwrite(out->bytes, 1, out->len, files[from]) < out->len ||
		    fflush(files[from]) == EOF) && from == STREAM_STDOUT)
			r->write_errno = errno;
		buf_clear(out);
	}
}

static int
on_start(void *ctx, size_t i, struct ssh_session *s, struct err *e)
{
	struct run *r = ctx;
	struct job *j = &r->jobs[r->batch + i];

	if (r->options->verbose)
		(void)fprintf(stderr, "%s: %s: logged in as %s (%s)\n", RUN_TOOL, j->host,
		    ssh_session_target(s)->user, ssh_session_algorithms(s));
	return job_start(j, s, e);
}

static int
on_step(void *ctx, size_t i, struct err *e)
{
	struct run *r = ctx;
	int got = job_step(&r->jobs[r->batch + i], &r->plan, r->output, e);

	print(r);
	return got;
}

static size_t
on_poll(void *ctx, size_t i, struct pollfd *fds, size_t max)
{
	struct run *r = ctx;

	return stream_poll(&r->jobs[r->batch + i].stream, false, fds, max);
}

static int64_t
on_deadline(void *ctx, size_t i)
{
	struct run *r = ctx;

	return job_deadline_ms(&r->jobs[r->batch + i], &r->plan);
}

static void
on_end(void *ctx, size_t i, const struct err *failure)
{
	struct run *r = ctx;
	struct job *j = &r->jobs[r->batch + i];

	j->cut_short = r->stopped;
	job_end(j, failure, r->output);
	print(r);
	if (failure != NULL && r->options->any_errors_fatal && r->fatal == NULL)
		r->fatal = j;
}

/* Our stdin, for all hosts of the batch. */
static int
feed_step(struct run *r, struct err *e)
{
	struct pollfd fd = {.fd = STDIN_FILENO, .events = POLLIN};
	uint64_t slowest = UINT64_MAX;
	size_t i;

	if (r->plan.feed == NULL)
		return 0;
	for (i = r->batch; i < r->batch + r->batch_n; i++)
		if (!r->jobs[i].ended && r->jobs[i].at < slowest)
			slowest = r->jobs[i].at;
	if (slowest != UINT64_MAX)
		feed_drop(&r->feed, slowest);
	if (!feed_has_room(&r->feed) || poll(&fd, 1, 0) <= 0)
		return 0;
	return feed_read(&r->feed, STDIN_FILENO, e) == -1 ? -1 : 1;
}

static int
own_work(struct run *r, struct err *e)
{
	if (stop_signal() != 0)
		return err_set(e, ERR_REMOTE, "stopped by a signal", "remote command");
	if (r->fatal != NULL)
		return err_set(e, ERR_REMOTE, "stopped (--any-errors-fatal)", "after %s failed",
		    r->fatal->host);
	if (r->write_errno != 0)
		return err_set(e, ERR_LOCAL, strerror(r->write_errno), "write output");
	return feed_step(r, e);
}

static int
own_step(void *ctx, struct err *e)
{
	struct run *r = ctx;
	int got = own_work(r, e);

	r->stopped = got == -1;
	return got;
}

static size_t
own_poll(void *ctx, struct pollfd *fds, size_t max)
{
	struct run *r = ctx;
	size_t n = 0;

	if (max < 2)
		return 0;
	fds[n++] = (struct pollfd){.fd = r->stop_fd, .events = POLLIN};
	if (r->plan.feed != NULL && feed_has_room(&r->feed))
		fds[n++] = (struct pollfd){.fd = STDIN_FILENO, .events = POLLIN};
	return n;
}

/* All batches. 0, or -1 when something stopped the run as a whole. */
static int
run_batches(struct run *r, struct err *e)
{
	static const struct ssh_group_ops ops = {
		.start = on_start,
		.step = on_step,
		.poll = on_poll,
		.deadline_ms = on_deadline,
		.end = on_end,
		.own_step = own_step,
		.own_poll = own_poll,
	};
	size_t n = r->inventory.n_hosts;
	int ret = 0;

	for (r->batch = 0; r->batch < n; r->batch += r->batch_n) {
		size_t left = n - r->batch;
		size_t i;

		r->batch_n = r->options->serial > 0 && r->options->serial < left ? r->options->serial : left;
		if (ret == 0)
			ret = ssh_group_run(&r->targets[r->batch], r->batch_n, r->parallel, &ops, r,
			    e);
		else
			for (i = 0; i < r->batch_n; i++)
				on_end(r, i, e);
	}
	return ret;
}

static int
write_failures(const struct run *r, struct err *e)
{
	if (r->failures == NULL)
		return 0;
	report_failures(r->failures, RUN_TOOL, r->jobs, r->inventory.n_hosts, true);
	if (fflush(r->failures) == EOF)
		return err_set(e, ERR_LOCAL, NULL, "write %s", r->options->failures);
	return 0;
}

static int
write_record(const struct run *r, struct err *e)
{
	struct buf lines = {0};
	int ret = 0;

	if (r->record == NULL)
		return 0;
	ret = report_record(r->jobs, r->inventory.n_hosts, &lines, e);
	if (ret == 0 && (fwrite(lines.bytes, 1, lines.len, r->record) < lines.len || fflush(r->record) == EOF))
		ret = err_set(e, ERR_LOCAL, NULL, "write %s", r->options->record);
	buf_free(&lines);
	return ret;
}

static int
finish(struct run *r, struct err *e)
{
	size_t n = r->inventory.n_hosts;
	int ret = 0;

	if (r->options->json)
		ret = report_json(r->jobs, n, &r->output[STREAM_STDOUT], e);
	else if (r->options->fold)
		ret = report_folded(r->jobs, n, isatty(STDOUT_FILENO), r->output, e);
	print(r);
	report_failures(stderr, RUN_TOOL, r->jobs, n, false);
	if (ret == 0)
		ret = write_failures(r, e);
	return ret == 0 ? write_record(r, e) : -1;
}

static int
list_hosts(const struct run *r)
{
	size_t i;

	for (i = 0; i < r->inventory.n_hosts; i++) {
		const struct ssh_target *t = &r->targets[i];
		bool v6 = strchr(t->address, ':') != NULL;

		(void)printf("%s %s@%s%s%s:%u\n", t->name, t->user, v6 ? "[" : "", t->address, v6 ? "]" : "",
		    (unsigned)t->port);
	}
	return 0;
}

static void
run_free(struct run *r)
{
	size_t i;

	for (i = 0; i < r->inventory.n_hosts; i++) {
		if (r->jobs != NULL)
			job_free(&r->jobs[i]);
		if (r->commands != NULL)
			buf_free(&r->commands[i]);
		if (r->prefixes != NULL) {
			free(r->prefixes[2 * i]);
			free(r->prefixes[2 * i + 1]);
		}
	}
	if (r->failures != NULL)
		(void)fclose(r->failures); /* write_failures has checked */
	if (r->record != NULL)
		(void)fclose(r->record);
	free(r->jobs);
	free(r->commands);
	free(r->prefixes);
	ssh_targets_free(r->targets, r->inventory.n_hosts);
	inventory_free(&r->inventory);
	buf_free(&r->script);
	buf_free(&r->feed.data);
	buf_free(&r->output[0]);
	buf_free(&r->output[1]);
}

int
run_hosts(const struct options *o, char *const *operands, int n_operands, struct err *e)
{
	struct run r = {.options = o};
	struct err stopped = {0};
	int status = -1;

	if (inventory_load(o->hosts, &r.inventory, e) == -1 ||
	    (o->limit != NULL && inventory_limit(&r.inventory, o->limit, e) == -1))
		goto out;
	r.targets = ssh_targets_make(&o->ssh, &r.inventory, e);
	if (r.targets == NULL)
		goto out;
	if (o->list) {
		status = list_hosts(&r);
		goto out;
	}
	if (prepare(&r, operands, n_operands, e) == -1)
		goto out;
	(void)run_batches(&r, &stopped); /* what stopped it is each host's own error too */
	if (finish(&r, e) == 0)
		status = report_status(r.jobs, r.inventory.n_hosts);
out:
	run_free(&r);
	return status;
}
