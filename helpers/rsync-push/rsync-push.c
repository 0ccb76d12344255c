/* SPDX-License-Identifier: MIT */
/* rsync-push: push directories to the stock rsync of many hosts at once. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/base/cli.h"
#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/base/inventory.h"
#include "lib/base/text.h"
#include "lib/rsync/scan.h"
#include "lib/ssh/exec.h"
#include "lib/ssh/group.h"
#include "lib/ssh/target.h"
#include "rsync-push/push_host.h"
#include "rsync-push/push_operand.h"
#include "rsync-push/push_options.h"
#include "rsync-push/push_progress.h"
#include "rsync-push/push_report.h"
#include "rsync-push/push_rsh.h"
#include "rsync-push/push_sums.h"

#define TOOL "rsync-push"
#define SUMS_SLICE_MS 10 /* between looks at the connections */

struct push {
	struct push_options options;
	struct push_shared shared;
	struct push_progress progress;
	struct push_remote remote; /* the last operand, when it names the host */
	struct inventory inventory;
	struct ssh_target *targets; /* NULL with --rsh */
	FILE *failures;             /* NULL: nobody asked for it */
	struct push_host *hosts;    /* as many as the inventory has */
	struct scan scan;
	struct push_sums sums;
	bool stopped; /* by a signal or a local error: no host is to blame */
};

/* ---- signals: a byte in a pipe wakes the loop --------------------------------------------- */

static int signal_pipe[2] = { -1, -1 };
static volatile sig_atomic_t signal_caught;

static void
on_signal(int number)
{
	int saved = errno;

	signal_caught = number;
	(void)!write(signal_pipe[1], "", 1);
	errno = saved;
}

static int
catch_signals(struct err *e)
{
	struct sigaction act = { .sa_handler = on_signal };
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	int i;

	if (pipe(signal_pipe) == -1)
		return err_set(e, ERR_LOCAL, NULL, "make a pipe");
	for (i = 0; i < 2; i++)
		if (fcntl(signal_pipe[i], F_SETFD, FD_CLOEXEC) == -1 ||
		    fcntl(signal_pipe[i], F_SETFL, O_NONBLOCK) == -1)
			return err_set(e, ERR_LOCAL, NULL, "set up a pipe");
	if (sigaction(SIGINT, &act, NULL) == -1 || sigaction(SIGTERM, &act, NULL) == -1 ||
	    sigaction(SIGHUP, &act, NULL) == -1 || sigaction(SIGPIPE, &ignore, NULL) == -1)
		return err_set(e, ERR_LOCAL, NULL, "set up signals");
	return 0;
}

/* Die of the signal that was caught, so that the caller sees it. */
static void
raise_caught(void)
{
	(void)fflush(stdout);
	(void)signal(signal_caught, SIG_DFL);
	(void)raise(signal_caught);
}

/* ---- what the loop calls ------------------------------------------------------------------ */

static int
start_host(void *ctx, size_t i, struct ssh_session *session, struct err *e)
{
	struct push *p = ctx;
	struct push_host *h = &p->hosts[i];
	const struct inventory_host *host = &p->inventory.hosts[i];
	const char *user = p->options.ssh.user != NULL ? p->options.ssh.user : host->user;
	const char *command = buf_cstr(&h->command, e);
	struct stream stream = { 0 };
	int ret;

	if (command == NULL)
		return -1;
	ret = session != NULL
	              ? ssh_exec(session, command, &stream, e)
	              : push_rsh_spawn(p->options.rsh, user, host->address, command, &stream, e);
	if (ret == -1)
		return -1;
	push_progress_clear(&p->progress);
	if (p->options.verbose > 0)
		(void)fprintf(stderr, TOOL ": %s: connected (%s)\n", h->name,
		              session != NULL ? ssh_session_algorithms(session) : p->options.rsh);
	if (p->options.verbose > 1)
		(void)fprintf(stderr, TOOL ": %s: running %s\n", h->name, command);
	return push_host_start(h, stream, e);
}

static int
step_host(void *ctx, size_t i, struct err *e)
{
	struct push *p = ctx;

	return push_host_step(&p->hosts[i], e);
}

