/* SPDX-License-Identifier: MIT */
/* lib/base/clock.h: time. Deadlines use the monotonic clock; names and messages use UTC. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H
#include <stdint.h>

/* Milliseconds of the monotonic clock. */
int64_t clock_ms(void);
/* Milliseconds since boot, also while the machine slept: the same in every process of the machine.
 */
int64_t clock_boot_ms(void);
/* Seconds, and milliseconds, since 1970 of the wall clock. */
int64_t clock_unix_s(void);
int64_t clock_unix_ms(void);
/* "2026-11-24T10:15:00Z" into out. */
#define CLOCK_ISO_LEN 21u /* bytes with NUL */
void clock_iso(int64_t unix_s, char out[CLOCK_ISO_LEN]);
/* What is left of a deadline (as clock_ms) as a poll(2) timeout: >= 0, at most max_ms. */
int clock_left_ms(int64_t deadline_ms, int max_ms);

#endif
