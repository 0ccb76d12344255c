/* SPDX-License-Identifier: MIT */
#include "remote-run/report.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "remote-run/tail.h"

void
report_failures(FILE *to, const char *tool, const struct job *jobs, size_t n, bool own)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (jobs[i].error.kind != ERR_NONE && !(own && jobs[i].cut_short))
			err_print(to, tool, jobs[i].host, &jobs[i].error);
}

static int
add_output(const struct job *j, enum stream_source from, const char *name, struct buf *out,
    struct err *e)
{
	const struct buf *kept = &j->kept[from];

	if (buf_fmt(out, e, ",\"%s\":", name) == -1 || text_json(out, kept->bytes, kept->len, e) == -1)
		return -1;
	return j->kept_cut[from] ? buf_fmt(out, e, ",\"%s_cut\":true", name) : 0;
}

static int
add_text(const char *name, const char *text, struct buf *out, struct err *e)
{
	return buf_fmt(out, e, ",\"%s\":", name) == -1 || text_json(out, text, strlen(text), e) == -1 ? -1 : 0;
}

static int
add_error(const struct err *error, struct buf *out, struct err *e)
{
	char text[sizeof(error->what) + sizeof(error->why) + 2];

	if (error->kind == ERR_NONE)
		return buf_str(out, ",\"error\":null", e);
	(void)snprintf(text, sizeof(text), "%s: %s", error->what, error->why);
	return add_text("error", text, out, e);
}

static int
add_begin(const struct job *j, struct buf *out, struct err *e)
{
	if (buf_str(out, "{\"host\":", e) == -1 || text_json(out, j->host, strlen(j->host), e) == -1)
		return -1;
	return j->status < 0 ? buf_str(out, ",\"status\":null", e)
	                     : buf_fmt(out, e, ",\"status\":%d", j->status);
}

static int
add_seconds(const struct job *j, struct buf *out, struct err *e)
{
	long long ms = (long long)j->took_ms;

	return buf_fmt(out, e, ",\"seconds\":%lld.%03lld", ms / 1000, ms % 1000);
}

int
report_json(const struct job *jobs, size_t n, struct buf *out, struct err *e)
{
	size_t i;

	for (i = 0; i < n; i++) {
		const struct job *j = &jobs[i];

		if (add_begin(j, out, e) == -1 || add_output(j, STREAM_STDOUT, "stdout", out, e) == -1 ||
		    add_output(j, STREAM_STDERR, "stderr", out, e) == -1 || add_seconds(j, out, e) == -1 ||
		    add_error(&j->error, out, e) == -1 || buf_str(out, "}\n", e) == -1)
			return -1;
	}
	return 0;
}

int
report_record(const struct job *jobs, size_t n, struct buf *out, struct err *e)
{
	size_t i;

	for (i = 0; i < n; i++) {
		const struct job *j = &jobs[i];
		size_t len;
		const uint8_t *tail = tail_lines(&j->tail, &len);

		if (add_begin(j, out, e) == -1 || add_seconds(j, out, e) == -1 ||
		    buf_fmt(out, e, ",\"ended\":%lld,\"stderr\":", (long long)j->ended_unix_ms) == -1 ||
		    text_json(out, tail, len, e) == -1 ||
		    buf_fmt(out, e, ",\"stopped\":%s", j->cut_short ? "true" : "false") == -1 ||
		    add_error(&j->error, out, e) == -1 || add_text("hint", j->error.hint, out, e) == -1 ||
		    buf_str(out, "}\n", e) == -1)
			return -1;
	}
	return 0;
}

static bool
same_bytes(const struct buf *a, const struct buf *b)
{
	return a->len == b->len && (a->len == 0 || memcmp(a->bytes, b->bytes, a->len) == 0);
}

static bool
same(const struct job *a, const struct job *b)
{
	return a->status == b->status && same_bytes(&a->kept[0], &b->kept[0]) &&
	    same_bytes(&a->kept[1], &b->kept[1]);
}

/* The names of all hosts from i on that are as jobs[i]. */
static int
fold_prefix(const struct job *jobs, size_t n, size_t i, struct buf *prefix, struct err *e)
{
	size_t k;

	for (k = i; k < n; k++)
		if (same(&jobs[i], &jobs[k]) &&
		    (buf_str(prefix, k > i ? "," : "", e) == -1 || buf_str(prefix, jobs[k].host, e) == -1))
			return -1;
	return buf_add(prefix, " | ", sizeof(" | "), e);
}

int
report_folded(const struct job *jobs, size_t n, bool escaped, struct buf out[2], struct err *e)
{
	struct buf prefix = {0};
	size_t from;
	size_t i;
	size_t k;
	int ret = 0;

	for (i = 0; i < n && ret == 0; i++) {
		for (k = 0; k < i && !same(&jobs[k], &jobs[i]); k++)
			continue;
		if (k < i)
			continue; /* printed with an earlier one */
		buf_clear(&prefix);
		ret = fold_prefix(jobs, n, i, &prefix, e);
		for (from = 0; from < 2 && ret == 0; from++) {
			struct lines lines = {.prefix = (const char *)prefix.bytes, .escaped = escaped};
			const struct buf *kept = &jobs[i].kept[from];

			ret = lines_add(&lines, kept->bytes, kept->len, &out[from], e);
			if (ret == 0)
				ret = lines_end(&lines, &out[from], e);
			lines_free(&lines);
		}
	}
	buf_free(&prefix);
	return ret;
}

static int
severity(enum err_kind kind)
{
	switch (kind) {
	case ERR_NONE:
	case ERR_NO:
		return 0;
	case ERR_REMOTE:
		return 1;
	case ERR_PROTO:
		return 2;
	case ERR_CONNECT:
		return 3;
	case ERR_USAGE:
		return 4;
	case ERR_LOCAL:
		return 5;
	case ERR_INTERNAL:
		return 6;
	}
	return 6;
}

int
report_status(const struct job *jobs, size_t n)
{
	enum err_kind worst = ERR_NONE;
	size_t i;

	for (i = 0; i < n; i++)
		if (severity(jobs[i].error.kind) > severity(worst))
			worst = jobs[i].error.kind;
	return err_exit_status(worst);
}
