/* SPDX-License-Identifier: MIT */
#include "lib/ssh/group.h"

#include <errno.h>
#include <libssh2.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"

#define SLEEP_MAX_MS 60000

/* One host: not yet begun (neither), connecting, at work, or ended. */
struct member {
	struct ssh_session *session; /* NULL before it begins and after it ended */
	bool at_work;
	bool ended;
	size_t first_fd; /* its descriptors in group.fds, and how many, in this turn */
	size_t n_fds;
	int64_t deadline_ms;
};

struct group {
	const struct ssh_target *targets;
	size_t n;
	size_t parallel;
	const struct ssh_group_ops *ops;
	void *ctx;
	struct member *members;
	size_t n_begun;
	size_t n_active;
	struct pollfd *fds; /* room for every active member and own_poll */
	size_t n_fds;
	bool own_ready;  /* a descriptor of own_poll's was ready */
	bool some_ended; /* in this turn: own_step may have something to say to that */
};

static void
end(struct group *g, size_t i, const struct err *failure)
{
	struct member *m = &g->members[i];

	g->ops->end(g->ctx, i, failure);
	ssh_session_free(m->session);
	m->session = NULL;
	m->ended = true;
	g->n_active--;
	g->some_ended = true;
}

static void
step(struct group *g, size_t i)
{
	struct member *m = &g->members[i];
	struct err e = {0};
	int got = ssh_session_step(m->session, &e);

	if (got == 1 && !m->at_work) {
		m->at_work = true;
		got = g->ops->start(g->ctx, i, m->session, &e) == -1 ? -1 : 1;
	}
	if (got == 1)
		got = g->ops->step(g->ctx, i, &e);
	if (got != 0)
		end(g, i, got == -1 ? &e : NULL);
}

static void
begin(struct group *g)
{
	size_t i = g->n_begun++;
	struct err e = {0};

	g->n_active++;
	g->members[i].session = ssh_session_new(&g->targets[i], &e);
	if (g->members[i].session == NULL)
		end(g, i, &e);
	else
		step(g, i);
}

static int64_t
collect(struct group *g, size_t i)
{
	struct member *m = &g->members[i];

	m->first_fd = g->n_fds;
	m->deadline_ms = ssh_session_deadline_ms(m->session);
	g->n_fds += ssh_session_poll(m->session, &g->fds[g->n_fds], 1);
	if (m->at_work) {
		g->n_fds += g->ops->poll(g->ctx, i, &g->fds[g->n_fds], SSH_GROUP_POLL_MAX);
		if (g->ops->deadline_ms != NULL) {
			int64_t own_ms = g->ops->deadline_ms(g->ctx, i);

			if (own_ms < m->deadline_ms)
				m->deadline_ms = own_ms;
		}
	}
	m->n_fds = g->n_fds - m->first_fd;
	return m->deadline_ms;
}

/* Sleep until something is ready; busy: do not sleep. */
static int
wait(struct group *g, bool busy, struct err *e)
{
	int64_t deadline_ms = INT64_MAX;
	size_t own_first;
	int timeout_ms;
	size_t i;

	g->n_fds = 0;
	for (i = 0; i < g->n_begun; i++)
		if (!g->members[i].ended) {
			int64_t member_ms = collect(g, i);

			if (member_ms < deadline_ms)
				deadline_ms = member_ms;
		}
	own_first = g->n_fds;
	if (g->ops->own_poll != NULL)
		g->n_fds += g->ops->own_poll(g->ctx, &g->fds[g->n_fds], SSH_GROUP_POLL_MAX);
	timeout_ms = busy ? 0 : clock_left_ms(deadline_ms, SLEEP_MAX_MS);
	if (poll(g->fds, (nfds_t)g->n_fds, timeout_ms) == -1) {
		if (errno != EINTR)
			return err_set(e, ERR_LOCAL, NULL, "wait for %zu hosts", g->n_active);
		for (i = 0; i < g->n_fds; i++)
			g->fds[i].revents = 0;
	}
	g->own_ready = false;
	for (i = own_first; i < g->n_fds; i++)
		g->own_ready = g->own_ready || g->fds[i].revents != 0;
	return 0;
}

static bool
is_due(const struct group *g, const struct member *m, int64_t now_ms)
{
	size_t i;

	if (now_ms >= m->deadline_ms)
		return true;
	for (i = 0; i < m->n_fds; i++)
		if (g->fds[m->first_fd + i].revents != 0)
			return true;
	return false;
}

/* Hosts that something happened to; all of them after the tool's own work did something. */
static void
step_due(struct group *g, bool all)
{
	int64_t now_ms = clock_ms();
	size_t n = g->n_begun;
	size_t i;

	for (i = 0; i < n; i++)
		if (!g->members[i].ended && (all || is_due(g, &g->members[i], now_ms)))
			step(g, i);
}

/* The tool's own work, then the hosts that something happened to, then sleep. */
static int
turn(struct group *g, struct err *e)
{
	int busy = 0;

	if (g->ops->own_step != NULL) {
		busy = g->ops->own_step(g->ctx, e);
		if (busy == -1)
			return -1;
	}
	g->some_ended = false;
	step_due(g, busy == 1 || g->own_ready);
	while (g->n_begun < g->n && g->n_active < g->parallel)
		begin(g);
	if (g->n_active == 0)
		return 0;
	return wait(g, busy == 1 || g->some_ended, e);
}

/* End what has not ended with *failure. */
static void
cut_short(struct group *g, const struct err *failure)
{
	size_t i;

	for (i = 0; i < g->n; i++) {
		if (g->members[i].ended)
			continue;
		if (i >= g->n_begun)
			g->n_active++;
		end(g, i, failure);
	}
}

int
ssh_group_run(const struct ssh_target *targets, size_t n, size_t parallel,
    const struct ssh_group_ops *ops, void *ctx, struct err *e)
{
	struct group g = {.targets = targets, .n = n, .parallel = parallel, .ops = ops, .ctx = ctx};
	size_t n_active_max = parallel < n ? parallel : n;
	int ret = 0;

	if (libssh2_init(0) != 0)
		return err_set(e, ERR_LOCAL, "cryptography cannot be initialised", "prepare SSH");
	g.members = calloc(n, sizeof(*g.members));
	g.fds = calloc((n_active_max + 1) * (SSH_GROUP_POLL_MAX + 1), sizeof(*g.fds));
	if (g.members == NULL || g.fds == NULL) {
		ret = err_set(e, ERR_LOCAL, NULL, "prepare %zu hosts", n);
		goto out;
	}
	while (ret == 0 && (g.n_begun < n || g.n_active > 0))
		ret = turn(&g, e);
	if (ret == -1)
		cut_short(&g, e);
out:
	free(g.members);
	free(g.fds);
	libssh2_exit();
	return ret;
}
