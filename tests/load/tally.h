/* SPDX-License-Identifier: MIT */
/* tally.h: what became of the requests to one address: how many, how long they took, what failed,
 * which releases answered. Times are microseconds; those named since_us count from the beginning. */
#ifndef LOAD_TALLY_H
#define LOAD_TALLY_H
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define TALLY_RELEASES 128
#define TALLY_NAME_LEN 40

enum failure {
	FAILED_CONNECT, /* no connection */
	FAILED_RESET,   /* the connection ended before the answer did */
	FAILED_TIMEOUT,
	FAILED_5XX,
	FAILED_4XX,
	FAILED_BODY, /* answered, but not what was expected */
	N_FAILURES
};

struct release {
	char name[TALLY_NAME_LEN];
	uint64_t n;
	int64_t first_us, last_us;
};

struct tally {
	uint32_t *latency_us; /* of each good answer, from when its request was due */
	size_t n_good, room;
	uint64_t failed[N_FAILURES];
	char example[80]; /* the first failure, in words */
	int64_t first_failure_us, last_failure_us;
	struct release releases[TALLY_RELEASES];
	size_t n_releases;
	int64_t late_us; /* the longest that a request was sent after it was due: our own fault */
};

/* A good answer. release is cut at the first byte that is no letter, digit, dot, dash or
 * underscore; "" for none. */
void tally_good(struct tally *t, int64_t latency_us, int64_t since_us, const char *release);
void tally_failed(struct tally *t, enum failure why, int64_t since_us, const char *words);
/* Add what from counted to t. */
void tally_add(struct tally *t, const struct tally *from);
/* As the members of a JSON object, without its braces. Sorts latency_us. */
void tally_json(struct tally *t, FILE *out);
void tally_free(struct tally *t);

#endif
