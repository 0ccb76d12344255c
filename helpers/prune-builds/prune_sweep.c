/* SPDX-License-Identifier: MIT */
/* The half of prune_dir.h that changes something: taking aside and removing. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/build_name.h"
#include "lib/base/fs.h"
#include "lib/base/text.h"
#include "prune-builds/prune_dir.h"
#include "prune-builds/prune_tree.h"

/* Open the directory `name` if it still is what item says; else -1 with errno, 0
 * for another one. */
static int
open_same(int dirfd, const char *name, const struct prune_item *item)
{
	int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd == -1)
		return -1;
	if (fstat(fd, &st) == 0 && st.st_dev == item->dev && st.st_ino == item->ino)
		return fd;
	(void)close(fd);
	errno = 0;
	return -1;
}

static const char *
cause_text(int cause)
{
	return cause == 0 || cause == ENOTDIR || cause == ELOOP || cause == ENOENT
		   ? "it was replaced by something else: left alone"
		   : strerror(cause);
}

/* 1: aside; 0: a warning was made and it stays; -1. */
static int
set_aside(struct prune_dir *d, const struct prune_item *item, struct prune_report *r, struct err *e)
{
	char *aside = text_fmt(e, PRUNE_ASIDE "%s", item->name);
	int ret = 0;
	int fd;

	if (aside == NULL)
		return -1;
	fd = open_same(d->fd, item->name, item);
	if (fd != -1) {
		(void)close(fd);
		if (renameat(d->fd, item->name, d->fd, aside) == 0)
			ret = 1;
	}
	if (ret == 1) { /* was it swapped between looking and renaming? */
		fd = open_same(d->fd, aside, item);
		if (fd != -1)
			(void)close(fd);
		else if (renameat(d->fd, aside, d->fd, item->name) == 0)
			errno = ret = 0;
	}
	if (ret == 0)
		ret = prune_report_warn(r, e, "%s/%s: %s", d->given, item->name, cause_text(errno));
	free(aside);
	return ret;
}

int
prune_dir_set_aside(struct prune_dir *d, struct prune_report *r, struct err *e)
{
	for (size_t i = 0; i < d->n; i++) {
		int ret;

		if (d->items[i].verdict != PRUNE_REMOVE)
			continue;
		ret = set_aside(d, &d->items[i], r, e);
		if (ret == -1)
			return -1;
		if (ret == 0)
			d->items[i].verdict = PRUNE_KEEP_UNKNOWN;
	}
	return 0;
}

static int
warn_left(
    const struct prune_dir *d, const struct prune_left *left, struct prune_report *r, struct err *e)
{
	const struct err *first = &left->first;
	const char *open = first->hint[0] != '\0' ? " (" : "";
	const char *close_ = first->hint[0] != '\0' ? ")" : "";

	(void)d;
	if (left->n == 1)
		return prune_report_warn(
		    r, e, "%s: %s%s%s%s", first->what, first->why, open, first->hint, close_);
	return prune_report_warn(r, e, "%s: %s%s%s%s, and %zu more", first->what, first->why, open,
	    first->hint, close_, left->n - 1);
}

/* Remove the directory DIR/aside. 1: gone; 0: a warning was made; -1. */
static int
remove_aside(struct prune_dir *d, const char *aside, struct prune_report *r, struct err *e)
{
	struct prune_left left = {0};
	int fd = openat(d->fd, aside, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	char *path;
	int ret;

	if (fd == -1 && errno == EACCES && /* the owner may have made it unreadable */
	    fchmodat(d->fd, aside, S_IRWXU, AT_SYMLINK_NOFOLLOW) == 0)
		fd = openat(d->fd, aside, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1)
		return prune_report_warn(
		    r, e, "remove %s/%s: %s", d->given, aside, strerror(errno));
	path = text_fmt(e, "%s/%s", d->given, aside);
	ret = path == NULL ? -1 : prune_tree_empty(fd, path, &left, e);
	(void)close(fd);
	free(path);
	if (ret == -1)
		return -1;
	if (left.n > 0)
		return warn_left(d, &left, r, e);
	if (unlinkat(d->fd, aside, AT_REMOVEDIR) == -1 && errno != ENOENT)
		return prune_report_warn(
		    r, e, "remove %s/%s: %s", d->given, aside, strerror(errno));
	return 1;
}

int
prune_dir_sweep(struct prune_dir *d, struct prune_report *r, struct err *e)
{
	size_t n;
	char **names = fs_list(d->fd, &n, e);
	int ret = 0;

	if (names == NULL)
		return -1;
	for (size_t i = 0; i < n && ret != -1; i++) {
		const char *name = names[i] + strlen(PRUNE_ASIDE);

		if (!text_starts_with(names[i], PRUNE_ASIDE))
			continue;
		if (!d->is_envs && !build_name_valid(name))
			continue;
		ret = remove_aside(d, names[i], r, e);
		if (ret == 1)
			ret = prune_report_removed(r, name, d->is_envs, e);
	}
	fs_free_names(names);
	return ret == -1 ? -1 : 0;
}
