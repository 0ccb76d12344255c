/* SPDX-License-Identifier: MIT */
#include "prune-builds/prune_report.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/text.h"

#define WARNING_MAX 1024u /* bytes; longer ones are cut */

void
prune_report_free(struct prune_report *r)
{
	buf_free(&r->removed);
	buf_free(&r->kept);
	buf_free(&r->warnings);
	buf_free(&r->json_removed);
	buf_free(&r->json_envs);
	buf_free(&r->json_kept);
	buf_free(&r->json_warnings);
}

static int
add_json(struct buf *array, const char *text, struct err *e)
{
	if (array->len > 0 && buf_byte(array, ',', e) == -1)
		return -1;
	return text_json(array, text, strlen(text), e);
}

int
prune_report_removed(struct prune_report *r, const char *name, bool is_env, struct err *e)
{
	if (text_escape(&r->removed, name, strlen(name), false, e) == -1 ||
	    buf_byte(&r->removed, '\n', e) == -1)
		return -1;
	return add_json(is_env ? &r->json_envs : &r->json_removed, name, e);
}

int
prune_report_kept(struct prune_report *r, const struct prune_item *item, struct err *e)
{
	const char *why = prune_verdict_text(item->verdict);

	if (text_escape(&r->kept, item->name, strlen(item->name), false, e) == -1 ||
	    buf_fmt(&r->kept, e, ": %s", why) == -1)
		return -1;
	if (item->verdict == PRUNE_KEEP_PROCESS && buf_fmt(&r->kept, e, ": %ld", item->pid) == -1)
		return -1;
	if (buf_byte(&r->kept, '\n', e) == -1)
		return -1;
	if (buf_str(&r->json_kept, r->json_kept.len > 0 ? ",{\"name\":" : "{\"name\":", e) == -1 ||
	    text_json(&r->json_kept, item->name, strlen(item->name), e) == -1)
		return -1;
	return buf_fmt(&r->json_kept, e, ",\"why\":\"%s\"}", why);
}

int
prune_report_warn(struct prune_report *r, struct err *e, const char *fmt, ...)
{
	char text[WARNING_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (text_escape(&r->warnings, text, strlen(text), false, e) == -1 ||
	    buf_byte(&r->warnings, '\n', e) == -1)
		return -1;
	return add_json(&r->json_warnings, text, e);
}

static int
add_array(struct buf *out, const char *key, const struct buf *items, struct err *e)
{
	if (buf_fmt(out, e, ",\"%s\":[", key) == -1 ||
	    buf_add(out, items->bytes, items->len, e) == -1)
		return -1;
	return buf_byte(out, ']', e);
}

int
prune_report_json(const struct prune_report *r, bool dry_run, struct buf *out, struct err *e)
{
	if (buf_fmt(out, e, "{\"dry_run\":%s", dry_run ? "true" : "false") == -1 ||
	    add_array(out, "removed", &r->json_removed, e) == -1 ||
	    add_array(out, "removed_envs", &r->json_envs, e) == -1 ||
	    add_array(out, "kept", &r->json_kept, e) == -1 ||
	    add_array(out, "warnings", &r->json_warnings, e) == -1)
		return -1;
	return buf_str(out, "}\n", e);
}
