/* SPDX-License-Identifier: MIT */
/* lib/ssh/session_internal.h: what session.c and exec.c share; nobody else includes it. */
#ifndef SSH_SESSION_INTERNAL_H
#define SSH_SESSION_INTERNAL_H
#include <libssh2.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/ssh/auth.h"
#include "lib/ssh/hostkey.h"
#include "lib/ssh/lookup.h"
#include "lib/ssh/session.h"

struct exec; /* a running command, exec.c */

struct ssh_session {
	const struct ssh_target *target;
	enum ssh_state state;
	struct known_keys known;
	struct auth_key key;
	struct lookup lookup;
	size_t next_address; /* of lookup.addresses: the one after that being tried */
	int fd;              /* -1: none */
	int ready_fd;        /* always readable: polled when there is something to do at once */
	LIBSSH2_SESSION *lib;
	char *algorithms;
	struct err refused;  /* why the key did not do, while asking for what would */
	int64_t connect_deadline_ms;  /* until SSH_READY */
	int64_t attempt_deadline_ms;  /* for the address being tried */

	/* Signs of life, kept by the send and receive callbacks. */
	int64_t alive_ms;        /* clock_ms of the last one */
	int64_t asked_ms;        /* when we last asked for one */
	bool send_blocked;       /* the socket was full: what it takes next is a sign of life */

	size_t n_streams;        /* open streams */
	/* The stream that must go first: it opens a channel, or a packet of its is half sent. libssh2
	 * answers EAGAIN to every other call meanwhile, and worse: a key exchange that begins under a
	 * half-sent packet never ends. NULL: none. */
	struct exec *first;
	bool broken;             /* a half-sent packet was given up: no more streams */
};

/* Fill *e from libssh2's last error: "what: its text", as kind. Returns -1. */
int ssh_session_fail(struct ssh_session *s, enum err_kind kind, const char *what, struct err *e);

#endif
