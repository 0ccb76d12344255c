/* SPDX-License-Identifier: MIT */
#include "tally.h"

#include <stdlib.h>
#include <string.h>

static const char *const failure_names[N_FAILURES] = {
    "connect", "reset", "timeout", "5xx", "4xx", "body"};

static int
by_size(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void
add_latency(struct tally *t, uint32_t us)
{
	if (t->n_good == t->room) {
		t->room = t->room ? t->room * 2 : 4096;
		t->latency_us = realloc(t->latency_us, t->room * sizeof *t->latency_us);
		if (!t->latency_us)
			abort();
	}
	t->latency_us[t->n_good++] = us;
}

/* Releases beyond the room are counted as the last one. */
static struct release *
release_of(struct tally *t, const char *name, size_t len)
{
	struct release *r;
	size_t i;

	for (i = 0; i < t->n_releases; i++) {
		r = &t->releases[i];
		if (strlen(r->name) == len && memcmp(r->name, name, len) == 0)
			return r;
	}
	if (t->n_releases == TALLY_RELEASES)
		return &t->releases[TALLY_RELEASES - 1];
	r = &t->releases[t->n_releases++];
	memcpy(r->name, name, len);
	r->first_us = INT64_MAX;
	return r;
}

static void
add_release(struct tally *t, const struct release *from)
{
	struct release *r = release_of(t, from->name, strlen(from->name));

	r->n += from->n;
	if (from->first_us < r->first_us)
		r->first_us = from->first_us;
	if (from->last_us > r->last_us)
		r->last_us = from->last_us;
}

void
tally_good(struct tally *t, int64_t latency_us, int64_t since_us, const char *release)
{
	size_t len = strspn(release,
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");
	struct release seen = {.n = 1, .first_us = since_us, .last_us = since_us};

	add_latency(t, latency_us > UINT32_MAX ? UINT32_MAX : (uint32_t)latency_us);
	memcpy(seen.name, release, len < TALLY_NAME_LEN ? len : TALLY_NAME_LEN - 1);
	if (len > 0)
		add_release(t, &seen);
}

static uint64_t
n_failed(const struct tally *t)
{
	uint64_t sum = 0;
	int i;

	for (i = 0; i < N_FAILURES; i++)
		sum += t->failed[i];
	return sum;
}

void
tally_failed(struct tally *t, enum failure why, int64_t since_us, const char *words)
{
	if (n_failed(t) == 0) {
		t->first_failure_us = since_us;
		(void)snprintf(t->example, sizeof t->example, "%s", words);
	}
	t->last_failure_us = since_us;
	t->failed[why]++;
}

void
tally_add(struct tally *t, const struct tally *from)
{
	size_t i;

	if (n_failed(from) > 0) {
		if (n_failed(t) == 0 || from->first_failure_us < t->first_failure_us) {
			t->first_failure_us = from->first_failure_us;
			memcpy(t->example, from->example, sizeof t->example);
		}
		if (from->last_failure_us > t->last_failure_us)
			t->last_failure_us = from->last_failure_us;
	}
	for (i = 0; i < N_FAILURES; i++)
		t->failed[i] += from->failed[i];
	for (i = 0; i < from->n_good; i++)
		add_latency(t, from->latency_us[i]);
	for (i = 0; i < from->n_releases; i++)
		add_release(t, &from->releases[i]);
	if (from->late_us > t->late_us)
		t->late_us = from->late_us;
}

static double
ms(int64_t us)
{
	return (double)us / 1e3;
}

/* The smallest latency that so many hundredths of all are not above. */
static double
percentile(const struct tally *t, size_t hundredths)
{
	return t->n_good ? ms(t->latency_us[(t->n_good * hundredths + 99) / 100 - 1]) : 0;
}

static void
print_escaped(FILE *out, const char *text)
{
	for (; *text; text++)
		(void)fputc(*text < ' ' || *text > '~' || *text == '"' || *text == '\\' ? '?' : *text, out);
}

void
tally_json(struct tally *t, FILE *out)
{
	size_t i;

	if (t->n_good > 0)
		qsort(t->latency_us, t->n_good, sizeof *t->latency_us, by_size);
	fprintf(out, "\"requests\": %zu, \"failed\": %zu, \"failures\": {", t->n_good + n_failed(t),
	    (size_t)n_failed(t));
	for (i = 0; i < N_FAILURES; i++)
		fprintf(out, "%s\"%s\": %zu", i ? ", " : "", failure_names[i], (size_t)t->failed[i]);
	fprintf(out, "}");
	if (n_failed(t) > 0) {
		fprintf(out, ", \"first_failure\": {\"after_s\": %.3f, \"what\": \"",
		    ms(t->first_failure_us) / 1e3);
		print_escaped(out, t->example);
		fprintf(out, "\"}, \"last_failure_after_s\": %.3f", ms(t->last_failure_us) / 1e3);
	}
	fprintf(out, ", \"p50_ms\": %.1f, \"p99_ms\": %.1f, \"worst_ms\": %.1f, \"sent_late_ms\": %.1f",
	    percentile(t, 50), percentile(t, 99), percentile(t, 100), ms(t->late_us));
	fprintf(out, ", \"releases\": [");
	for (i = 0; i < t->n_releases; i++)
		fprintf(out, "%s{\"release\": \"%s\", \"requests\": %zu, \"first_s\": %.3f, \"last_s\": %.3f}",
		    i ? ", " : "", t->releases[i].name, (size_t)t->releases[i].n,
		    ms(t->releases[i].first_us) / 1e3, ms(t->releases[i].last_us) / 1e3);
	fprintf(out, "]");
}

void
tally_free(struct tally *t)
{
	free(t->latency_us);
	*t = (struct tally){0};
}
