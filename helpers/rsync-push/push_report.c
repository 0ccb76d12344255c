/* SPDX-License-Identifier: MIT */
#include "rsync-push/push_report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/text.h"

static uint64_t
n_sent(const struct push_host *h)
{
	return h->rsync->dry_run ? h->stats.n_wanted : h->stats.n_files;
}

static uint64_t
n_bytes(const struct push_host *h)
{
	return h->rsync->dry_run ? h->stats.wanted_bytes
	                         : h->stats.literal_bytes + h->stats.matched_bytes;
}

static void
print_summary(const struct push_host *h)
{
	const struct sender_stats *s = &h->stats;
	const char *done = h->rsync->dry_run ? "would send" : "sent";
	char literal[PUSH_AMOUNT_LEN], matched[PUSH_AMOUNT_LEN], out[PUSH_AMOUNT_LEN], in[PUSH_AMOUNT_LEN];

	(void)fprintf(stderr, "rsync-push: %s: %zu entries, %s %" PRIu64 " files", h->name,
	              h->shared->scan->list.n, done, n_sent(h));
	if (h->rsync->dry_run)
		(void)fprintf(stderr, " (%s)", push_amount(s->wanted_bytes, literal));
	else
		(void)fprintf(stderr, " (%s new, %s found there)", push_amount(s->literal_bytes, literal),
		              push_amount(s->matched_bytes, matched));
	if (h->rsync->itemize_all)
		(void)fprintf(stderr, ", linked %" PRIu64, s->n_hard_links);
	if (h->rsync->del)
		(void)fprintf(stderr, ", %s %" PRIu64, h->rsync->dry_run ? "would delete" : "deleted",
		              s->n_deleted);
	(void)fprintf(stderr, "; wire %s out, %s in; %" PRId64 ".%02d s\n", push_amount(h->n_written, out),
	              push_amount(h->n_read, in), h->took_ms / 1000, (int)(h->took_ms % 1000 / 10));
}

/* The counters of --stats and --json, in their order. */
#define COUNTERS 15

struct counter {
	const char *name;
	uint64_t value;
};

/* Regular files of the source, and their bytes. */
static uint64_t
files(const struct push_host *h, uint64_t *bytes)
{
	const struct flist *list = &h->shared->scan->list;
	uint64_t n = 0;
	size_t i;

	for (*bytes = 0, i = 0; i < list->n; i++)
		if (flist_is_reg(&list->entries[i])) {
			n++;
			*bytes += (uint64_t)list->entries[i].size;
		}
	return n;
}

static void
counters(const struct push_host *h, struct counter out[COUNTERS])
{
	const struct sender_stats *s = &h->stats;
	uint64_t bytes;
	uint64_t n_files = files(h, &bytes);
	const struct counter all[COUNTERS] = {
		{ "entries", h->shared->scan->list.n },
		{ "files", n_files },
		{ "file_bytes", bytes },
		{ "files_sent", n_sent(h) },
		{ "sent_bytes", n_bytes(h) },
		{ "created", s->n_new },
		{ "made_there", s->n_local },
		{ "hard_linked", s->n_hard_links },
		{ "attributes_only", s->n_attrs },
		{ "deleted", s->n_deleted },
		{ "unreadable", s->n_skipped },
		{ "literal_bytes", s->literal_bytes },
		{ "matched_bytes", s->matched_bytes },
		{ "bytes_out", h->n_written },
		{ "bytes_in", h->n_read },
	};

	memcpy(out, all, sizeof(all));
}

static void
print_stats(const struct push_host *h)
{
	struct counter all[COUNTERS];
	size_t i;

	counters(h, all);
	for (i = 0; i < COUNTERS; i++)
		(void)printf("%s: %s: %" PRIu64 "\n", h->name, all[i].name, all[i].value);
	(void)printf("%s: seconds: %" PRId64 ".%03d\n", h->name, h->took_ms / 1000,
	             (int)(h->took_ms % 1000));
}

static int
add_member(struct buf *out, const char *name, const char *text, struct err *e)
{
	if (buf_fmt(out, e, ",\"%s\":", name) == -1)
		return -1;
	return text_json(out, text, strlen(text), e);
}

static int
build_json(const struct push_host *h, struct buf *out, struct err *e)
{
	struct counter all[COUNTERS];
	size_t i;

	if (buf_str(out, "{\"host\":", e) == -1 ||
	    text_json(out, h->name, strlen(h->name), e) == -1 ||
	    buf_fmt(out, e, ",\"status\":%d,\"dry_run\":%s", err_exit_status(h->failure.kind),
	            h->rsync->dry_run ? "true" : "false") == -1)
		return -1;
	counters(h, all);
	for (i = 0; i < COUNTERS; i++)
		if (buf_fmt(out, e, ",\"%s\":%" PRIu64, all[i].name, all[i].value) == -1)
			return -1;
	if (buf_fmt(out, e, ",\"seconds\":%" PRId64 ".%03d,\"ended\":%" PRId64, h->took_ms / 1000,
	            (int)(h->took_ms % 1000), h->ended_unix_ms) == -1)
		return -1;
	if (h->failure.kind != ERR_NONE &&
	    (add_member(out, "what", h->failure.what, e) == -1 ||
	     add_member(out, "why", h->failure.why, e) == -1 ||
	     add_member(out, "hint", h->failure.hint, e) == -1))
		return -1;
	return buf_str(out, "}", e);
}

static void
print_json(const struct push_host *h)
{
	struct buf line = { 0 };
	struct err e;

	if (build_json(h, &line, &e) == 0)
		(void)printf("%.*s\n", (int)line.len, (const char *)line.bytes);
	else
		err_print(stderr, "rsync-push", h->name, &e);
	buf_free(&line);
}

void
push_report_host(const struct push_host *h)
{
	const struct push_options *o = h->shared->options;

	if (h->failure.kind != ERR_NONE)
		err_print(stderr, "rsync-push", h->name, &h->failure);
	else if (!o->quiet)
		print_summary(h);
	if (o->stats)
		print_stats(h);
	if (o->json)
		print_json(h);
	(void)fflush(stdout); /* a failure stays: cli_finish reports it */
}

int
push_report_status(const struct push_host *hosts, size_t n)
{
	size_t n_failed = 0;
	int worst = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		int status = err_exit_status(hosts[i].failure.kind);

		n_failed += status != 0;
		if (status > worst)
			worst = status;
	}
	return n_failed == 0 || n_failed == n ? worst : err_exit_status(ERR_REMOTE);
}
