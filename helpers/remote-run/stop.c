/* SPDX-License-Identifier: MIT */
#include "remote-run/stop.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static const int caught[] = {SIGINT, SIGTERM, SIGHUP};

static volatile sig_atomic_t came;
static int pipe_fds[2] = {-1, -1};

static void
on_signal(int number)
{
	int saved = errno;

	came = number;
	(void)!write(pipe_fds[1], "", 1); /* a full pipe is readable as well */
	errno = saved;
}

int
stop_catch(struct err *e)
{
	struct sigaction action;
	struct sigaction old;
	size_t i;

	if (pipe(pipe_fds) == -1)
		return err_set(e, ERR_LOCAL, NULL, "open a pipe");
	for (i = 0; i < 2; i++) {
		(void)fcntl(pipe_fds[i], F_SETFD, FD_CLOEXEC);
		(void)fcntl(pipe_fds[i], F_SETFL, O_NONBLOCK);
	}
	memset(&action, 0, sizeof(action));
	action.sa_handler = SIG_IGN;
	(void)sigaction(SIGPIPE, &action, NULL);
	action.sa_handler = on_signal;
	for (i = 0; i < sizeof(caught) / sizeof(caught[0]); i++)
		if (sigaction(caught[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			(void)sigaction(caught[i], &action, NULL);
	return pipe_fds[0];
}

int
stop_signal(void)
{
	return came;
}

void
stop_die(void)
{
	sigset_t all;

	if (came == 0)
		return;
	(void)signal(came, SIG_DFL);
	(void)sigemptyset(&all);
	(void)sigaddset(&all, came);
	(void)sigprocmask(SIG_UNBLOCK, &all, NULL);
	(void)raise(came);
}
