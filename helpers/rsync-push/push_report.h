/* SPDX-License-Identifier: MIT */
/* push_report.h: what is told at the end of each host. stdout: --stats and --json; stderr: the rest. */
#ifndef PUSH_REPORT_H
#define PUSH_REPORT_H
#include <stddef.h>

#include "rsync-push/push_host.h"

/* A host has ended: its error or its summary line, and its --stats or --json. */
void push_report_host(const struct push_host *h);

/* The exit status for all hosts: 0 when all are well; one host: its own; several: the highest of
 * theirs if all failed, else 6. */
int push_report_status(const struct push_host *hosts, size_t n);

#endif
