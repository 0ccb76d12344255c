/* SPDX-License-Identifier: MIT */
#include "prune-builds/prune_plan.h"

/* What speaks for keeping it, whatever its age. */
static enum prune_verdict
protection(const struct prune_item *item)
{
	if (item->linked)
		return PRUNE_KEEP_LINK;
	if (item->active)
		return PRUNE_KEEP_ACTIVE;
	if (item->pid != 0)
		return PRUNE_KEEP_PROCESS;
	return item->unknown ? PRUNE_KEEP_UNKNOWN : PRUNE_REMOVE;
}

void
prune_plan_builds(struct prune_item *items, size_t n, size_t keep)
{
	size_t n_complete = 0;

	for (size_t i = n; i-- > 0;) {
		struct prune_item *item = &items[i];
		bool complete = item->state == BUILD_COMPLETE && !item->unknown;

		item->verdict = protection(item);
		if (complete && (keep == 0 || n_complete < keep) && item->verdict == PRUNE_REMOVE)
			item->verdict = PRUNE_KEEP_NEW;
		n_complete += complete;
	}
}

void
prune_plan_envs(struct prune_item *items, size_t n)
{
	for (size_t i = 0; i < n; i++)
		items[i].verdict = protection(&items[i]);
}

const char *
prune_verdict_text(enum prune_verdict verdict)
{
	switch (verdict) {
	case PRUNE_REMOVE:
		return "not needed";
	case PRUNE_KEEP_NEW:
		return "one of the newest";
	case PRUNE_KEEP_LINK:
		return "a link leads to it";
	case PRUNE_KEEP_ACTIVE:
		return "protected by name";
	case PRUNE_KEEP_PROCESS:
		return "a process runs from it";
	case PRUNE_KEEP_UNKNOWN:
		return "it could not be looked into";
	}
	return "?";
}
