/* SPDX-License-Identifier: MIT */
#include "deploy-lock/lock_record.h"

#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"

#define PID_DIGITS_MAX 10u

static const char token_chars[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";

bool
lock_token_valid(const char *token)
{
	size_t n = strspn(token, token_chars);

	return n > 0 && n <= LOCK_TOKEN_MAX && token[n] == '\0' && token[0] != '-';
}

int
lock_value_set(char to[LOCK_VALUE_MAX], const char *from, struct err *e)
{
	struct buf escaped = {0};
	size_t n;

	if (text_escape(&escaped, from, strlen(from), false, e) == -1) {
		buf_free(&escaped);
		return -1;
	}
	n = escaped.len < LOCK_VALUE_MAX ? escaped.len : LOCK_VALUE_MAX - 1;
	if (n > 0)
		memcpy(to, escaped.bytes, n);
	to[n] = '\0';
	buf_free(&escaped);
	return 0;
}

static int
write_line(struct buf *out, const char *key, const char *value, struct err *e)
{
	return *value == '\0' ? 0 : buf_fmt(out, e, "%s: %s\n", key, value);
}

static int
write_number(struct buf *out, const char *key, int64_t value, struct err *e)
{
	return value == 0 ? 0 : buf_fmt(out, e, "%s: %" PRId64 "\n", key, value);
}

static int
write_people_lines(struct buf *out, const struct lock_record *r, struct err *e)
{
	if (write_line(out, "token", r->token, e) == -1 ||
	    write_line(out, "owner", r->owner, e) == -1 ||
	    write_line(out, "url", r->url, e) == -1 ||
	    write_line(out, "since", r->since, e) == -1 ||
	    write_line(out, "host", r->host, e) == -1)
		return -1;
	return write_number(out, "pid", r->pid, e);
}

int
lock_record_write(struct buf *out, const struct lock_record *r, struct err *e)
{
	if (r->beat_ms != 0 &&
	    buf_fmt(out, e, "beat: %0*" PRId64 "\n", (int)LOCK_BEAT_LEN, r->beat_ms) == -1)
		return -1;
	if (write_people_lines(out, r, e) == -1 ||
	    write_number(out, "started", r->started, e) == -1 ||
	    write_number(out, "lease", r->lease_s, e) == -1)
		return -1;
	return write_line(out, "boot", r->boot, e);
}

int
lock_record_show(struct buf *out, const struct lock_record *r, int64_t silent_s, struct err *e)
{
	if (write_people_lines(out, r, e) == -1)
		return -1;
	return silent_s == -1 ? 0 : buf_fmt(out, e, "silent: %" PRId64 "\n", silent_s);
}

/* Digits alone, and no more of them than max. 0 if it is no such number. */
static int64_t
read_number(const char *value, size_t max)
{
	size_t n = strspn(value, "0123456789");
	long long number;

	if (n == 0 || n > max || value[n] != '\0')
		return 0;
	errno = 0;
	number = strtoll(value, NULL, 10);
	return errno == 0 ? number : 0;
}

/* Nothing that we write has any, and a terminal would obey them. */
static bool
has_control(const char *line, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)line[i] < ' ' || line[i] == '\x7f')
			return true;
	return false;
}

static void
read_line(const char *line, size_t n, struct lock_record *out)
{
	const char *colon = memchr(line, ':', n);
	size_t key_len = colon != NULL ? (size_t)(colon - line) : 0;
	char number[LOCK_VALUE_MAX];
	int64_t pid = out->pid;
	const struct {
		const char *key;
		char *to;
		int64_t *to_number; /* NULL: text, which goes to `to` */
	} fields[] = {{"token", out->token, NULL}, {"owner", out->owner, NULL},
	    {"url", out->url, NULL}, {"since", out->since, NULL}, {"host", out->host, NULL},
	    {"boot", out->boot, NULL}, {"pid", number, &pid}, {"started", number, &out->started},
	    {"lease", number, &out->lease_s}, {"beat", number, &out->beat_ms}};
	size_t len;

	if (colon == NULL || key_len + 2 > n || colon[1] != ' ' || has_control(line, n))
		return;
	len = n - key_len - 2;
	for (size_t i = 0; i < sizeof fields / sizeof *fields && len < LOCK_VALUE_MAX; i++) {
		if (strlen(fields[i].key) != key_len || memcmp(fields[i].key, line, key_len) != 0)
			continue;
		memcpy(fields[i].to, colon + 2, len);
		fields[i].to[len] = '\0';
		if (fields[i].to_number != NULL)
			*fields[i].to_number = read_number(
			    number, fields[i].to_number == &pid ? PID_DIGITS_MAX : LOCK_BEAT_LEN);
	}
	out->pid = (long)pid;
}

void
lock_record_read(const void *text, size_t n, struct lock_record *out)
{
	struct rd lines = rd_of(text, n);
	const char *line;
	size_t len;

	*out = (struct lock_record){0};
	while (rd_line(&lines, &line, &len))
		read_line(line, len, out);
	if (out->token[0] != '\0' && !lock_token_valid(out->token))
		out->token[0] = '\0';
}

static int
json_field(struct buf *out, const char *key, const char *value, struct err *e)
{
	if (buf_fmt(out, e, ",\"%s\":", key) == -1)
		return -1;
	return *value == '\0' ? buf_str(out, "null", e) : text_json(out, value, strlen(value), e);
}

static int
json_number(struct buf *out, const char *key, int64_t value, int64_t unknown, struct err *e)
{
	return value == unknown ? buf_fmt(out, e, ",\"%s\":null", key)
				: buf_fmt(out, e, ",\"%s\":%" PRId64, key, value);
}

int
lock_record_json(
    struct buf *out, const struct lock_record *r, bool held, int64_t silent_s, struct err *e)
{
	if (!held)
		return buf_str(out, "{\"held\":false}\n", e);
	if (buf_str(out, "{\"held\":true", e) == -1 ||
	    json_field(out, "token", r->token, e) == -1 ||
	    json_field(out, "owner", r->owner, e) == -1 ||
	    json_field(out, "url", r->url, e) == -1 ||
	    json_field(out, "since", r->since, e) == -1 ||
	    json_field(out, "host", r->host, e) == -1 ||
	    json_number(out, "pid", r->pid, 0, e) == -1 ||
	    json_number(out, "silent", silent_s, -1, e) == -1)
		return -1;
	return buf_str(out, "}\n", e);
}

int64_t
lock_record_silent_ms(const struct lock_record *r, const char *boot, int64_t now_ms)
{
	if (r->beat_ms == 0 || r->beat_ms > now_ms || boot[0] == '\0' || strcmp(r->boot, boot) != 0)
		return -1;
	return now_ms - r->beat_ms;
}

int
lock_record_sentence(struct buf *out, const struct lock_record *r, struct err *e)
{
	if (buf_fmt(out, e, "held by %s", r->owner[0] != '\0' ? r->owner : "somebody") == -1)
		return -1;
	if (r->since[0] != '\0' && buf_fmt(out, e, " since %s", r->since) == -1)
		return -1;
	if (r->url[0] != '\0' && buf_fmt(out, e, ", %s", r->url) == -1)
		return -1;
	if (r->pid != 0 && buf_fmt(out, e, ", process %ld", r->pid) == -1)
		return -1;
	return r->host[0] == '\0' ? 0 : buf_fmt(out, e, " on %s", r->host);
}
