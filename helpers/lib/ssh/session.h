/* SPDX-License-Identifier: MIT */
/* lib/ssh/session.h: one SSH connection (libssh2), from name lookup to "logged in", as a state
 * machine that never blocks. Whoever holds it polls for it (group.h does that for many).
 * One thread only. SIGPIPE must be ignored. */
#ifndef SSH_SESSION_H
#define SSH_SESSION_H
#include <poll.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/ssh/target.h"

/* Named by what is awaited. */
enum ssh_state {
	SSH_WAIT_ADDRESS,   /* the name lookup (a child process) */
	SSH_WAIT_CONNECT,   /* TCP, one address after the other */
	SSH_WAIT_HANDSHAKE, /* banner, key exchange; ends with the host key's check */
	SSH_WAIT_AUTH,      /* the answer to our one key */
	SSH_WAIT_METHODS,   /* key refused: what would the server take? */
	SSH_READY,          /* logged in: channels may be opened */
	SSH_CLOSED          /* failed, or closed by us */
};

struct ssh_session;

/* Start a session to *t, which is borrowed until ssh_session_free. NULL with *e if the key or the
 * known_hosts files cannot be read (nothing has been sent then). */
struct ssh_session *ssh_session_new(const struct ssh_target *t, struct err *e);
/* Do what can be done without waiting. 1: logged in (also on later calls, which keep the connection
 * alive and watch for a silent peer); 0: call again when ssh_session_poll's descriptor is ready or
 * its deadline has passed; -1: failed with ERR_CONNECT before login, ERR_PROTO after. */
int ssh_session_step(struct ssh_session *s, struct err *e);
/* What step waits for: at most one descriptor. Returns their number. */
size_t ssh_session_poll(const struct ssh_session *s, struct pollfd *fds, size_t max);
/* When (clock_ms) step must be called even if no descriptor is ready. */
int64_t ssh_session_deadline_ms(const struct ssh_session *s);
const struct ssh_target *ssh_session_target(const struct ssh_session *s);
/* The negotiated algorithms, "KEX, HOST KEY, CIPHER[, MAC]", for -v. Borrowed. */
const char *ssh_session_algorithms(const struct ssh_session *s);
/* Say goodbye if that needs no waiting, and close. All streams made from it must be freed before.
 * NULL does nothing. */
void ssh_session_free(struct ssh_session *s);

#endif
