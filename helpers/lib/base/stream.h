/* SPDX-License-Identifier: MIT */
/* lib/base/stream.h: a running remote (or local) program as three byte streams and an exit status.
 * lib/ssh makes one from an SSH channel, stream_spawn from a child process (rsync-push -e);
 * lib/rsync sees nothing but this. All calls return at once: nothing here blocks. */
#ifndef BASE_STREAM_H
#define BASE_STREAM_H
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"

enum stream_status {
	STREAM_ERROR = -1, /* *e is set */
	STREAM_AGAIN = 0,  /* nothing now: wait for what stream_poll asks for, then call again */
	STREAM_OK = 1,     /* *got bytes (>= 1) were moved */
	STREAM_EOF = 2     /* read: the other side will send no more */
};

enum stream_source { STREAM_STDOUT, STREAM_STDERR };

struct stream {
	const struct stream_ops *ops;
	void *ctx; /* the implementation's own; freed by ops->free */
};

struct stream_ops {
	/* Read up to n bytes of the program's stdout or stderr. */
	enum stream_status (*read)(
	    void *ctx, enum stream_source from, uint8_t *p, size_t n, size_t *got, struct err *e);
	/* Write up to n bytes to the program's stdin. After STREAM_AGAIN call again with the same
	 * leading bytes. */
	enum stream_status (*write)(
	    void *ctx, const uint8_t *p, size_t n, size_t *got, struct err *e);
	/* Send end of file to the program's stdin. STREAM_OK (done, also when done before),
	 * STREAM_AGAIN or STREAM_ERROR. */
	enum stream_status (*close_write)(void *ctx, struct err *e);
	/* Fill fds (room for max) with what to poll for so that a call that answered STREAM_AGAIN
	 * can go on; want_write: the caller has bytes to write. Returns the
	 * number filled, 0..max. */
	size_t (*poll)(void *ctx, bool want_write, struct pollfd *fds, size_t max);
	/* After both reads gave STREAM_EOF: the exit status (0..255; 128+n for signal n).
	 * STREAM_OK and *status set, STREAM_AGAIN, or STREAM_ERROR (it ended without one). A local
	 * program's end is no event of any descriptor: after STREAM_AGAIN with nothing to poll for,
	 * ask again within 50 ms. */
	enum stream_status (*wait)(void *ctx, int *status, struct err *e);
	/* End the program if it still runs, release everything. */
	void (*free)(void *ctx);
};

#define STREAM_POLL_MAX 3u /* no stream asks for more descriptors than this */

/* stream_X(s, ...) calls s->ops->X(s->ctx, ...). */
enum stream_status stream_read(
    struct stream *s, enum stream_source from, uint8_t *p, size_t n, size_t *got, struct err *e);
enum stream_status stream_write(
    struct stream *s, const uint8_t *p, size_t n, size_t *got, struct err *e);
enum stream_status stream_close_write(struct stream *s, struct err *e);
size_t stream_poll(struct stream *s, bool want_write, struct pollfd *fds, size_t max);
enum stream_status stream_wait(struct stream *s, int *status, struct err *e);
/* Free and zero *s; a zeroed stream does nothing. */
void stream_free(struct stream *s);

/* Start argv[0] (looked up on PATH) with three pipes and fill *out. 0, or -1 with ERR_LOCAL.
 * The child gets no descriptor but its three and default signal dispositions. SIGPIPE must be
 * ignored in the caller. */
int stream_spawn(char *const argv[], struct stream *out, struct err *e);

#endif
