/* SPDX-License-Identifier: MIT */
/* push_progress.h: the line that says how far the push is: rewritten in place on a terminal, else
 * printed once in a while, so that a CI's timer of silent steps is content. Goes to stderr. */
#ifndef PUSH_PROGRESS_H
#define PUSH_PROGRESS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct push_progress {
	int64_t next_ms;   /* when (clock_ms) to speak next; INT64_MAX: never */
	int64_t period_ms;
	bool in_place;     /* stderr is a terminal */
	bool shown;        /* a line in place is to be cleared */
};

/* What there is to say. */
struct push_progress_counts {
	size_t n_hosts;
	size_t n_ended; /* hosts */
	uint64_t n_files;
	uint64_t n_bytes; /* over the wire, to the hosts */
};

/* quiet: never speak. often: each second when not on a terminal. */
void push_progress_start(struct push_progress *p, bool quiet, bool often);
/* Whether it is time to speak. */
bool push_progress_due(const struct push_progress *p);
void push_progress_show(struct push_progress *p, const struct push_progress_counts *c);
/* Before anything else is printed. */
void push_progress_clear(struct push_progress *p);

/* A number of bytes for people, "812 B", "4.1 kB", "1.3 GB", into out, which it returns. */
#define PUSH_AMOUNT_LEN 32u
const char *push_amount(uint64_t bytes, char out[PUSH_AMOUNT_LEN]);

#endif
