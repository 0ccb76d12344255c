/* SPDX-License-Identifier: MIT */
/* remote-run/stop.h: SIGINT, SIGTERM and SIGHUP as a descriptor to poll, so that the loop can end
 * remote commands before the process dies of the signal. Process-wide. */
#ifndef REMOTE_RUN_STOP_H
#define REMOTE_RUN_STOP_H
#include "lib/base/err.h"

/* Catch them (those that the parent process has not set to be ignored), and ignore SIGPIPE. Returns
 * the descriptor that becomes readable, or -1 with ERR_LOCAL. */
int stop_catch(struct err *e);
/* The signal that came, or 0. */
int stop_signal(void);
/* Die of the signal that came, as if it had not been caught; returns if none came. */
void stop_die(void);

#endif
