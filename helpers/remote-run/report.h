/* SPDX-License-Identifier: MIT */
/* remote-run/report.h: what is said when all hosts have ended, and the exit status. */
#ifndef REMOTE_RUN_REPORT_H
#define REMOTE_RUN_REPORT_H
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "remote-run/job.h"

/* A line per failed host; those that were cut short because of another are left out if `own`. */
void report_failures(FILE *to, const char *tool, const struct job *jobs, size_t n, bool own);
/* One JSON object per host and line: host, status, stdout, stderr, seconds, error. */
int report_json(const struct job *jobs, size_t n, struct buf *out, struct err *e);
/* The same for --record: host, status, seconds, ended, stderr (the last of it), stopped, error, hint. */
int report_record(const struct job *jobs, size_t n, struct buf *out, struct err *e);
/* Output of hosts that said the same and ended the same, once, prefixed with all their names. */
int report_folded(const struct job *jobs, size_t n, bool escaped, struct buf out[2], struct err *e);
/* The worst of all hosts': a host not reached (4) counts more than a broken connection (5), and that
 * more than a failed command (6); local trouble (3, 70) more than any of these. */
int report_status(const struct job *jobs, size_t n);

#endif