static size_t
poll_host(void *ctx, size_t i, struct pollfd *fds, size_t max)
{
	struct push *p = ctx;

	return push_host_poll(&p->hosts[i], fds, max);
}

static int64_t
host_deadline_ms(void *ctx, size_t i)
{
	struct push *p = ctx;
	int64_t host_ms = push_host_deadline_ms(&p->hosts[i]);

	return host_ms < p->progress.next_ms ? host_ms : p->progress.next_ms;
}

static void
end_host(void *ctx, size_t i, const struct err *failure)
{
	struct push *p = ctx;
	struct push_host *h = &p->hosts[i];

	push_host_end(h, failure);
	push_progress_clear(&p->progress);
	if (p->stopped)
		return;
	push_report_host(h);
	if (p->failures != NULL && failure != NULL)
		err_print(p->failures, TOOL, h->name, failure);
}

static void
show_progress(struct push *p)
{
	struct push_progress_counts c = { .n_hosts = p->inventory.n_hosts };
	size_t i;

	for (i = 0; i < c.n_hosts; i++) {
		const struct push_host *h = &p->hosts[i];

		c.n_files += h->sender != NULL ? sender_stats(h->sender)->n_files : h->stats.n_files;
		c.n_bytes += h->n_written;
		c.n_ended += h->phase == PUSH_ENDED;
	}
	push_progress_show(&p->progress, &c);
}

static int
own_step(void *ctx, struct err *e)
{
	struct push *p = ctx;
	int ret;

	if (push_progress_due(&p->progress))
		show_progress(p);
	ret = signal_caught != 0 ? err_set(e, ERR_LOCAL, "a signal came", "push")
	                         : push_sums_step(&p->sums, SUMS_SLICE_MS, e);
	p->stopped = ret == -1;
	return ret;
}

static size_t
own_poll(void *ctx, struct pollfd *fds, size_t max)
{
	(void)ctx;
	if (max == 0)
		return 0;
	fds[0] = (struct pollfd){ .fd = signal_pipe[0], .events = POLLIN };
	return 1;
}

static const struct ssh_group_ops group_ops = {
	.start = start_host,
	.step = step_host,
	.poll = poll_host,
	.deadline_ms = host_deadline_ms,
	.end = end_host,
	.own_step = own_step,
	.own_poll = own_poll,
};

/* ---- setting up --------------------------------------------------------------------------- */

/* The inventory of one host, from [USER@]HOST:DEST. */
static int
take_remote(struct push *p, struct err *e)
{
	struct inventory_host *host;

	if (push_remote_parse(p->options.target, &p->remote, e) == -1)
		return -1;
	host = calloc(1, sizeof(*host));
	if (host == NULL)
		return err_set(e, ERR_LOCAL, NULL, "allocate a host");
	p->inventory = (struct inventory){ .hosts = host, .n_hosts = 1 };
	host->become = -1;
	host->name = text_dup(p->remote.host, strlen(p->remote.host), e);
	host->address = text_dup(p->remote.host, strlen(p->remote.host), e);
	if (p->remote.user != NULL &&
	    (host->user = text_dup(p->remote.user, strlen(p->remote.user), e)) == NULL)
		return -1;
	p->options.rsync.dest = p->remote.dest;
	return host->name == NULL || host->address == NULL ? -1 : 0;
}

static int
take_hosts(struct push *p, struct err *e)
{
	const char *dest = p->options.target;
	size_t i;

	if (p->options.hosts == NULL) {
		if (take_remote(p, e) == -1)
			return -1;
	} else {
		if (*dest == '\0')
			return err_set(e, ERR_USAGE, "it is empty", "read the destination");
		if (inventory_load(p->options.hosts, &p->inventory, e) == -1 ||
		    (p->options.limit != NULL &&
		     inventory_limit(&p->inventory, p->options.limit, e) == -1))
			return -1;
		p->options.rsync.dest = dest;
	}
	if (push_options_anchor(&p->options, e) == -1)
		return -1;
	p->shared = (struct push_shared){ .options = &p->options, .scan = &p->scan,
	                                  .sums = &p->sums, .progress = &p->progress,
	                                  .prefix = p->inventory.n_hosts > 1 };
	p->hosts = calloc(p->inventory.n_hosts, sizeof(p->hosts[0]));
	if (p->hosts == NULL)
		return err_set(e, ERR_LOCAL, NULL, "allocate %zu hosts", p->inventory.n_hosts);
	for (i = 0; i < p->inventory.n_hosts; i++) {
		const struct inventory_host *host = &p->inventory.hosts[i];

		if (push_host_init(&p->hosts[i], &p->shared, host->name,
		                   p->options.become || host->become == 1, e) == -1)
			return -1;
	}
	if (p->options.rsh != NULL)
		return 0;
	p->targets = ssh_targets_make(&p->options.ssh, &p->inventory, e);
	return p->targets == NULL ? -1 : 0;
}

