/* SPDX-License-Identifier: MIT */
/* deploy-lock/lock_break.h: end another's hold. */
#ifndef DEPLOY_LOCK_LOCK_BREAK_H
#define DEPLOY_LOCK_LOCK_BREAK_H
#include <stdbool.h>
#include <stdint.h>

#include "deploy-lock/lock_record.h"
#include "lib/base/err.h"

/* Take the holder's right away (its token is void at once), then end its process: SIGTERM, after
 * grace_s SIGKILL (a stopped process does not hear SIGTERM). Returns 1 and fills *was when a holder
 * was ended; 0 if the lock was free; -1: ERR_LOCAL, nothing changed unless the hint says so. */
int lock_break(const char *path, int64_t grace_s, struct lock_record *was, struct err *e);

#endif
