/* SPDX-License-Identifier: MIT */
#include "prune-builds/prune_locks.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/build_dir.h"
#include "lib/base/fs.h"
#include "lib/base/text.h"

#define LOCK_WAIT_MS 30000

static bool
is_locked(const struct prune_locks *l, int fd)
{
	struct stat mine;
	struct stat st;

	for (size_t i = 0; i < l->n; i++)
		if (fstat(fd, &mine) == 0 && fstat(l->fds[i], &st) == 0 &&
		    mine.st_dev == st.st_dev && mine.st_ino == st.st_ino)
			return true;
	return false;
}

int
prune_locks_add(struct prune_locks *l, const char *link, struct err *e)
{
	const char *slash = strrchr(link, '/');
	char *dir =
	    slash == NULL ? text_dup(".", 1, e) : text_dup(link, (size_t)(slash - link) + 1, e);
	int fd = dir == NULL ? -1 : open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int ret = 0;

	if (dir != NULL && fd == -1)
		(void)err_set(e, ERR_LOCAL, NULL, "open directory %s of link %s", dir, link);
	if (fd == -1 || l->n == PRUNE_LINKS_MAX) {
		if (fd != -1)
			ret = err_set(e, ERR_USAGE, "too many", "--protect %s", link);
	} else if (!is_locked(l, fd)) {
		ret = build_dir_lock(fd, dir, LOCK_WAIT_MS, e);
		if (ret == 0) {
			l->fds[l->n++] = fd;
			free(dir);
			return 0;
		}
	}
	if (fd == -1)
		ret = -1;
	else
		(void)close(fd);
	free(dir);
	return ret;
}

int
prune_locks_deploy(const char *path, bool *held, struct err *e)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	int ret;

	*held = false;
	if (fd == -1)
		return errno == ENOENT ? 0 : err_set(e, ERR_LOCAL, NULL, "open %s", path);
	ret = fs_try_flock(fd, LOCK_SH, path, e);
	*held = ret == 0;
	(void)close(fd);
	return ret == -1 ? -1 : 0;
}

void
prune_locks_release(struct prune_locks *l)
{
	while (l->n > 0)
		(void)close(l->fds[--l->n]);
}
