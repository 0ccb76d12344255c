/* SPDX-License-Identifier: MIT */
/* push_host.h: the push to one host, from the started rsync --server to the verdict. Joins a stream
 * (an SSH channel or a child process) and a sender; never blocks. */
#ifndef PUSH_HOST_H
#define PUSH_HOST_H
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/base/stream.h"
#include "lib/rsync/scan.h"
#include "lib/rsync/sender.h"
#include "rsync-push/push_options.h"
#include "rsync-push/push_progress.h"
#include "rsync-push/push_sums.h"

/* What all hosts share; borrowed by each. */
struct push_shared {
	const struct push_options *options;
	struct scan *scan;
	struct push_sums *sums;
	struct push_progress *progress;
	bool prefix; /* lines about entries start with "HOST: " */
};

enum push_phase {
	PUSH_NOT_STARTED,
	PUSH_TALKING,  /* the sender is at work */
	PUSH_DRAINING, /* it gave up, or cannot write: what does the other side still say? */
	PUSH_ENDED
};

struct push_host {
	const struct push_shared *shared;
	const char *name;   /* borrowed, for messages */
	const struct rsync_options *rsync; /* in shared */
	struct buf command; /* for the host's shell */

	enum push_phase phase;
	struct stream stream;
	struct sender *sender;
	struct buf in;    /* from the server's stdout */
	struct buf out;   /* to its stdin */
	struct buf line;  /* of its stderr, not yet complete */
	bool out_closed;
	bool cut_off;     /* it took no more of our bytes */
	bool in_ended;
	bool err_ended;
	bool busy;        /* step stopped only to let others work */

	int fd;           /* the file being sent, or -1 */
	const struct flist_entry *entry; /* of fd */

	int64_t start_ms;
	int64_t moved_ms; /* when something last moved */
	int64_t wrote_ms;
	int64_t drain_ms; /* when draining began */
	uint64_t n_read;  /* bytes of the server's stdout */
	uint64_t n_written;
	char hint[256];   /* what the server's messages suggest */
	struct err failure; /* why it is draining, or how it ended; kind ERR_NONE: well */
	int64_t took_ms;
	int64_t ended_unix_ms;
	struct sender_stats stats; /* once it has ended */
};

/* Prepare, with the command; starts nothing. become: run the host's rsync by sudo. -1 with ERR_USAGE
 * if an option cannot stand in a command (a line break); push_host_free is due then too. */
int push_host_init(struct push_host *h, const struct push_shared *shared, const char *name,
                   bool become, struct err *e);
void push_host_free(struct push_host *h);
/* h->command runs as `stream`, which is taken. */
int push_host_start(struct push_host *h, struct stream stream, struct err *e);
/* Do what can be done without waiting. 1: the push is complete, 0: wait, -1: it failed. */
int push_host_step(struct push_host *h, struct err *e);
size_t push_host_poll(struct push_host *h, struct pollfd *fds, size_t max);
/* When (clock_ms) step must be called though nothing moves; INT64_MAX: never. */
int64_t push_host_deadline_ms(const struct push_host *h);
/* Done, or failed (failure != NULL), also from outside: release the stream, keep the counters. */
void push_host_end(struct push_host *h, const struct err *failure);

#endif
