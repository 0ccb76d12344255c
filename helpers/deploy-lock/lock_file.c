/* SPDX-License-Identifier: MIT */
#include "deploy-lock/lock_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/base/fs.h"

static int
check_regular(int fd, const char *path, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return err_set(e, ERR_LOCAL, NULL, "stat %s", path);
	return S_ISREG(st.st_mode) ? 0
				   : err_set(e, ERR_LOCAL, "not a regular file", "lock %s", path);
}

static int
open_failed(const char *path, struct err *e)
{
	int cause = errno;

	(void)err_set(
	    e, ERR_LOCAL, cause == ELOOP ? "it is a symbolic link" : NULL, "open lock %s", path);
	return cause == EACCES ? err_hint(e, "it belongs to another user; run as that user") : -1;
}

int
lock_file_open(const char *path, struct err *e)
{
	int flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK;
	int fd = open(path, flags, S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH);

	if (fd == -1)
		return open_failed(path, e);
	if (check_regular(fd, path, e) == 0)
		return fd;
	(void)close(fd);
	return -1;
}

int
lock_file_look(const char *path, int *fd, struct err *e)
{
	*fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (*fd == -1)
		return errno == ENOENT ? 0 : open_failed(path, e);
	if (check_regular(*fd, path, e) == 0)
		return 0;
	(void)close(*fd);
	*fd = -1;
	return -1;
}

int
lock_file_try(int fd, const char *path, struct err *e)
{
	struct stat mine;
	struct stat named;
	int ret = fs_try_flock(fd, LOCK_EX, path, e);

	if (ret != 1)
		return ret;
	if (fstat(fd, &mine) == 0 && lstat(path, &named) == 0 && mine.st_dev == named.st_dev &&
	    mine.st_ino == named.st_ino)
		return 1;
	*e = (struct err){0}; /* somebody removed or replaced it since it was opened */
	return -1;
}

int
lock_file_held(int fd, const char *path, struct err *e)
{
	int ret = fs_try_flock(fd, LOCK_SH, path, e);

	if (ret == 1)
		(void)flock(fd, LOCK_UN);
	return ret == -1 ? -1 : ret == 0;
}

int
lock_file_read(int fd, const char *path, struct lock_record *out, struct err *e)
{
	char text[LOCK_RECORD_MAX];
	ssize_t n;

	do
		n = pread(fd, text, sizeof text, 0);
	while (n == -1 && errno == EINTR);
	if (n == -1)
		return err_set(e, ERR_LOCAL, NULL, "read %s", path);
	lock_record_read(text, (size_t)n, out);
	return 0;
}

int
lock_file_clear(int fd, const char *path, struct err *e)
{
	if (ftruncate(fd, 0) == -1 || lseek(fd, 0, SEEK_SET) == -1)
		return err_set(e, ERR_LOCAL, NULL, "empty %s", path);
	return 0;
}

int
lock_file_write(int fd, const char *path, const struct lock_record *r, struct err *e)
{
	struct buf text = {0};
	int ret = lock_record_write(&text, r, e);

	if (ret == 0 && lseek(fd, 0, SEEK_SET) == -1)
		ret = err_set(e, ERR_LOCAL, NULL, "write %s", path);
	/* Over the old record: killed half-way, `break` must not leave a holder without a name. */
	if (ret == 0 && (fs_write_all(fd, text.bytes, text.len, e) == -1 ||
			    ftruncate(fd, (off_t)text.len) == -1)) {
		(void)err_set(e, ERR_LOCAL, NULL, "write %s", path);
		(void)ftruncate(fd, 0);
		ret = -1;
	}
	buf_free(&text);
	return ret;
}

int
lock_file_beat(int fd, const char *path, int64_t beat_ms, struct err *e)
{
	char digits[LOCK_BEAT_LEN + 1];

	(void)snprintf(digits, sizeof digits, "%0*" PRId64, (int)LOCK_BEAT_LEN, beat_ms);
	if (pwrite(fd, digits, LOCK_BEAT_LEN, LOCK_BEAT_OFFSET) != (ssize_t)LOCK_BEAT_LEN)
		return err_set(e, ERR_LOCAL, NULL, "write %s", path);
	return 0;
}
