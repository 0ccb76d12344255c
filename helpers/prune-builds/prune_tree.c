/* SPDX-License-Identifier: MIT */
#include "prune-builds/prune_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/text.h"

#define DEPTH_MAX 64u    /* deeper directories are first moved up, so that descriptors suffice */
#define DEEP ".pruning-" /* name of what was moved up: this and a number */

struct walk {
	int top_fd;
	dev_t dev;
	long mount; /* number of the mount; -1: not known */
	unsigned n_deep;
	struct prune_left *left;
};

/* Number of the mount that fd is in, or -1: a mount of the same file system has the same device. */
static long
mount_of(int fd)
{
	char path[64];
	char text[512];
	const char *line;
	ssize_t n;
	int info;

	(void)snprintf(path, sizeof path, "/proc/self/fdinfo/%d", fd);
	info = open(path, O_RDONLY | O_CLOEXEC);
	if (info == -1)
		return -1;
	n = read(info, text, sizeof text - 1);
	(void)close(info);
	if (n <= 0)
		return -1;
	text[n] = '\0';
	line = strstr(text, "mnt_id:");
	return line == NULL ? -1 : strtol(line + strlen("mnt_id:"), NULL, 10);
}

static void
describe_owner(const struct stat *st, char *out, size_t size)
{
	const struct passwd *user = getpwuid(st->st_uid);

	if (user != NULL)
		(void)snprintf(out, size, "%s", user->pw_name);
	else
		(void)snprintf(out, size, "uid %lu", (unsigned long)st->st_uid);
}

/* Count what could not be removed. dir: the directory whose permission decides, or -1. */
static void
leave(struct walk *w, const char *path, const char *why, int dir)
{
	int cause = errno;
	struct stat st;
	char owner[64] = "?";

	w->left->n++;
	if (w->left->n > 1)
		return;
	errno = cause;
	(void)err_set(&w->left->first, ERR_LOCAL, why, "remove %s", path);
	if (why != NULL || dir == -1 || fstat(dir, &st) == -1)
		return;
	describe_owner(&st, owner, sizeof owner);
	(void)err_hint(&w->left->first, "its directory belongs to %s", owner);
}

/* The owner of a directory may empty it even if it made it read-only. */
static int
make_writable(int fd)
{
	struct stat st;

	if (fstat(fd, &st) == -1 || st.st_uid != geteuid() || (st.st_mode & S_IRWXU) == S_IRWXU)
		return -1;
	return fchmod(fd, S_IRWXU);
}

static int
unlink_in(int fd, const char *name, int flags)
{
	if (unlinkat(fd, name, flags) == 0 || errno == ENOENT)
		return 0;
	if (errno != EACCES || make_writable(fd) == -1)
		return -1;
	return unlinkat(fd, name, flags) == 0 || errno == ENOENT ? 0 : -1;
}

static int
open_sub(int fd, const char *name)
{
	int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int sub = openat(fd, name, flags);

	if (sub != -1 || errno != EACCES)
		return sub;
	if (fchmodat(fd, name, S_IRWXU, AT_SYMLINK_NOFOLLOW) == -1) {
		errno = EACCES;
		return -1;
	}
	return openat(fd, name, flags);
}

static bool
same_mount(const struct walk *w, int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_dev == w->dev && mount_of(fd) == w->mount;
}

static int empty(struct walk *w, int fd, const char *path, unsigned depth, struct err *e);

/* Move a directory that is too deep to the top, where it is emptied in its turn. */
static int
move_up(struct walk *w, int fd, const char *name)
{
	char deep[64];

	for (;;) {
		(void)snprintf(deep, sizeof deep, DEEP "%u", w->n_deep++);
		if (renameat(fd, name, w->top_fd, deep) == 0)
			return 0;
		if (errno != EEXIST && errno != ENOTEMPTY && errno != ENOTDIR)
			return -1;
	}
}

static int
remove_dir(
    struct walk *w, int fd, const char *name, const char *path, unsigned depth, struct err *e)
{
	size_t before = w->left->n;
	int sub;
	int ret;

	if (depth >= DEPTH_MAX && move_up(w, fd, name) == 0)
		return 0;
	sub = open_sub(fd, name);
	if (sub == -1) {
		if (errno != ENOENT)
			leave(w, path, NULL, fd);
		return 0;
	}
	if (!same_mount(w, sub)) {
		(void)close(sub);
		leave(w, path, "another file system is mounted there", -1);
		return 0;
	}
	ret = empty(w, sub, path, depth + 1, e);
	(void)close(sub);
	if (ret == 0 && w->left->n == before && unlink_in(fd, name, AT_REMOVEDIR) == -1)
		leave(w, path, NULL, fd);
	return ret;
}

static int
remove_one(
    struct walk *w, int fd, const char *name, const char *path, unsigned depth, struct err *e)
{
	struct stat st;

	if (fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) == -1) {
		if (errno != ENOENT)
			leave(w, path, NULL, fd);
		return 0;
	}
	if (S_ISDIR(st.st_mode))
		return remove_dir(w, fd, name, path, depth, e);
	if (unlink_in(fd, name, 0) == -1)
		leave(w, path, NULL, fd);
	return 0;
}

static int
empty(struct walk *w, int fd, const char *path, unsigned depth, struct err *e)
{
	size_t n = 0;
	char **names = fs_list(fd, &n, e);
	int ret = 0;

	if (names == NULL) {
		leave(w, path, e->why, -1);
		return 0;
	}
	for (size_t i = 0; i < n && ret == 0; i++) {
		char *below = text_fmt(e, "%s/%s", path, names[i]);

		ret = below == NULL ? -1 : remove_one(w, fd, names[i], below, depth, e);
		free(below);
	}
	fs_free_names(names);
	return ret;
}

int
prune_tree_empty(int fd, const char *path, struct prune_left *left, struct err *e)
{
	struct walk w = {.top_fd = fd, .mount = mount_of(fd), .left = left};
	struct stat st;
	unsigned n_deep;

	if (fstat(fd, &st) == -1)
		return err_set(e, ERR_LOCAL, NULL, "stat %s", path);
	w.dev = st.st_dev;
	do { /* again for as long as directories were moved up */
		n_deep = w.n_deep;
		if (empty(&w, fd, path, 0, e) == -1)
			return -1;
	} while (w.n_deep != n_deep && left->n == 0);
	return 0;
}
