/* SPDX-License-Identifier: MIT */
/* lib/ssh/lookup.h: a host's addresses without blocking: getaddrinfo(3) in a child process that sends
 * them through a pipe. (A slow name server then delays one host, not all.) */
#ifndef SSH_LOOKUP_H
#define SSH_LOOKUP_H
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"

#define LOOKUP_MAX 16u /* addresses kept */

struct lookup_address {
	socklen_t len;
	union {
		struct sockaddr any;
		struct sockaddr_storage storage;
	} at;
};

/* Zeroed: not started. */
struct lookup {
	pid_t child; /* 0: none runs */
	int fd;      /* the pipe while a child runs */
	struct buf answer;
	struct lookup_address addresses[LOOKUP_MAX];
	size_t n;
};

/* Begin; a numeric address needs no child and is there at once. 0, or -1 with ERR_CONNECT. */
int lookup_start(struct lookup *l, const char *host, uint16_t port, struct err *e);
/* 1: addresses[0..n) are there, n >= 1; 0: wait until fd is readable; -1 with ERR_CONNECT. */
int lookup_step(struct lookup *l, struct err *e);
/* End a child that still runs, free. */
void lookup_free(struct lookup *l);
/* "10.0.0.1 port 22" */
void lookup_text(const struct lookup_address *a, char *out, size_t size);

#endif
