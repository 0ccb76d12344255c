/* SPDX-License-Identifier: MIT */
/* lib/base/err.h: the one error type, its exit statuses, and how it is printed.
 * Every function that can fail takes `struct err *e` last, fills it once at the deepest place
 * that knows what was tried, and returns -1 (or NULL). Only main, or the loop that knows the
 * host, prints. Nothing here fails or allocates. */
#ifndef BASE_ERR_H
#define BASE_ERR_H
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Each kind has one exit status: err_exit_status. Order is of no meaning. */
enum err_kind {
	ERR_NONE = 0,
	ERR_NO,      /* 1: the answer is no (tools that answer a question) */
	ERR_USAGE,   /* 2: wrong usage: options, settings, inventory */
	ERR_LOCAL,   /* 3: local file or resource */
	ERR_CONNECT, /* 4: could not connect, host key or authentication refused */
	ERR_PROTO,   /* 5: protocol or transfer broke */
	ERR_REMOTE,  /* 6: a remote command failed, or some hosts failed */
	ERR_INTERNAL /* 70: a bug in the tool */
};

struct err {
	enum err_kind kind;
	char what[256]; /* what was tried, on what: "open builds/x" */
	char why[256];  /* strerror text, or the rule that was broken */
	char hint[256]; /* next step for the operator, or "" */
};

/* Fill *e (hint becomes ""), return -1. why == NULL means strerror(errno) as it was on entry.
 * Truncates what does not fit, never fails. */
int err_set(struct err *e, enum err_kind kind, const char *why, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* Set the why of an error that is already filled, where it is more than a fixed
 * text. Returns -1. */
int err_why(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Set the hint of an error that is already filled. Returns -1, so that it can end a function. */
int err_hint(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The exit status of a kind, as in every man page's EXIT STATUS; 0 for ERR_NONE. */
int err_exit_status(enum err_kind kind);

/* Write "tool: what: why" and, if there is one, "tool: hint: ..." to out. host may be NULL, else
 * it stands between: "tool: host: what: why". Bytes that are not printable ASCII or valid UTF-8
 * are escaped as \xNN. */
void err_print(FILE *out, const char *tool, const char *host, const struct err *e);

#endif
