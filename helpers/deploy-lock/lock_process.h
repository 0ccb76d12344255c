/* SPDX-License-Identifier: MIT */
/* deploy-lock/lock_process.h: the process that a record names: is it there, is it the holder, has
 * it stopped. A number alone is no process: numbers are used again. Linux: reads /proc. */
#ifndef DEPLOY_LOCK_LOCK_PROCESS_H
#define DEPLOY_LOCK_LOCK_PROCESS_H
#include <stdbool.h>
#include <sys/types.h>

#include "deploy-lock/lock_record.h"
#include "lib/base/err.h"

/* This process as the holder: fills pid, started, boot and beat_ms of *r. What cannot be found out
 * stays empty: then nobody takes over, as without it nobody may. */
void lock_process_self(struct lock_record *r);

/* Milliseconds since the holder's last heartbeat; -1: not known. */
int64_t lock_process_silent_ms(const struct lock_record *r);
/* Whether the lease is over and the holder has not noticed, as it does when it runs. */
bool lock_process_expired(const struct lock_record *r);

/* Whether process pid has the file open that fd is. 1, 0 (also: no such process), or -1 when its
 * descriptors may not be seen. */
int lock_process_has_open(int fd, pid_t pid, struct err *e);

/* SIGKILL the holder of fd that r names, if it is the very process that took the lock. 0: sent; -1:
 * ERR_LOCAL, it is not, or is not ours to end. */
int lock_process_kill(int fd, const char *path, const struct lock_record *r, struct err *e);

#endif
