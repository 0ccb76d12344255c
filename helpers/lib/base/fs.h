/* SPDX-License-Identifier: MIT */
/* lib/base/fs.h: files and directories by descriptor. Nothing here follows a symbolic link as the
 * last component of a path unless it says so; every descriptor is close-on-exec. Errors are
 * ERR_LOCAL. */
#ifndef BASE_FS_H
#define BASE_FS_H
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"

/* Open the directory `path` below dirfd (AT_FDCWD allowed). Returns the descriptor or -1. */
int fs_open_dir(int dirfd, const char *path, struct err *e);
/* Append the content of a regular file of at most max bytes. `follow`: a link as last component is
 * followed. */
int fs_read_file(
    int dirfd, const char *path, bool follow, size_t max, struct buf *out, struct err *e);
/* The target of the link `name` as a malloc'ed string, or NULL. */
char *fs_read_link(int dirfd, const char *name, struct err *e);
/* The absolute path of an existing file with every link followed, malloc'ed. NULL
 * with errno kept. */
char *fs_real_path(const char *path, struct err *e);
/* Names in directory fd without "." and "..", sorted bytewise; a malloc'ed array of n malloc'ed
 * strings ended by NULL (fs_free_names frees it). fd stays open. NULL on failure. */
char **fs_list(int fd, size_t *n, struct err *e);
void fs_free_names(char **names);
/* Write all n bytes, over short writes and EINTR. */
int fs_write_all(int fd, const void *bytes, size_t n, struct err *e);
int fs_sync_dir(int fd, struct err *e);
/* flock(2) without waiting; operation: LOCK_SH or LOCK_EX. 1: it is locked, 0: by another, -1. */
int fs_try_flock(int fd, int operation, const char *path, struct err *e);

#endif
