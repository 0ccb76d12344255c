/* SPDX-License-Identifier: MIT */
#include "lib/base/build_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/build_name.h"
#include "lib/base/clock.h"

#define LOCK_STEP_MS 10 /* between tries */

/* Whether there is a file of that name, of any type. 1, 0 or -1. */
static int
has(int fd, const char *name, struct err *e)
{
	struct stat st;

	if (fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return 1;
	if (errno == ENOENT)
		return 0;
	return err_set(e, ERR_LOCAL, NULL, "look for %s in a build", name);
}

int
build_dir_state_fd(int fd, enum build_state *state, struct err *e)
{
	int incomplete = has(fd, BUILD_INCOMPLETE, e);
	int failed = incomplete == -1 ? -1 : has(fd, BUILD_FAILED, e);

	if (failed == -1)
		return -1;
	*state = failed == 1       ? BUILD_IS_FAILED
		 : incomplete == 1 ? BUILD_IS_INCOMPLETE
				   : BUILD_COMPLETE;
	return 0;
}

int
build_dir_state(int dirfd, const char *name, enum build_state *state, struct err *e)
{
	int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int ret;

	if (fd == -1 && errno == ENOENT) {
		*state = BUILD_ABSENT;
		return 0;
	}
	if (fd == -1 && (errno == ENOTDIR || errno == ELOOP)) {
		*state = BUILD_NOT_A_DIR;
		return 0;
	}
	if (fd == -1)
		return err_set(e, ERR_LOCAL, NULL, "open %s", name);
	ret = build_dir_state_fd(fd, state, e);
	(void)close(fd);
	return ret;
}

int
build_dir_lock(int fd, const char *name, int wait_ms, struct err *e)
{
	const struct timespec step = {.tv_sec = 0, .tv_nsec = LOCK_STEP_MS * 1000000L};
	int64_t deadline_ms = clock_ms() + wait_ms;

	while (flock(fd, LOCK_EX | LOCK_NB) == -1) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return err_set(e, ERR_LOCAL, NULL, "lock directory %s", name);
		if (clock_ms() >= deadline_ms) {
			(void)err_set(e, ERR_LOCAL, "another program keeps it locked",
			    "lock directory %s", name);
			return err_hint(e, "is an atomic-link or prune-builds stuck there?");
		}
		(void)nanosleep(&step, NULL);
	}
	return 0;
}
