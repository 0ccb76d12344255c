/* SPDX-License-Identifier: MIT */
/* remote-run/run.h: one call of remote-run: hosts, jobs, output, report. */
#ifndef REMOTE_RUN_RUN_H
#define REMOTE_RUN_RUN_H
#include "lib/base/err.h"
#include "remote-run/options.h"

#define RUN_TOOL "remote-run" /* in front of messages */

/* Run the operands on all hosts, or list them, and print what there is to print. Returns the exit
 * status; -1 with *e if nothing was run, or the report could not be made. */
int run_hosts(const struct options *o, char *const *operands, int n_operands, struct err *e);

#endif
