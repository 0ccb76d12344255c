/* SPDX-License-Identifier: MIT */
#include "deploy-lock/lock_break.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include "deploy-lock/lock_file.h"
#include "deploy-lock/lock_process.h"
#include "lib/base/clock.h"

#define STEP_MS 20
#define KILL_WAIT_MS 5000

/* The process that the record names must hold the file open, and be ours to end. */
static int
check_holder(int fd, const char *path, const struct lock_record *r, struct err *e)
{
	pid_t pid = (pid_t)r->pid;
	int open_there;

	if (pid <= 1) {
		(void)err_set(
		    e, ERR_LOCAL, "it does not say which process holds it", "break lock %s", path);
		return err_hint(e, "it may be just being taken: try again");
	}
	if (kill(pid, 0) == -1 && errno == EPERM) {
		(void)err_set(e, ERR_LOCAL, NULL, "end process %ld that holds %s", (long)pid, path);
		return err_hint(e, "it belongs to another user; run as that user or as root");
	}
	open_there = lock_process_has_open(fd, pid, e);
	if (open_there == -1)
		return -1;
	if (open_there == 1)
		return 0;
	(void)err_set(e, ERR_LOCAL, "that process does not have it open",
	    "break lock %s of process %ld on %s", path, (long)pid,
	    r->host[0] != '\0' ? r->host : "this host");
	return err_hint(e, "run it where the holder runs: same machine, same container");
}

/* Wait until nobody holds the lock. 1: free; 0: still held at the deadline; -1. */
static int
wait_free(int fd, const char *path, int64_t wait_ms, struct err *e)
{
	const struct timespec step = {.tv_sec = 0, .tv_nsec = STEP_MS * 1000000L};
	int64_t deadline_ms = clock_ms() + wait_ms;

	for (;;) {
		int held = lock_file_held(fd, path, e);

		if (held != 1)
			return held == -1 ? -1 : 1;
		if (clock_ms() >= deadline_ms)
			return 0;
		(void)nanosleep(&step, NULL);
	}
}

/* Send the signals that end the holder, waiting after each. */
static int
end_holder(int fd, const char *path, pid_t pid, int64_t grace_s, struct err *e)
{
	static const int signals[] = {SIGTERM, SIGKILL};

	for (size_t i = 0; i < 2; i++) {
		int64_t wait_ms = signals[i] == SIGTERM ? grace_s * 1000 : KILL_WAIT_MS;
		int ret;

		/* Between two looks the number could have passed to another process. */
		if (lock_process_has_open(fd, pid, e) == 1 && kill(pid, signals[i]) == -1 &&
		    errno != ESRCH)
			return err_set(e, ERR_LOCAL, NULL, "end process %ld", (long)pid);
		ret = wait_free(fd, path, wait_ms, e);
		if (ret != 0)
			return ret == 1 ? 0 : -1;
	}
	(void)err_set(e, ERR_LOCAL, "it is still held", "break lock %s", path);
	return err_hint(e, "its token is void already; find the holder with: fuser -v %s", path);
}

int
lock_break(const char *path, int64_t grace_s, struct lock_record *was, struct err *e)
{
	struct lock_record broken;
	int fd = lock_file_open(path, e);
	int held = fd == -1 ? -1 : lock_file_held(fd, path, e);
	int ret = -1;

	if (held == -1 || lock_file_read(fd, path, was, e) == -1)
		goto out;
	if (held == 0) {
		ret = 0;
		goto out;
	}
	if (check_holder(fd, path, was, e) == -1)
		goto out;
	broken = *was;
	broken.token[0] = '\0';
	if (lock_file_write(fd, path, &broken, e) == 0 &&
	    end_holder(fd, path, (pid_t)was->pid, grace_s, e) == 0)
		ret = 1;
out:
	if (fd != -1)
		(void)close(fd);
	return ret;
}
