/* SPDX-License-Identifier: MIT */
#include "prune-builds/prune_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/build_name.h"
#include "lib/base/fs.h"
#include "lib/base/text.h"
#include "prune-builds/prune_proc.h"

#define CLIMB_MAX 256u /* directories above what a link leads to */
#define ENV_LINK "env"
#define ENV_MARK "pyvenv.cfg" /* every virtualenv has it */

int
prune_dir_open(struct prune_dir *d, const char *path, bool is_envs, struct err *e)
{
	*d = (struct prune_dir){.given = path, .fd = -1, .is_envs = is_envs};
	d->path = fs_real_path(path, e);
	if (d->path == NULL)
		return -1;
	d->fd = fs_open_dir(AT_FDCWD, d->path, e);
	return d->fd == -1 ? -1 : 0;
}

void
prune_dir_free(struct prune_dir *d)
{
	for (size_t i = 0; i < d->n; i++)
		free(d->items[i].name);
	free(d->items);
	free(d->path);
	if (d->fd != -1)
		(void)close(d->fd);
	*d = (struct prune_dir){.fd = -1};
}

/* ---- reading ---- */

static bool
has(int fd, const char *name)
{
	struct stat st;

	return fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Look into the directory fd that item stands for. False: it is none of ours. */
static bool
look_into(const struct prune_dir *d, int fd, struct prune_item *item)
{
	struct err ignored = {0};
	struct stat st;

	if (fstat(fd, &st) == -1) {
		item->unknown = true;
		return true;
	}
	item->dev = st.st_dev;
	item->ino = st.st_ino;
	item->unknown = build_dir_state_fd(fd, &item->state, &ignored) == -1;
	return !d->is_envs || item->unknown || item->state != BUILD_COMPLETE || has(fd, ENV_MARK);
}

/* 1: item filled; 0: not an item; -1. */
static int
read_item(struct prune_dir *d, const char *name, struct prune_item *item, struct prune_report *r,
    struct err *e)
{
	int fd = openat(d->fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	bool ours = true;

	*item = (struct prune_item){0};
	if (fd == -1 && (errno == ENOTDIR || errno == ELOOP))
		return prune_report_warn(r, e, "%s/%s: no directory: left alone", d->given, name);
	if (fd == -1 && errno == ENOENT)
		return 0;
	if (fd == -1) {
		item->unknown = true;
		if (prune_report_warn(r, e, "%s/%s: %s", d->given, name, strerror(errno)) == -1)
			return -1;
	} else {
		ours = look_into(d, fd, item);
		(void)close(fd);
	}
	if (!ours)
		return prune_report_warn(r, e, "%s/%s: no virtualenv: left alone", d->given, name);
	item->name = text_dup(name, strlen(name), e);
	return item->name == NULL ? -1 : 1;
}

int
prune_dir_read(struct prune_dir *d, struct prune_report *r, struct err *e)
{
	size_t n;
	char **names = fs_list(d->fd, &n, e);
	int ret = 0;

	if (names == NULL)
		return -1;
	d->items = calloc(n + 1, sizeof *d->items);
	if (d->items == NULL)
		ret = err_set(e, ERR_LOCAL, "out of memory", "list %s", d->given);
	for (size_t i = 0; i < n && ret != -1; i++) {
		if (d->is_envs ? names[i][0] == '.' : !build_name_valid(names[i]))
			continue;
		ret = read_item(d, names[i], &d->items[d->n], r, e);
		d->n += ret == 1;
	}
	fs_free_names(names);
	return ret == -1 ? -1 : 0;
}

/* ---- what speaks for keeping ---- */

static void
found_process(void *ctx, const char *name, size_t n, long pid)
{
	struct prune_dir *d = ctx;

	for (size_t i = 0; i < d->n; i++)
		if (strlen(d->items[i].name) == n && memcmp(d->items[i].name, name, n) == 0)
			d->items[i].pid = pid;
}

int
prune_dir_mark_processes(struct prune_dir *d, struct err *e)
{
	return prune_proc_scan(d->path, found_process, d, &d->n_hidden, e);
}

void
prune_dir_mark_active(struct prune_dir *d, const char *name)
{
	for (size_t i = 0; i < d->n; i++)
		if (strcmp(d->items[i].name, name) == 0)
			d->items[i].active = true;
}

/* Mark the item that this is. True if there is one. */
static bool
mark_same(struct prune_dir *d, const struct stat *st)
{
	bool found = false;

	for (size_t i = 0; i < d->n; i++)
		if (d->items[i].dev == st->st_dev && d->items[i].ino == st->st_ino)
			found = d->items[i].linked = true;
	return found;
}

/* Mark the item that the open directory is or is in, whichever way it was reached. Closes fd. */
static void
mark_above(struct prune_dir *d, int fd)
{
	struct stat st;
	struct stat last = {0};

	for (unsigned i = 0; i < CLIMB_MAX && fd != -1; i++) {
		int up;

		if (fstat(fd, &st) == -1 || mark_same(d, &st) ||
		    (i > 0 && st.st_dev == last.st_dev && st.st_ino == last.st_ino))
			break; /* found, or at the root */
		last = st;
		up = openat(fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		(void)close(fd);
		fd = up;
	}
	if (fd != -1)
		(void)close(fd);
}

/* Mark the item ROOT/NAME that an absolute path names; this needs no permission to look. */
static void
mark_by_name(struct prune_dir *d, const char *path)
{
	size_t len = strlen(d->path);
	size_t name_len;

	if (strncmp(path, d->path, len) != 0 || path[len] != '/')
		return;
	name_len = strcspn(path + len + 1, "/");
	for (size_t i = 0; i < d->n; i++)
		if (strlen(d->items[i].name) == name_len &&
		    memcmp(d->items[i].name, path + len + 1, name_len) == 0)
			d->items[i].linked = true;
}

int
prune_dir_mark_link(struct prune_dir *d, const char *path, struct prune_report *r, struct err *e)
{
	struct err cause = {0};
	char *real = fs_real_path(path, &cause);
	struct stat st;

	if (real == NULL && lstat(path, &st) == -1 && errno == ENOENT)
		return 0;
	if (real == NULL)
		return prune_report_warn(r, e, "%s leads nowhere: %s", path, cause.why);
	mark_by_name(d, real);
	mark_above(d, open(real, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	free(real);
	return 0;
}

/* Mark the environment that a build's env link leads to. False if that cannot be seen. */
static bool
mark_env_of(struct prune_dir *envs, const struct prune_dir *builds, const char *name)
{
	int fd = openat(builds->fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	bool seen = fd != -1;

	if (seen && fstatat(fd, ENV_LINK, &st, 0) == 0)
		(void)mark_same(envs, &st);
	else if (seen)
		seen = errno == ENOENT || errno == ENOTDIR;
	if (fd != -1)
		(void)close(fd);
	return seen;
}

int
prune_dir_mark_envs(
    struct prune_dir *envs, const struct prune_dir *builds, struct prune_report *r, struct err *e)
{
	bool all_seen = true;

	for (size_t i = 0; i < builds->n; i++) {
		const struct prune_item *build = &builds->items[i];

		if (build->verdict == PRUNE_REMOVE || mark_env_of(envs, builds, build->name))
			continue;
		all_seen = false;
		if (prune_report_warn(r, e, "%s/%s: its env cannot be seen: %s is left alone",
			builds->given, build->name, envs->given) == -1)
			return -1;
	}
	for (size_t i = 0; i < envs->n && !all_seen; i++)
		envs->items[i].unknown = true;
	return 0;
}
