/* SPDX-License-Identifier: MIT */
/* remote-run/command.h: what the remote shell is given. Pure. */
#ifndef REMOTE_RUN_COMMAND_H
#define REMOTE_RUN_COMMAND_H
#include <stdbool.h>
#include <stddef.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"

/* The remote side passes a script on as one argument, which Linux limits (MAX_ARG_STRLEN). */
#define COMMAND_SCRIPT_MAX ((size_t)128 * 1024 - 1) /* bytes */

/* One word is a line for the remote shell, as it is; several are quoted, so that each arrives as it
 * was given. become: by sudo -n. *out gets the line, NUL-terminated. -1 with ERR_USAGE. */
int command_of_words(char *const *words, size_t n, bool become, struct buf *out, struct err *e);

/* A shell script that comes over stdin, with arguments. It is read whole before it runs, so that no
 * command in it can swallow its rest; with `more_stdin` exactly script_len bytes are read and what
 * follows is the script's own stdin. The script's first line may name another shell than sh. -1 with
 * ERR_USAGE: too large, holds a NUL, or its first line names a program that is no shell. */
int command_of_script(const char *script, size_t script_len, char *const *args, size_t n,
                      bool more_stdin, bool become, struct buf *out, struct err *e);

#endif
