/* SPDX-License-Identifier: MIT */
/* lib/ssh/exec.h: a remote command as a base/stream. The channel is opened by the stream's own
 * calls (STREAM_AGAIN until it runs), so that nothing blocks. Written bytes are taken into a buffer
 * of the stream at once and sent by whichever call comes next; libssh2's rule that a half-sent
 * packet be finished before anything else is kept inside, also between several streams of one
 * session. Keep calling: a stream moves only inside its calls; stream_poll's descriptors are ready at
 * once when one call has moved bytes for another that was told to wait. Bytes written after the
 * command has ended are dropped: reading and wait tell what became of it. */
#ifndef SSH_EXEC_H
#define SSH_EXEC_H
#include "lib/base/err.h"
#include "lib/base/stream.h"
#include "lib/ssh/session.h"

/* Run `command` (a line for the user's login shell) on a session that is SSH_READY. The session
 * must outlive the stream. A server that refuses the channel or the command shows as ERR_PROTO from
 * the stream's calls. A command ended by signal N has the status 128+N. 0, or -1. */
int ssh_exec(struct ssh_session *s, const char *command, struct stream *out, struct err *e);

#endif
