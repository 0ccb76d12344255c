/* SPDX-License-Identifier: MIT */
#include "lib/ssh/lookup.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/fs.h"

#define ANSWER_MAX 4096u /* bytes; LOOKUP_MAX addresses fit */

/* The child's answer: FOUND and struct lookup_address as they stand in memory (both ends are one
 * program), or MISSED and a text. */
enum answer { FOUND = 'a', MISSED = 'e' };

static int
resolve(const char *host, const char *port, int flags, struct addrinfo **found)
{
	struct addrinfo hints = {
		.ai_flags = flags | AI_NUMERICSERV, .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};

	return getaddrinfo(host, port, &hints, found);
}

static size_t
copy_addresses(const struct addrinfo *from, struct lookup_address *to)
{
	size_t n = 0;

	for (; from != NULL && n < LOOKUP_MAX; from = from->ai_next) {
		if (from->ai_addrlen > sizeof(to[n].at))
			continue;
		memset(&to[n], 0, sizeof(to[n]));
		to[n].len = from->ai_addrlen;
		memcpy(&to[n].at, from->ai_addr, from->ai_addrlen);
		n++;
	}
	return n;
}

static void
run_child(int fd, const char *host, const char *port)
{
	struct lookup_address addresses[LOOKUP_MAX];
	struct addrinfo *found = NULL;
	struct buf answer = {0};
	struct err e;
	int code = resolve(host, port, 0, &found);

	if (code == 0) {
		size_t n = copy_addresses(found, addresses);

		(void)buf_byte(&answer, FOUND, &e);
		(void)buf_add(&answer, addresses, n * sizeof(addresses[0]), &e);
	} else {
		(void)buf_byte(&answer, MISSED, &e);
		(void)buf_str(&answer, code == EAI_SYSTEM ? strerror(errno) : gai_strerror(code), &e);
	}
	(void)fs_write_all(fd, answer.bytes, answer.len, &e);
}

int
lookup_start(struct lookup *l, const char *host, uint16_t port, struct err *e)
{
	struct addrinfo *found = NULL;
	char port_text[8];
	int fds[2];

	(void)snprintf(port_text, sizeof(port_text), "%u", (unsigned)port);
	if (resolve(host, port_text, AI_NUMERICHOST, &found) == 0) {
		l->n = copy_addresses(found, l->addresses);
		freeaddrinfo(found);
		return 0;
	}
	if (pipe(fds) == -1)
		return err_set(e, ERR_CONNECT, NULL, "look up %s", host);
	(void)fcntl(fds[0], F_SETFD, FD_CLOEXEC);
	(void)fcntl(fds[0], F_SETFL, O_NONBLOCK);
	(void)fcntl(fds[1], F_SETFD, FD_CLOEXEC);
	l->child = fork();
	if (l->child == 0) {
		(void)close(fds[0]);
		(void)signal(SIGINT, SIG_DFL);
		(void)signal(SIGTERM, SIG_DFL);
		run_child(fds[1], host, port_text);
		_exit(0);
	}
	(void)close(fds[1]);
	l->fd = fds[0];
	if (l->child == -1) {
		l->child = 0;
		(void)close(fds[0]);
		return err_set(e, ERR_CONNECT, NULL, "look up %s", host);
	}
	return 0;
}

static void
reap(struct lookup *l)
{
	if (l->child == 0)
		return;
	(void)kill(l->child, SIGKILL);
	while (waitpid(l->child, NULL, 0) == -1 && errno == EINTR)
		continue;
	(void)close(l->fd);
	l->child = 0;
}

static int
take_answer(struct lookup *l, struct err *e)
{
	struct rd in = rd_of(l->answer.bytes, l->answer.len);
	const uint8_t *bytes;
	uint8_t kind = 0;
	char why[200];

	(void)rd_u8(&in, &kind);
	if (kind == FOUND && in.left >= sizeof(l->addresses[0])) {
		while (l->n < LOOKUP_MAX && rd_bytes(&in, sizeof(l->addresses[0]), &bytes))
			memcpy(&l->addresses[l->n++], bytes, sizeof(l->addresses[0]));
		return 1;
	}
	(void)snprintf(why, sizeof(why), "%.*s", kind == MISSED ? (int)in.left : 9,
	    kind == MISSED ? (const char *)in.at : "no answer");
	return err_set(e, ERR_CONNECT, why, "look up the host's address");
}

int
lookup_step(struct lookup *l, struct err *e)
{
	uint8_t *p;
	ssize_t got;

	if (l->n > 0)
		return 1;
	do {
		p = buf_reserve(&l->answer, ANSWER_MAX, e);
		if (p == NULL)
			return -1;
		got = read(l->fd, p, ANSWER_MAX);
		if (got > 0)
			buf_grew(&l->answer, (size_t)got);
	} while (got > 0 || (got == -1 && errno == EINTR));
	if (got == -1 && errno == EAGAIN)
		return 0;
	reap(l);
	return take_answer(l, e);
}

void
lookup_free(struct lookup *l)
{
	reap(l);
	buf_free(&l->answer);
	memset(l, 0, sizeof(*l));
}

void
lookup_text(const struct lookup_address *a, char *out, size_t size)
{
	char host[64]; /* numeric */
	char port[8];

	if (getnameinfo(&a->at.any, a->len, host, sizeof(host), port, sizeof(port),
	    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		(void)snprintf(out, size, "an unprintable address");
	else
		(void)snprintf(out, size, "%s port %s", host, port);
}
