/* SPDX-License-Identifier: MIT */
#include "atomic-link/link_swap.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "atomic-link/link_choice.h"
#include "atomic-link/link_path.h"
#include "atomic-link/link_sync.h"
#include "lib/base/build_dir.h"
#include "lib/base/build_name.h"
#include "lib/base/clock.h"
#include "lib/base/fs.h"
#include "lib/base/text.h"

#define LOCK_WAIT_MS 30000
#define TEMP_MARK ".atomic-link-" /* a temporary link is .NAME.atomic-link-PID-TIME */

/* ---- the place ---- */

/* Split LINK into p->name and the directory, opened. */
static int
open_dir(struct link_place *p, struct err *e)
{
	const char *slash = strrchr(p->path, '/');
	const char *name = slash != NULL ? slash + 1 : p->path;
	char *dir;

	if (*name == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return err_set(
		    e, ERR_USAGE, "no name that a link could have", "link \"%s\"", p->path);
	dir = slash == NULL ? text_dup(".", 1, e)
			    : text_dup(p->path, (size_t)(slash - p->path) + 1, e);
	p->name = text_dup(name, strlen(name), e);
	if (dir == NULL || p->name == NULL) {
		free(dir);
		return -1;
	}
	p->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (p->dir_fd == -1)
		(void)err_set(e, ERR_LOCAL, NULL, "open directory %s", dir);
	else
		p->dir = fs_real_path(dir, e);
	free(dir);
	return p->dir == NULL ? -1 : 0;
}

static int
read_text(struct link_place *p, struct err *e)
{
	struct stat st;

	if (fstatat(p->dir_fd, p->name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return errno == ENOENT ? 0 : err_set(e, ERR_LOCAL, NULL, "stat %s", p->path);
	if (S_ISDIR(st.st_mode)) {
		(void)err_set(
		    e, ERR_LOCAL, "it is a directory, not a symbolic link", "replace %s", p->path);
		return err_hint(e, "move the directory away, or into builds/ under a build's name");
	}
	if (!S_ISLNK(st.st_mode))
		return err_set(
		    e, ERR_LOCAL, "it is a file, not a symbolic link", "replace %s", p->path);
	p->text = fs_read_link(p->dir_fd, p->name, e);
	return p->text == NULL ? -1 : 0;
}

/* Whoever holds the lock is the only one with a temporary link: any other is left over. */
static int
remove_stale(const struct link_place *p, struct err *e)
{
	char *prefix = text_fmt(e, ".%s" TEMP_MARK, p->name);
	size_t n;
	char **names = prefix == NULL ? NULL : fs_list(p->dir_fd, &n, e);
	struct stat st;

	for (size_t i = 0; names != NULL && names[i] != NULL; i++)
		if (text_starts_with(names[i], prefix) &&
		    fstatat(p->dir_fd, names[i], &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISLNK(st.st_mode))
			(void)unlinkat(p->dir_fd, names[i], 0); /* harmless where it must stay */
	free(prefix);
	if (names == NULL)
		return -1;
	fs_free_names(names);
	return 0;
}

int
link_place_open(struct link_place *p, const char *link, struct err *e)
{
	*p = (struct link_place){.path = link, .dir_fd = -1};
	if (open_dir(p, e) == -1 || build_dir_lock(p->dir_fd, p->dir, LOCK_WAIT_MS, e) == -1)
		return -1;
	if (read_text(p, e) == -1)
		return -1;
	return remove_stale(p, e);
}

void
link_place_free(struct link_place *p)
{
	if (p->dir_fd != -1)
		(void)close(p->dir_fd);
	free(p->dir);
	free(p->name);
	free(p->text);
	*p = (struct link_place){.dir_fd = -1};
}

char *
link_place_target(const struct link_place *p, struct err *e)
{
	char *path;
	char *target;

	if (p->text == NULL) {
		(void)err_set(e, ERR_LOCAL, "there is no such link", "read link %s", p->path);
		return NULL;
	}
	path = text_fmt(e, "%s/%s", p->dir, p->name);
	if (path == NULL)
		return NULL;
	target = fs_real_path(path, e);
	if (target == NULL)
		(void)err_set(e, ERR_LOCAL, NULL, "follow link %s -> %s", p->path, p->text);
	free(path);
	return target;
}

/* Whether both lead to the same file or directory. */
static bool
same_place(const struct link_place *p, const char *path)
{
	struct stat a;
	struct stat b;

	return fstatat(p->dir_fd, p->name, &a, 0) == 0 && stat(path, &b) == 0 &&
	       a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

int
link_place_expect(const struct link_place *p, const char *expect, struct err *e)
{
	if (link_choice_expects_none(expect)) {
		if (p->text == NULL)
			return 0;
		(void)err_set(e, ERR_NO, "", "link %s", p->path);
		return err_why(e, "it is %s, expected none", p->text);
	}
	if (p->text != NULL && (link_choice_matches(expect, p->text) || same_place(p, expect)))
		return 0;
	(void)err_set(e, ERR_NO, "", "link %s", p->path);
	return err_why(e, "it is %s, expected %s", p->text != NULL ? p->text : "not there", expect);
}

/* ---- the target ---- */

char *
link_target_check(const char *target, struct err *e)
{
	char *path = fs_real_path(target, e);
	enum build_state state;
	const char *why = NULL;
	int fd;
	int ret;

	if (path == NULL) {
		(void)err_set(e, ERR_LOCAL, NULL, "target %s", target);
		return NULL;
	}
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1 && errno == ENOTDIR)
		return path; /* a link to a file has no markers */
	ret = fd == -1 ? err_set(e, ERR_LOCAL, NULL, "open %s", target)
		       : build_dir_state_fd(fd, &state, e);
	if (fd != -1)
		(void)close(fd);
	if (ret == 0 && state == BUILD_IS_INCOMPLETE)
		why = "it is marked " BUILD_INCOMPLETE;
	if (ret == 0 && state == BUILD_IS_FAILED)
		why = "it is marked " BUILD_FAILED;
	if (ret == 0 && why == NULL)
		return path;
	if (why != NULL)
		(void)err_set(e, ERR_LOCAL, why, "target %s", target);
	free(path);
	return NULL;
}

int
link_target_sync(const char *target, struct err *e)
{
	int fd = open(target, O_RDONLY | O_CLOEXEC);
	int ret;

	if (fd == -1)
		return err_set(e, ERR_LOCAL, NULL, "open %s", target);
	ret = link_sync_fs(fd) == -1 || fsync(fd) == -1
		  ? err_set(e, ERR_LOCAL, NULL, "sync %s", target)
		  : 0;
	(void)close(fd);
	return ret;
}

/* ---- the swap ---- */

/* The link `name` must lead to `target`. */
static int
verify(const struct link_place *p, const char *name, const char *target, struct err *e)
{
	struct stat got;
	struct stat want;

	if (stat(target, &want) == -1)
		return err_set(e, ERR_LOCAL, NULL, "target %s", target);
	if (fstatat(p->dir_fd, name, &got, 0) == -1)
		return err_set(e, ERR_LOCAL, NULL, "link %s would be broken", p->path);
	if (got.st_dev != want.st_dev || got.st_ino != want.st_ino)
		return err_set(e, ERR_LOCAL, "it would lead elsewhere", "link %s", p->path);
	return 0;
}

/* Make the link aside, try it, move it over the old one, look at what is there then. */
static int
replace(const struct link_place *p, const char *text, const char *target, struct err *e)
{
	char *temp =
	    text_fmt(e, ".%s" TEMP_MARK "%ld-%" PRId64, p->name, (long)getpid(), clock_ms());
	char *now = NULL;
	int ret = -1;

	if (temp == NULL)
		return -1;
	if (symlinkat(text, p->dir_fd, temp) == -1) {
		(void)err_set(e, ERR_LOCAL, NULL, "create link %s/%s", p->dir, temp);
		goto out;
	}
	if (verify(p, temp, target, e) == -1) {
		(void)unlinkat(p->dir_fd, temp, 0);
		goto out;
	}
	if (renameat(p->dir_fd, temp, p->dir_fd, p->name) == -1) {
		(void)err_set(e, ERR_LOCAL, NULL, "replace %s", p->path);
		(void)unlinkat(p->dir_fd, temp, 0);
		goto out;
	}
	now = fs_read_link(p->dir_fd, p->name, e);
	if (now == NULL)
		goto out;
	if (strcmp(now, text) != 0) {
		(void)err_set(e, ERR_LOCAL, "something else replaced it at the same moment",
		    "link %s", p->path);
		goto out;
	}
	ret = 0;
out:
	free(temp);
	free(now);
	return ret;
}

int
link_place_swap(struct link_place *p, const char *target, bool durable, struct buf *text,
    bool *changed, struct err *e)
{
	const char *new_text;

	buf_clear(text);
	if (link_path_text(text, p->dir, target, e) == -1)
		return -1;
	new_text = buf_cstr(text, e);
	if (new_text == NULL)
		return -1;
	*changed = p->text == NULL || strcmp(p->text, new_text) != 0;
	if (*changed && replace(p, new_text, target, e) == -1)
		return -1;
	return durable ? fs_sync_dir(p->dir_fd, e) : 0;
}
