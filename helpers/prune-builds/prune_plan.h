/* SPDX-License-Identifier: MIT */
/* prune-builds/prune_plan.h: which builds go. Pure. */
#ifndef PRUNE_BUILDS_PRUNE_PLAN_H
#define PRUNE_BUILDS_PRUNE_PLAN_H
#include <stdbool.h>
#include <stddef.h>

#include "lib/base/build_dir.h"

/* Why a build stays, or that it goes. */
enum prune_verdict {
	PRUNE_REMOVE,
	PRUNE_KEEP_NEW,     /* one of the newest complete ones */
	PRUNE_KEEP_LINK,    /* a protected link leads to it or into it */
	PRUNE_KEEP_ACTIVE,  /* named by --active */
	PRUNE_KEEP_PROCESS, /* a process runs from it */
	PRUNE_KEEP_UNKNOWN  /* it could not be looked into */
};

/* A build, or an environment. */
struct prune_item {
	char *name;
	enum build_state state;
	bool linked;            /* a protected link, or a kept build's env link, leads there */
	bool active;            /* --active, --protect-env */
	long pid;               /* of a process that runs from it; 0: none is known */
	bool unknown;           /* could not be looked into */
	unsigned long long dev; /* what it was when it was looked at */
	unsigned long long ino;
	enum prune_verdict verdict; /* prune_plan_* set it */
};

/* Decide on builds, sorted by name, oldest first: the `keep` newest complete ones stay (0: all
 * complete ones), and what is linked, active, in use or unknown. */
void prune_plan_builds(struct prune_item *items, size_t n, size_t keep);
/* Decide on environments: what no kept build refers to goes, unless protected, in
 * use or unknown. */
void prune_plan_envs(struct prune_item *items, size_t n);
/* "one of the newest", "process 12 runs from it", … for people; borrowed. */
const char *prune_verdict_text(enum prune_verdict verdict);

#endif
