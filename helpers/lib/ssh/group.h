/* SPDX-License-Identifier: MIT */
/* lib/ssh/group.h: the one poll loop. Connects to many hosts at once, at most `parallel` at work at
 * a time, and runs the tool's own work on each. */
#ifndef SSH_GROUP_H
#define SSH_GROUP_H
#include <poll.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/ssh/session.h"
#include "lib/ssh/target.h"

/* What a tool does with its hosts; `i` is the index into targets. Those marked optional may be NULL.
 * For each host: start once logged in, then step until it says done, then end. */
struct ssh_group_ops {
	/* Logged in: begin (usually by ssh_exec on s). 0, or -1: the host failed. */
	int (*start)(void *ctx, size_t i, struct ssh_session *s, struct err *e);
	/* Do all that can be done without waiting. 1: done, 0: wait, -1: the host failed. */
	int (*step)(void *ctx, size_t i, struct err *e);
	/* What step waits for besides the session's own socket; returns the number filled, <= max. */
	size_t (*poll)(void *ctx, size_t i, struct pollfd *fds, size_t max);
	/* Optional. When (clock_ms) step must be called though nothing is ready; INT64_MAX: never. */
	int64_t (*deadline_ms)(void *ctx, size_t i);
	/* The host is through: failure == NULL for done. Free the host's streams here; its session is
	 * freed right after. Also called, with the group's error, for hosts that are cut short or never
	 * started because own_step said stop. */
	void (*end)(void *ctx, size_t i, const struct err *failure);
	/* Optional. The tool's own work and descriptors (stdin, signals, hashing), once a turn before
	 * the hosts. 1: more to do at once (do not sleep), 0: wait, -1: stop everything now with *e. */
	int (*own_step)(void *ctx, struct err *e);
	size_t (*own_poll)(void *ctx, struct pollfd *fds, size_t max);
};

#define SSH_GROUP_POLL_MAX 8u /* descriptors that poll and own_poll may each ask for */

/* Run until every host has ended. 0 (whatever became of the hosts: end has told), or -1 if own_step
 * stopped it or poll failed. */
int ssh_group_run(const struct ssh_target *targets, size_t n, size_t parallel,
                  const struct ssh_group_ops *ops, void *ctx, struct err *e);

#endif
