/* SPDX-License-Identifier: MIT */
/* push_report.h: what is told at the end of each host, and on the way. stdout: --stats and --json;
 * stderr: the rest. */
#ifndef PUSH_REPORT_H
#define PUSH_REPORT_H
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "rsync-push/push_host.h"

/* A host has ended: its error or its summary line, and its --stats or --json. */
void push_report_host(const struct push_host *h);

struct push_progress {
	int64_t next_ms; /* when to speak next */
	bool terminal;   /* stderr is one: the line is rewritten in place */
	bool shown;      /* a line in place is to be cleared */
};

void push_progress_start(struct push_progress *p, const struct push_options *o);
/* Speak if it is time. */
void push_progress_step(struct push_progress *p, const struct push_options *o,
                        const struct push_host *hosts, size_t n);
/* Before anything else is printed. */
void push_progress_clear(struct push_progress *p);

/* The exit status for all hosts: 0 when all are well; one host: its own; several: the highest of
 * theirs if all failed, else 6. */
int push_report_status(const struct push_host *hosts, size_t n);

#endif
