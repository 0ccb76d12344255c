/* SPDX-License-Identifier: MIT */
#define _XOPEN_SOURCE 700 /* realpath */
#include "lib/base/fs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "lib/base/text.h"

#define LINK_MAX_LEN 4096u /* bytes; PATH_MAX of Linux */

int
fs_open_dir(int dirfd, const char *path, struct err *e)
{
	int fd = openat(dirfd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd == -1)
		return err_set(e, ERR_LOCAL, NULL, "open directory %s", path);
	return fd;
}

int
fs_read_file(int dirfd, const char *path, bool follow, size_t max, struct buf *out, struct err *e)
{
	/* O_NONBLOCK: opening a FIFO must not wait for a writer; it has no effect on files. */
	int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | (follow ? 0 : O_NOFOLLOW);
	int fd = openat(dirfd, path, flags);
	struct stat st;
	int ret = -1;

	if (fd == -1)
		return err_set(e, ERR_LOCAL, NULL, "open %s", path);
	if (fstat(fd, &st) == -1)
		(void)err_set(e, ERR_LOCAL, NULL, "stat %s", path);
	else if (!S_ISREG(st.st_mode))
		(void)err_set(e, ERR_LOCAL, "not a regular file", "read %s", path);
	else if (buf_read_all(out, fd, max, e) == 0)
		ret = 0;
	else
		(void)snprintf(e->what, sizeof e->what, "read %s", path);
	(void)close(fd);
	return ret;
}

char *
fs_read_link(int dirfd, const char *name, struct err *e)
{
	char target[LINK_MAX_LEN];
	ssize_t n = readlinkat(dirfd, name, target, sizeof target);

	if (n == -1) {
		(void)err_set(e, ERR_LOCAL, errno == EINVAL ? "not a symbolic link" : NULL,
		    "read link %s", name);
		return NULL;
	}
	if ((size_t)n == sizeof target) {
		(void)err_set(e, ERR_LOCAL, "its target is too long", "read link %s", name);
		return NULL;
	}
	return text_dup(target, (size_t)n, e);
}

char *
fs_real_path(const char *path, struct err *e)
{
	char *real = realpath(path, NULL);

	if (real == NULL)
		(void)err_set(e, ERR_LOCAL, NULL, "find %s", path);
	return real;
}

struct names {
	char **at;
	size_t n;
	size_t cap;
};

static int
names_add(struct names *names, const char *name, struct err *e)
{
	if (names->n + 1 >= names->cap) {
		size_t cap = names->cap == 0 ? 64 : names->cap * 2;
		char **at = realloc(names->at, cap * sizeof *at);

		if (at == NULL)
			return err_set(e, ERR_LOCAL, "out of memory", "list directory");
		names->at = at;
		names->cap = cap;
	}
	names->at[names->n] = name == NULL ? NULL : text_dup(name, strlen(name), e);
	if (name == NULL)
		return 0;
	if (names->at[names->n] == NULL)
		return -1;
	names->at[++names->n] = NULL;
	return 0;
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int
read_names(DIR *dir, struct names *names, struct err *e)
{
	struct dirent *entry;

	for (;;) {
		errno = 0;
		entry = readdir(dir);
		if (entry == NULL)
			break;
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (names_add(names, entry->d_name, e) == -1)
			return -1;
	}
	if (errno != 0)
		return err_set(e, ERR_LOCAL, NULL, "read directory");
	return 0;
}

char **
fs_list(int fd, size_t *n, struct err *e)
{
	struct names names = {0};
	/* Not dup: a copy would share its position in the directory with fd. */
	int own = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir;

	if (own == -1) {
		(void)err_set(e, ERR_LOCAL, NULL, "open directory");
		return NULL;
	}
	dir = fdopendir(own);
	if (dir == NULL) {
		(void)err_set(e, ERR_LOCAL, NULL, "open directory");
		(void)close(own);
		return NULL;
	}
	if (names_add(&names, NULL, e) == -1 || read_names(dir, &names, e) == -1) {
		(void)closedir(dir);
		fs_free_names(names.at);
		return NULL;
	}
	(void)closedir(dir);
	qsort(names.at, names.n, sizeof *names.at, compare_names);
	*n = names.n;
	return names.at;
}

void
fs_free_names(char **names)
{
	if (names == NULL)
		return;
	for (char **name = names; *name != NULL; name++)
		free(*name);
	free(names);
}

int
fs_write_all(int fd, const void *bytes, size_t n, struct err *e)
{
	const uint8_t *p = bytes;

	while (n > 0) {
		ssize_t done = write(fd, p, n);

		if (done == -1 && errno == EINTR)
			continue;
		if (done == -1)
			return err_set(e, ERR_LOCAL, NULL, "write");
		p += done;
		n -= (size_t)done;
	}
	return 0;
}

int
fs_sync_dir(int fd, struct err *e)
{
	/* EINVAL: a file system that has nothing to sync for a directory. */
	if (fsync(fd) == -1 && errno != EINVAL)
		return err_set(e, ERR_LOCAL, NULL, "sync directory");
	return 0;
}

int
fs_try_flock(int fd, int operation, const char *path, struct err *e)
{
	int ret;

	do
		ret = flock(fd, operation | LOCK_NB);
	while (ret == -1 && errno == EINTR);
	if (ret == 0)
		return 1;
	return errno == EWOULDBLOCK ? 0 : err_set(e, ERR_LOCAL, NULL, "lock %s", path);
}
