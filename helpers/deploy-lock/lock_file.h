/* SPDX-License-Identifier: MIT */
/* deploy-lock/lock_file.h: the lock file: its flock, its content, the process that holds it.
 * The flock is the lock: it dies with its process. The content only says who that is. The file is
 * never removed, as whoever had it open would then lock a file that nobody else sees. */
#ifndef DEPLOY_LOCK_LOCK_FILE_H
#define DEPLOY_LOCK_LOCK_FILE_H
#include <stdbool.h>
#include <sys/types.h>

#include "deploy-lock/lock_record.h"
#include "lib/base/err.h"

/* Open FILE for locking and writing, make it if need be. Refuses links and what is no regular file.
 * Returns the descriptor or -1. */
int lock_file_open(const char *path, struct err *e);
/* Open FILE for looking only. *fd is -1 if there is no such file. 0 or -1. */
int lock_file_look(const char *path, int *fd, struct err *e);

/* Try to take the lock. 1: taken, and fd is still the file that path names; 0: another holds it;
 * -1: *e, or fd is no longer what path names (ERR_NONE: open anew). */
int lock_file_try(int fd, const char *path, struct err *e);
/* Whether another process holds the lock, found by taking a shared lock for a moment. 1,
 * 0 or -1. */
int lock_file_held(int fd, const char *path, struct err *e);

int lock_file_read(int fd, const char *path, struct lock_record *out, struct err *e);
/* Replace the content. On failure the file says nothing. */
int lock_file_write(int fd, const char *path, const struct lock_record *r, struct err *e);
/* Write the time of a heartbeat into the record that the file holds. */
int lock_file_beat(int fd, const char *path, int64_t beat_ms, struct err *e);
/* Empty the file. */
int lock_file_clear(int fd, const char *path, struct err *e);

#endif
