/* SPDX-License-Identifier: MIT */
#include "deploy-lock/lock_record.h"

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

int
lock_record_write(struct buf *out, const struct lock_record *r, struct err *e)
{
	if (write_line(out, "token", r->token, e) == -1 ||
	    write_line(out, "owner", r->owner, e) == -1 ||
	    write_line(out, "url", r->url, e) == -1 ||
	    write_line(out, "since", r->since, e) == -1 ||
	    write_line(out, "host", r->host, e) == -1)
		return -1;
	return r->pid == 0 ? 0 : buf_fmt(out, e, "pid: %ld\n", r->pid);
}

static long
read_pid(const char *value)
{
	size_t n = strspn(value, "0123456789");

	return n > 0 && n <= PID_DIGITS_MAX && value[n] == '\0' ? strtol(value, NULL, 10) : 0;
}

static void
read_line(const char *line, size_t n, struct lock_record *out)
{
	const char *colon = memchr(line, ':', n);
	size_t key_len = colon != NULL ? (size_t)(colon - line) : 0;
	char pid[LOCK_VALUE_MAX];
	const struct {
		const char *key;
		char *to;
	} fields[] = {{"token", out->token}, {"owner", out->owner}, {"url", out->url},
	    {"since", out->since}, {"host", out->host}, {"pid", pid}};
	size_t len;

	if (colon == NULL || key_len + 2 > n || colon[1] != ' ' || memchr(line, '\0', n) != NULL)
		return;
	len = n - key_len - 2;
	for (size_t i = 0; i < sizeof fields / sizeof *fields && len < LOCK_VALUE_MAX; i++) {
		if (strlen(fields[i].key) != key_len || memcmp(fields[i].key, line, key_len) != 0)
			continue;
		memcpy(fields[i].to, colon + 2, len);
		fields[i].to[len] = '\0';
		if (fields[i].to == pid)
			out->pid = read_pid(pid);
	}
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

int
lock_record_json(struct buf *out, const struct lock_record *r, bool held, struct err *e)
{
	if (!held)
		return buf_str(out, "{\"held\":false}\n", e);
	if (buf_str(out, "{\"held\":true", e) == -1 ||
	    json_field(out, "token", r->token, e) == -1 ||
	    json_field(out, "owner", r->owner, e) == -1 ||
	    json_field(out, "url", r->url, e) == -1 ||
	    json_field(out, "since", r->since, e) == -1 ||
	    json_field(out, "host", r->host, e) == -1)
		return -1;
	return r->pid == 0 ? buf_str(out, ",\"pid\":null}\n", e)
			   : buf_fmt(out, e, ",\"pid\":%ld}\n", r->pid);
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
