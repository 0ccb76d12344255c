/* SPDX-License-Identifier: MIT */
/* ssh_exec_test.c: several commands at once on one session, against a real sshd (as root). What the
 * helpers do with one command per session is tested in bats. */
#include "lib/ssh/exec.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <netinet/in.h>

#include "lib/base/clock.h"
#include "lib/ssh/session.h"
#include "ssh_keys.h"
#include "unit.h"

#define N_STREAMS 4
#define N_BYTES ((size_t)3 << 20) /* per stream and direction */
#define DEADLINE_MS 60000

static pid_t sshd = -1;
static uint16_t port;
static char user[] = "root";
static char address[] = "127.0.0.1";

static uint16_t
free_port(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd == -1 || bind(fd, (struct sockaddr *)&at, len) == -1 ||
	    getsockname(fd, (struct sockaddr *)&at, &len) == -1)
		return 0;
	(void)close(fd);
	return ntohs(at.sin_port);
}

static int
answers(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	    .sin_port = htons(port)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	int ret = fd != -1 && connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0;

	(void)close(fd);
	return ret;
}

static void
write_text(const char *name, const char *text)
{
	FILE *f = fopen(keys_path(name), "w");

	if (f == NULL || fputs(text, f) == EOF || fclose(f) == EOF)
		exit(1);
}

/* A server whose keys change every 500 kB. */
static int
start_sshd(void)
{
	char text[1000];
	struct buf public;
	int64_t deadline_ms;

	(void)mkdir("/run/sshd", 0755);
	if (!keys_make("host", "-t ed25519") || !keys_make("user", "-t ed25519"))
		return 0;
	port = free_port();
	(void)snprintf(text, sizeof(text), "ListenAddress 127.0.0.1:%u\nHostKey %s/host\n"
	    "AuthorizedKeysFile %s/user.pub\nStrictModes no\nUsePAM no\nPidFile none\n"
	    "PermitRootLogin prohibit-password\nRekeyLimit 500K\n", (unsigned)port, keys_dir, keys_dir);
	write_text("config", text);
	public = keys_read("host.pub");
	(void)snprintf(text, sizeof(text), "[127.0.0.1]:%u %.*s", (unsigned)port, (int)public.len,
	    (const char *)public.bytes);
	buf_free(&public);
	write_text("known_hosts", text);
	sshd = fork();
	if (sshd == 0) {
		(void)execl("/usr/sbin/sshd", "/usr/sbin/sshd", "-D", "-f", keys_path("config"), (char *)NULL);
		_exit(127);
	}
	for (deadline_ms = clock_ms() + 10000; clock_ms() < deadline_ms; (void)poll(NULL, 0, 20))
		if (answers())
			return 1;
	return 0;
}

static struct ssh_session *
log_in(struct ssh_target *t, struct err *e)
{
	struct ssh_session *s = ssh_session_new(t, e);
	int got = 0;

	while (s != NULL && got == 0) {
		struct pollfd fd;
		size_t n;

		got = ssh_session_step(s, e);
		n = ssh_session_poll(s, &fd, 1);
		if (got == 0)
			(void)poll(&fd, n, clock_left_ms(ssh_session_deadline_ms(s), 10000));
	}
	if (got == 1)
		return s;
	ssh_session_free(s);
	return NULL;
}

/* One stream through `cat`: what was sent and came back. Byte i of stream k is a function of both. */
struct echo {
	struct stream stream;
	unsigned k;
	size_t sent;
	size_t back;
	size_t wrong;
	int closed;
	int status; /* -1: still runs */
};

static uint8_t
byte_of(unsigned k, size_t i)
{
	return (uint8_t)(i * 31 + (i >> 8) * 7 + k * 101);
}

static int
echo_send(struct echo *x, struct err *e)
{
	uint8_t chunk[10000];
	size_t n = N_BYTES - x->sent < sizeof(chunk) ? N_BYTES - x->sent : sizeof(chunk);
	size_t got = 0;
	size_t i;

	if (n == 0) {
		x->closed = x->closed || stream_close_write(&x->stream, e) == STREAM_OK;
		return 0;
	}
	for (i = 0; i < n; i++)
		chunk[i] = byte_of(x->k, x->sent + i);
	switch (stream_write(&x->stream, chunk, n, &got, e)) {
	case STREAM_OK:
		x->sent += got;
		return 1;
	case STREAM_AGAIN:
		return 0;
	case STREAM_EOF:
	case STREAM_ERROR:
		break;
	}
	return -1;
}

static int
echo_receive(struct echo *x, struct err *e)
{
	uint8_t chunk[10000];
	size_t got = 0;
	size_t i;

	switch (stream_read(&x->stream, STREAM_STDOUT, chunk, sizeof(chunk), &got, e)) {
	case STREAM_OK:
		for (i = 0; i < got; i++)
			x->wrong += chunk[i] != byte_of(x->k, x->back + i);
		x->back += got;
		return 1;
	case STREAM_AGAIN:
		return 0;
	case STREAM_EOF:
		return stream_wait(&x->stream, &x->status, e) == STREAM_ERROR ? -1 : 0;
	case STREAM_ERROR:
		break;
	}
	return -1;
}

