/* SPDX-License-Identifier: MIT */
/* A struct stream made of a child process and three pipes. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/stream.h"

#define INHERITED_MAX 1024 /* descriptors looked at for closing in the child */
#define END_WAIT_MS 1000   /* between SIGTERM and SIGKILL */
#define END_STEP_MS 5      /* between looks at a child that was told to end */

extern char **environ;

struct child {
	pid_t pid;  /* 0 once reaped */
	int status; /* of waitpid, once reaped */
	int in;     /* write end; -1 when closed */
	int out[2]; /* read ends of stdout, stderr; -1 after end of file */
};

/* One pipe end per side, both at 3 or above (so that dup2 in the child cannot overwrite one), both
 * close-on-exec. */
static int
make_pipe(int ends[2], struct err *e)
{
	int raw[2];

	ends[0] = ends[1] = -1;
	if (pipe(raw) == -1)
		return err_set(e, ERR_LOCAL, NULL, "make a pipe");
	for (int i = 0; i < 2; i++)
		ends[i] = fcntl(raw[i], F_DUPFD_CLOEXEC, 3);
	(void)close(raw[0]);
	(void)close(raw[1]);
	if (ends[0] == -1 || ends[1] == -1)
		return err_set(e, ERR_LOCAL, NULL, "make a pipe");
	return 0;
}

static void
close_fd(int *fd)
{
	if (*fd != -1)
		(void)close(*fd);
	*fd = -1;
}

static int
set_nonblocking(int fd, struct err *e)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags == -1 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) == -1)
		return err_set(e, ERR_LOCAL, NULL, "make a pipe non-blocking");
	return 0;
}

/* The child's ends onto 0, 1, 2; what we inherited ourselves without close-on-exec is closed. */
static int
plan_descriptors(posix_spawn_file_actions_t *plan, const int ends[3])
{
	int ret = 0;

	for (int fd = 0; fd < 3 && ret == 0; fd++)
		ret = posix_spawn_file_actions_adddup2(plan, ends[fd], fd);
	for (int fd = 3; fd < INHERITED_MAX && ret == 0; fd++) {
		int flags = fcntl(fd, F_GETFD);

		if (flags != -1 && (flags & FD_CLOEXEC) == 0)
			ret = posix_spawn_file_actions_addclose(plan, fd);
	}
	return ret;
}

