/* SPDX-License-Identifier: MIT */
#include "rsync-push/push_progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "lib/base/clock.h"

#define IN_PLACE_MS 200
#define OFTEN_MS 1000
#define SELDOM_MS 30000

void
push_progress_start(struct push_progress *p, bool quiet, bool often)
{
	*p = (struct push_progress){ .next_ms = INT64_MAX };
	if (quiet)
		return;
	p->in_place = isatty(STDERR_FILENO) == 1;
	p->period_ms = p->in_place ? IN_PLACE_MS : often ? OFTEN_MS : SELDOM_MS;
	p->next_ms = clock_ms() + p->period_ms;
}

bool
push_progress_due(const struct push_progress *p)
{
	return p->next_ms != INT64_MAX && clock_ms() >= p->next_ms;
}

void
push_progress_show(struct push_progress *p, const struct push_progress_counts *c)
{
	char bytes[PUSH_AMOUNT_LEN];

	push_progress_clear(p);
	(void)fprintf(stderr, "rsync-push: %zu of %zu hosts done, %" PRIu64 " files, %s sent%s",
	              c->n_ended, c->n_hosts, c->n_files, push_amount(c->n_bytes, bytes),
	              p->in_place ? "" : "\n");
	(void)fflush(stderr);
	p->shown = p->in_place;
	p->next_ms = clock_ms() + p->period_ms;
}

void
push_progress_clear(struct push_progress *p)
{
	if (p->shown)
		(void)fprintf(stderr, "\r\033[K");
	p->shown = false;
}

const char *
push_amount(uint64_t bytes, char out[PUSH_AMOUNT_LEN])
{
	static const char *const units[] = { "kB", "MB", "GB", "TB" };
	uint64_t scale = 1000;
	size_t unit = 0;

	if (bytes < 1000) {
		(void)snprintf(out, PUSH_AMOUNT_LEN, "%" PRIu64 " B", bytes);
		return out;
	}
	while (bytes / scale >= 1000 && unit + 1 < sizeof(units) / sizeof(units[0])) {
		scale *= 1000;
		unit++;
	}
	(void)snprintf(out, PUSH_AMOUNT_LEN, "%" PRIu64 ".%" PRIu64 " %s", bytes / scale,
	               bytes % scale / (scale / 10), units[unit]);
	return out;
}
