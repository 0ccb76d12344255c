/* SPDX-License-Identifier: MIT */
#include "rsync-push/push_rsh.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "rsync-push/push_operand.h"

#define POLL_MAX_MS 60000

int
push_rsh_spawn(const char *rsh, const char *user, const char *host, const char *command,
               struct stream *out, struct err *e)
{
	char **words = push_words(rsh, e);
	const char **argv = NULL;
	size_t n = 0;
	size_t i;
	int ret = -1;

	if (words == NULL)
		return -1;
	while (words[n] != NULL)
		n++;
	argv = calloc(n + 5, sizeof(argv[0]));
	if (argv == NULL) {
		(void)err_set(e, ERR_LOCAL, NULL, "run %s", rsh);
		goto out;
	}
	for (i = 0; i < n; i++)
		argv[i] = words[i];
	if (user != NULL) {
		argv[n++] = "-l";
		argv[n++] = user;
	}
	argv[n++] = host;
	argv[n++] = command;
	ret = stream_spawn((char *const *)(uintptr_t)argv, out, e);
out:
	free(argv);
	push_words_free(words);
	return ret;
}

enum rsh_phase { RSH_WAITING, RSH_RUNNING, RSH_ENDED };

struct loop {
	const struct ssh_group_ops *ops;
	void *ctx;
	enum rsh_phase *phases;
	struct pollfd *fds;
	size_t n;
	size_t n_running;
	size_t n_ended;
};

static void
end_host(struct loop *l, size_t i, const struct err *failure)
{
	if (l->phases[i] == RSH_RUNNING)
		l->n_running--;
	l->phases[i] = RSH_ENDED;
	l->n_ended++;
	l->ops->end(l->ctx, i, failure);
}

static void
start_hosts(struct loop *l, size_t parallel)
{
	struct err e;
	size_t i;

	for (i = 0; i < l->n && l->n_running < parallel; i++) {
		if (l->phases[i] != RSH_WAITING)
			continue;
		if (l->ops->start(l->ctx, i, NULL, &e) == -1) {
			end_host(l, i, &e);
			continue;
		}
		l->phases[i] = RSH_RUNNING;
		l->n_running++;
	}
}

static void
step_hosts(struct loop *l)
{
	struct err e;
	size_t i;

	for (i = 0; i < l->n; i++) {
		int ret = l->phases[i] == RSH_RUNNING ? l->ops->step(l->ctx, i, &e) : 0;

		if (ret != 0)
			end_host(l, i, ret == -1 ? &e : NULL);
	}
}

static int
wait_for_hosts(struct loop *l, bool at_once, struct err *e)
{
	size_t n_fds = l->ops->own_poll(l->ctx, l->fds, SSH_GROUP_POLL_MAX);
	int64_t deadline_ms = at_once ? 0 : INT64_MAX;
	size_t i;

	for (i = 0; i < l->n; i++) {
		int64_t host_ms;

		if (l->phases[i] != RSH_RUNNING)
			continue;
		n_fds += l->ops->poll(l->ctx, i, l->fds + n_fds, SSH_GROUP_POLL_MAX);
		host_ms = l->ops->deadline_ms(l->ctx, i);
		if (host_ms < deadline_ms)
			deadline_ms = host_ms;
	}
	if (poll(l->fds, (nfds_t)n_fds, clock_left_ms(deadline_ms, POLL_MAX_MS)) == -1 &&
	    errno != EINTR)
		return err_set(e, ERR_LOCAL, NULL, "poll");
	return 0;
}

int
push_rsh_run(size_t n, size_t parallel, const struct ssh_group_ops *ops, void *ctx, struct err *e)
{
	struct loop l = { .ops = ops, .ctx = ctx, .n = n };
	int ret = -1;
	size_t i;

	l.phases = calloc(n, sizeof(l.phases[0]));
	l.fds = calloc((n + 1) * SSH_GROUP_POLL_MAX, sizeof(l.fds[0]));
	if (l.phases == NULL || l.fds == NULL) {
		(void)err_set(e, ERR_LOCAL, NULL, "allocate %zu hosts", n);
		goto out;
	}
	while (l.n_ended < n) {
		int more = ops->own_step(ctx, e);

		if (more == -1)
			goto out;
		start_hosts(&l, parallel);
		step_hosts(&l);
		if (l.n_ended < n && wait_for_hosts(&l, more == 1 || l.n_running == 0, e) == -1)
			goto out;
	}
	ret = 0;
out:
	for (i = 0; l.phases != NULL && i < n; i++)
		if (l.phases[i] != RSH_ENDED)
			end_host(&l, i, e);
	free(l.phases);
	free(l.fds);
	return ret;
}
