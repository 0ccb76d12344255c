/* SPDX-License-Identifier: MIT */
/* push_operand.h: what the command line says about where to push: [USER@]HOST:DEST, and the words of
 * an external shell. Pure. */
#ifndef PUSH_OPERAND_H
#define PUSH_OPERAND_H
#include "lib/base/err.h"

struct push_remote {
	char *user; /* NULL: not given */
	char *host;
	char *dest;
};

/* [USER@]HOST:DEST, [USER@][IPV6]:DEST. An empty DEST is the login directory ("."). -1 with
 * ERR_USAGE, nothing to free. */
int push_remote_parse(const char *operand, struct push_remote *out, struct err *e);
void push_remote_free(struct push_remote *r);

/* Divide a command at blanks; '...' and "..." keep blanks, nothing else is special. A malloc'ed
 * NULL-terminated array (push_words_free), or NULL with ERR_USAGE (an open quote, no word). */
char **push_words(const char *command, struct err *e);
void push_words_free(char **words);

#endif