/* Until all have ended: 0, or -1. */
static int
echo_all(struct ssh_session *s, struct echo *x, size_t n, struct err *e)
{
	int64_t deadline_ms = clock_ms() + DEADLINE_MS;

	while (clock_ms() < deadline_ms) {
		struct pollfd fds[N_STREAMS * STREAM_POLL_MAX];
		size_t n_fds = 0;
		size_t n_running = 0;
		size_t i;

		if (ssh_session_step(s, e) == -1)
			return -1;
		for (i = 0; i < n; i++) {
			int sent = 1;
			int got = 1;

			while (x[i].status == -1 && (sent == 1 || got == 1)) {
				sent = echo_send(&x[i], e);
				got = echo_receive(&x[i], e);
				if (sent == -1 || got == -1)
					return -1;
			}
		}
		for (i = 0; i < n; i++)
			if (x[i].status == -1) {
				n_running++;
				n_fds += stream_poll(&x[i].stream, x[i].sent < N_BYTES, &fds[n_fds], STREAM_POLL_MAX);
			}
		if (n_running == 0)
			return 0;
		(void)poll(fds, (nfds_t)n_fds, clock_left_ms(deadline_ms, DEADLINE_MS));
	}
	return err_set(e, ERR_PROTO, "they did not end", "echo");
}

static struct ssh_target
target(void)
{
	static char known_hosts[100];
	static char identity[100];
	static char *files[] = {known_hosts};
	static char *identities[] = {identity};
	struct ssh_target t = {.name = address, .address = address, .port = port, .user = user,
	    .identities = identities, .n_identities = 1, .identity_given = true, .known_hosts = files,
	    .n_known_hosts = 1, .known_hosts_given = true, .connect_timeout_ms = 10000,
	    .alive_interval_ms = 15000, .alive_count = 3};

	(void)snprintf(known_hosts, sizeof(known_hosts), "%s", keys_path("known_hosts"));
	(void)snprintf(identity, sizeof(identity), "%s", keys_path("user"));
	return t;
}

TEST(several_streams_of_one_session_move_at_once)
{
	struct ssh_target t = target();
	struct err e = {0};
	struct ssh_session *s = log_in(&t, &e);
	struct echo x[N_STREAMS];
	unsigned i;

	REQUIRE(s != NULL);
	for (i = 0; i < N_STREAMS; i++) {
		x[i] = (struct echo){.k = i, .status = -1};
		CHECK_INT(ssh_exec(s, "cat", &x[i].stream, &e), 0);
	}
	CHECK_INT(echo_all(s, x, N_STREAMS, &e), 0);
	CHECK_STR(e.why, "");
	for (i = 0; i < N_STREAMS; i++) {
		CHECK_INT(x[i].back, N_BYTES);
		CHECK_INT(x[i].wrong, 0);
		CHECK_INT(x[i].status, 0);
		stream_free(&x[i].stream);
	}
	ssh_session_free(s);
}

TEST(a_stream_given_up_leaves_the_session_to_the_others)
{
	struct ssh_target t = target();
	struct err e = {0};
	struct ssh_session *s = log_in(&t, &e);
	struct stream given_up;
	struct echo x = {.k = 7, .status = -1};
	uint8_t byte;
	size_t got;
	int64_t deadline_ms = clock_ms() + 10000;

	REQUIRE(s != NULL);
	CHECK_INT(ssh_exec(s, "echo; exec sleep 60", &given_up, &e), 0);
	while (stream_read(&given_up, STREAM_STDOUT, &byte, 1, &got, &e) == STREAM_AGAIN &&
	    clock_ms() < deadline_ms)
		(void)poll(NULL, 0, 5);
	stream_free(&given_up);
	CHECK_INT(ssh_exec(s, "cat; exit 3", &x.stream, &e), 0);
	CHECK_INT(echo_all(s, &x, 1, &e), 0);
	CHECK_INT(x.back, N_BYTES);
	CHECK_INT(x.wrong, 0);
	CHECK_INT(x.status, 3);
	stream_free(&x.stream);
	ssh_session_free(s);
}

int
main(void)
{
	(void)signal(SIGPIPE, SIG_IGN);
	if (geteuid() != 0 || access("/usr/sbin/sshd", X_OK) == -1) {
		printf("ok 1 - streams of one session # SKIP needs root and sshd\n1..1\n");
		return 0;
	}
	if (!keys_begin() || !start_sshd())
		return 1;
	RUN(several_streams_of_one_session_move_at_once);
	RUN(a_stream_given_up_leaves_the_session_to_the_others);
	(void)kill(sshd, SIGTERM);
	(void)waitpid(sshd, NULL, 0);
	keys_end();
	return unit_done();
}