static int
plan_signals(posix_spawnattr_t *attr)
{
	sigset_t all;
	sigset_t none;
	int ret;

	(void)sigfillset(&all);
	(void)sigemptyset(&none);
	ret = posix_spawnattr_setflags(attr, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
	if (ret == 0)
		ret = posix_spawnattr_setsigdefault(attr, &all);
	return ret != 0 ? ret : posix_spawnattr_setsigmask(attr, &none);
}

static int
start(struct child *c, char *const argv[], const int ends[3], struct err *e)
{
	posix_spawn_file_actions_t plan;
	posix_spawnattr_t attr;
	int ret = posix_spawn_file_actions_init(&plan);

	if (ret == 0) {
		ret = posix_spawnattr_init(&attr);
		if (ret == 0) {
			ret = plan_descriptors(&plan, ends);
			if (ret == 0)
				ret = plan_signals(&attr);
			if (ret == 0)
				ret = posix_spawnp(&c->pid, argv[0], &plan, &attr, argv, environ);
			(void)posix_spawnattr_destroy(&attr);
		}
		(void)posix_spawn_file_actions_destroy(&plan);
	}
	if (ret == 0)
		return 0;
	c->pid = 0;
	return err_set(e, ERR_LOCAL, strerror(ret), "run %s", argv[0]);
}

static enum stream_status
child_read(void *ctx, enum stream_source from, uint8_t *p, size_t n, size_t *got, struct err *e)
{
	struct child *c = ctx;
	int *fd = &c->out[from == STREAM_STDERR];
	ssize_t ret;

	if (*fd == -1)
		return STREAM_EOF;
	do
		ret = read(*fd, p, n);
	while (ret == -1 && errno == EINTR);
	if (ret > 0) {
		*got = (size_t)ret;
		return STREAM_OK;
	}
	if (ret == 0) {
		close_fd(fd);
		return STREAM_EOF;
	}
	if (errno == EAGAIN || errno == EWOULDBLOCK)
		return STREAM_AGAIN;
	(void)err_set(e, ERR_LOCAL, NULL, "read from the program");
	return STREAM_ERROR;
}

static enum stream_status
child_write(void *ctx, const uint8_t *p, size_t n, size_t *got, struct err *e)
{
	struct child *c = ctx;
	ssize_t ret;

	if (c->in == -1) {
		(void)err_set(e, ERR_INTERNAL, "its input is closed", "write to the program");
		return STREAM_ERROR;
	}
	do
		ret = write(c->in, p, n);
	while (ret == -1 && errno == EINTR);
	if (ret > 0) {
		*got = (size_t)ret;
		return STREAM_OK;
	}
	if (ret == 0 || errno == EAGAIN || errno == EWOULDBLOCK)
		return STREAM_AGAIN;
	(void)err_set(e, ERR_PROTO, NULL, "write to the program");
	return STREAM_ERROR;
}

static enum stream_status
child_close_write(void *ctx, struct err *e)
{
	struct child *c = ctx;

	(void)e; /* closing a pipe cannot fail in a way that matters */
	close_fd(&c->in);
	return STREAM_OK;
}

static size_t
child_poll(void *ctx, bool want_write, struct pollfd *fds, size_t max)
{
	struct child *c = ctx;
	size_t n = 0;

	for (int i = 0; i < 2; i++)
		if (c->out[i] != -1 && n < max)
			fds[n++] = (struct pollfd){.fd = c->out[i], .events = POLLIN};
	if (want_write && c->in != -1 && n < max)
		fds[n++] = (struct pollfd){.fd = c->in, .events = POLLOUT};
	return n;
}

/* Reap the child if it has ended: true when it is reaped. */
static bool
reap(struct child *c)
{
	pid_t got;

	if (c->pid == 0)
		return true;
	do
		got = waitpid(c->pid, &c->status, WNOHANG);
	while (got == -1 && errno == EINTR);
	if (got == 0)
		return false;
	if (got == -1)
		c->status = -1; /* somebody else reaped it */
	c->pid = 0;
	return true;
}

static enum stream_status
child_wait(void *ctx, int *status, struct err *e)
{
	struct child *c = ctx;

	if (!reap(c))
		return STREAM_AGAIN;
	if (c->status != -1 && WIFEXITED(c->status)) {
		*status = WEXITSTATUS(c->status);
		return STREAM_OK;
	}
	if (c->status != -1 && WIFSIGNALED(c->status)) {
		*status = 128 + WTERMSIG(c->status);
		return STREAM_OK;
	}
	(void)err_set(e, ERR_LOCAL, "its exit status is lost", "wait for the program");
	return STREAM_ERROR;
}

/* Tell the child to end, wait END_WAIT_MS for it, then kill it. */
static void
end_child(struct child *c)
{
	const struct timespec step = {.tv_sec = 0, .tv_nsec = END_STEP_MS * 1000000L};
	int64_t deadline_ms = clock_ms() + END_WAIT_MS;

	if (reap(c))
		return;
	(void)kill(c->pid, SIGTERM);
	while (!reap(c) && clock_ms() < deadline_ms)
		(void)nanosleep(&step, NULL);
	if (c->pid == 0)
		return;
	(void)kill(c->pid, SIGKILL);
	while (waitpid(c->pid, &c->status, 0) == -1 && errno == EINTR)
		continue;
	c->pid = 0;
}

static void
child_free(void *ctx)
{
	struct child *c = ctx;

	close_fd(&c->in);
	close_fd(&c->out[0]);
	close_fd(&c->out[1]);
	end_child(c);
	free(c);
}

static const struct stream_ops child_ops = {
    .read = child_read,
    .write = child_write,
    .close_write = child_close_write,
    .poll = child_poll,
    .wait = child_wait,
    .free = child_free,
};

int
stream_spawn(char *const argv[], struct stream *out, struct err *e)
{
	struct child *c = calloc(1, sizeof *c);
	int pipes[3][2] = {{-1, -1}, {-1, -1}, {-1, -1}};
	int ends[3];
	int ret = -1;

	if (c == NULL)
		return err_set(e, ERR_LOCAL, "out of memory", "run %s", argv[0]);
	for (int i = 0; i < 3; i++)
		if (make_pipe(pipes[i], e) == -1)
			goto out;
	if (set_nonblocking(pipes[0][1], e) == -1 || set_nonblocking(pipes[1][0], e) == -1 ||
	    set_nonblocking(pipes[2][0], e) == -1)
		goto out;
	ends[0] = pipes[0][0];
	ends[1] = pipes[1][1];
	ends[2] = pipes[2][1];
	if (start(c, argv, ends, e) == -1)
		goto out;
	c->in = pipes[0][1];
	c->out[0] = pipes[1][0];
	c->out[1] = pipes[2][0];
	pipes[0][1] = pipes[1][0] = pipes[2][0] = -1;
	*out = (struct stream){.ops = &child_ops, .ctx = c};
	c = NULL;
	ret = 0;
out:
	for (int i = 0; i < 3; i++) {
		close_fd(&pipes[i][0]);
		close_fd(&pipes[i][1]);
	}
	free(c);
	return ret;
}
