/* SPDX-License-Identifier: MIT */
/* deploy-lock/lock_record.h: what the lock file says while it is held: `key: value` lines. Pure. */
#ifndef DEPLOY_LOCK_LOCK_RECORD_H
#define DEPLOY_LOCK_LOCK_RECORD_H
#include <stdbool.h>
#include <stddef.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"

#define LOCK_VALUE_MAX 512u   /* bytes of a value, with its NUL */
#define LOCK_TOKEN_MAX 128u   /* bytes of a token, without NUL */
#define LOCK_RECORD_MAX 8192u /* bytes of a lock file that is read */
#define LOCK_BEAT_OFFSET 6u   /* of the last heartbeat's digits: the first line is "beat: 000…" */
#define LOCK_BEAT_LEN 20u     /* always so many digits, so that they can be written over */

struct lock_record {
	char token[LOCK_VALUE_MAX]; /* "": nobody may act under this lock */
	char owner[LOCK_VALUE_MAX];
	char url[LOCK_VALUE_MAX];
	char since[LOCK_VALUE_MAX]; /* 2026-11-24T10:15:00Z */
	char host[LOCK_VALUE_MAX];  /* where the process is */
	long pid;                   /* 0: not known, as below */
	/* What tells another process that the holder has stopped. */
	char boot[LOCK_VALUE_MAX]; /* the kernel's boot id */
	int64_t started;           /* of pid: clock ticks since boot */
	int64_t lease_s;
	int64_t beat_ms; /* last heartbeat, or when it was taken: clock_boot_ms */
};

/* 1..LOCK_TOKEN_MAX of [A-Za-z0-9._-], the first no '-'. */
bool lock_token_valid(const char *token);
/* Copy a value cut to fit, line breaks and other control characters as \xNN. */
int lock_value_set(char to[LOCK_VALUE_MAX], const char *from, struct err *e);
/* Append the record as lines; empty values are left out. */
int lock_record_write(struct buf *out, const struct lock_record *r, struct err *e);
/* Append the lines that people want to see. silent_s: seconds since the last heartbeat; -1: not
 * known. */
int lock_record_show(struct buf *out, const struct lock_record *r, int64_t silent_s, struct err *e);
/* Read lines; unknown keys, malformed and overlong lines are passed over. Never fails: a file that
 * holds nothing gives an empty record. */
void lock_record_read(const void *text, size_t n, struct lock_record *out);
/* Append {"held":true,"owner":…} (null for what is not there), or {"held":false}. */
int lock_record_json(
    struct buf *out, const struct lock_record *r, bool held, int64_t silent_s, struct err *e);
/* Milliseconds since the last heartbeat, at now_ms (clock_boot_ms) of the boot with that id; -1:
 * not known, as the record is of another boot, or says too little. */
int64_t lock_record_silent_ms(const struct lock_record *r, const char *boot, int64_t now_ms);
/* Append "held by OWNER since TIME, URL, process PID on HOST". */
int lock_record_sentence(struct buf *out, const struct lock_record *r, struct err *e);

#endif
