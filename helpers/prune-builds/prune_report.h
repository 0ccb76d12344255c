/* SPDX-License-Identifier: MIT */
/* prune-builds/prune_report.h: what a run has to say, collected so that libraries do not print. */
#ifndef PRUNE_BUILDS_PRUNE_REPORT_H
#define PRUNE_BUILDS_PRUNE_REPORT_H
#include <stdbool.h>
#include <stddef.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "prune-builds/prune_plan.h"

/* A zeroed struct is an empty report. Each buffer holds JSON array items or lines,
 * ready to print. */
struct prune_report {
	struct buf removed;  /* names, one a line */
	struct buf kept;     /* "name: why", one a line */
	struct buf warnings; /* one a line */
	struct buf json_removed;
	struct buf json_envs;
	struct buf json_kept;
	struct buf json_warnings;
};

void prune_report_free(struct prune_report *r);
int prune_report_removed(struct prune_report *r, const char *name, bool is_env, struct err *e);
int prune_report_kept(struct prune_report *r, const struct prune_item *item, struct err *e);
int prune_report_warn(struct prune_report *r, struct err *e, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Append the whole report as one line of JSON. */
int prune_report_json(const struct prune_report *r, bool dry_run, struct buf *out, struct err *e);

#endif