static void
on_skipped(void *ctx, const char *path)
{
	struct push *p = ctx;
	struct buf shown = { 0 };
	struct err e;
	const char *text;

	if (!p->options.quiet && text_escape(&shown, path, strlen(path), false, &e) == 0 &&
	    (text = buf_cstr(&shown, &e)) != NULL)
		(void)fprintf(stderr, TOOL ": skip '%s': not a file, directory or symbolic link\n", text);
	buf_free(&shown);
}

static int
read_tree(struct push *p, struct err *e)
{
	struct push_options *o = &p->options;
	const struct scan_options how = { .filter = &o->filter, .perms = o->perms,
	                                  .skipped = on_skipped, .ctx = p };

	if (scan_tree(o->sources, o->n_sources, &how, &p->scan, e) == -1)
		return -1;
	p->sums.scan = &p->scan;
	if (o->rsync.checksum)
		push_sums_want(&p->sums, o->rsync.use_checksum == USE_CHECKSUM_MD5 ? CHECKSUM_MD5
		                                                                     : CHECKSUM_XXH128);
	return 0;
}

static int
run(struct push *p, struct err *e)
{
	size_t n = p->inventory.n_hosts;
	const char *file = p->options.failures;
	int ret;

	if (file != NULL && (p->failures = fopen(file, "we")) == NULL) {
		(void)err_set(e, ERR_LOCAL, NULL, "open %s", file);
		err_print(stderr, TOOL, NULL, e);
		return -1;
	}
	push_progress_start(&p->progress, p->options.quiet, p->options.progress);
	ret = p->targets != NULL
	              ? ssh_group_run(p->targets, n, p->options.ssh.parallel, &group_ops, p, e)
	              : push_rsh_run(n, p->options.ssh.parallel, &group_ops, p, e);
	push_progress_clear(&p->progress);
	if (p->failures != NULL && fclose(p->failures) == EOF) {
		ret = err_set(e, ERR_LOCAL, NULL, "write %s", file);
		err_print(stderr, TOOL, NULL, e);
	}
	if (p->stopped && signal_caught == 0)
		err_print(stderr, TOOL, NULL, e);
	return ret;
}

static void
push_free(struct push *p)
{
	size_t i;

	for (i = 0; p->hosts != NULL && i < p->inventory.n_hosts; i++)
		push_host_free(&p->hosts[i]);
	free(p->hosts);
	push_sums_free(&p->sums);
	scan_free(&p->scan);
	if (p->targets != NULL)
		ssh_targets_free(p->targets, p->inventory.n_hosts);
	inventory_free(&p->inventory);
	push_remote_free(&p->remote);
	push_options_free(&p->options);
}

int
main(int argc, char **argv)
{
	struct push p = { 0 };
	struct err e = { 0 };
	int status;
	int ret;

	(void)setvbuf(stderr, NULL, _IOLBF, 0); /* whole lines, beside those of other programs */
	ret = push_options_parse(argc, argv, &p.options, &e);
	if (ret == 0 && (take_hosts(&p, &e) == -1 || catch_signals(&e) == -1 ||
	                 read_tree(&p, &e) == -1))
		ret = -1;
	if (ret == -1)
		err_print(stderr, TOOL, NULL, &e);
	status = ret == -1 ? err_exit_status(e.kind) : 0;
	if (ret == 0)
		status = run(&p, &e) == -1 ? err_exit_status(e.kind)
		                           : push_report_status(p.hosts, p.inventory.n_hosts);
	push_free(&p);
	if (signal_caught != 0)
		raise_caught();
	return cli_finish(TOOL, status);
}
