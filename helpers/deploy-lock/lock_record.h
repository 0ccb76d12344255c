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

struct lock_record {
	char token[LOCK_VALUE_MAX]; /* "": nobody may act under this lock */
	char owner[LOCK_VALUE_MAX];
	char url[LOCK_VALUE_MAX];
	char since[LOCK_VALUE_MAX]; /* 2026-11-24T10:15:00Z */
	char host[LOCK_VALUE_MAX];  /* where the process is */
	long pid;                   /* 0: not known */
};

/* 1..LOCK_TOKEN_MAX of [A-Za-z0-9._-], the first no '-'. */
bool lock_token_valid(const char *token);
/* Copy a value cut to fit, line breaks and other control characters as \xNN. */
int lock_value_set(char to[LOCK_VALUE_MAX], const char *from, struct err *e);
/* Append the record as lines; empty values are left out. */
int lock_record_write(struct buf *out, const struct lock_record *r, struct err *e);
/* Read lines; unknown keys, malformed and overlong lines are passed over. Never fails: a file that
 * holds nothing gives an empty record. */
void lock_record_read(const void *text, size_t n, struct lock_record *out);
/* Append {"held":true,"owner":…} (null for what is not there), or {"held":false}. */
int lock_record_json(struct buf *out, const struct lock_record *r, bool held, struct err *e);
/* Append "held by OWNER since TIME, URL, process PID on HOST". */
int lock_record_sentence(struct buf *out, const struct lock_record *r, struct err *e);

#endif
