/* SPDX-License-Identifier: MIT */
/* lib/rsync/command.h: the command line of the server's side. Pure. */
#ifndef RSYNC_COMMAND_H
#define RSYNC_COMMAND_H
#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/rsync/options.h"

/* The arguments, "rsync" first, as a NULL-terminated array (command_free_argv). NULL with
 * ERR_USAGE if an option is out of range or holds CR, LF, or ERR_LOCAL. */
char **command_argv(const struct rsync_options *o, struct err *e);
void command_free_argv(char **argv);

/* The same as one string for the server's shell (SSH exec, or `sh -c`): every word quoted; a
 * leading "~/" or "~user/" of dest stays outside the quotes so that the shell expands it. */
int command_line(const struct rsync_options *o, struct buf *out, struct err *e);

#endif
