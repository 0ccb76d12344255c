/* SPDX-License-Identifier: MIT */
/* lib/base/build_dir.h: what state a build is in, read from its directory; and the lock that those
 * take who flip a link to a build or take builds away, so that the one never happens between
 * looking and doing of the other. Errors are ERR_LOCAL. */
#ifndef BASE_BUILD_DIR_H
#define BASE_BUILD_DIR_H
#include <stddef.h>

#include "lib/base/err.h"

enum build_state {
	BUILD_COMPLETE,
	BUILD_IS_INCOMPLETE, /* holds .incomplete */
	BUILD_IS_FAILED,     /* holds .failed */
	BUILD_ABSENT,        /* nothing of that name */
	BUILD_NOT_A_DIR      /* a file or a link of that name */
};

/* State of the directory `name` below dirfd; no link is followed. Any name, not only a build's.
 * 0 and *state, or -1 where it cannot be known. */
int build_dir_state(int dirfd, const char *name, enum build_state *state, struct err *e);
/* The same of an open directory: one of the first three. */
int build_dir_state_fd(int fd, enum build_state *state, struct err *e);

/* Take the lock of directory fd (flock, exclusive) that lasts until fd is closed; wait for at most
 * wait_ms. `name` is for the message. 0 or -1. */
int build_dir_lock(int fd, const char *name, int wait_ms, struct err *e);

#endif
