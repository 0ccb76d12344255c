/* SPDX-License-Identifier: MIT */
#include "lib/rsync/filter.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/base/fs.h"
#include "lib/base/text.h"
#include "lib/rsync/wildmatch.h"

#define FILTER_FILE_MAX (4u << 20) /* bytes */

/* What of a path a pattern is held against. */
enum filter_span {
	SPAN_WHOLE,      /* the whole path */
	SPAN_COMPONENTS, /* as many trailing components as the pattern has */
	SPAN_EACH        /* the whole path, then what follows each slash */
};

struct filter_rule {
	bool include;
	bool dir_only;      /* the pattern ended with '/' */
	bool with_slash;    /* ends with three stars: a directory is tested as "path/" */
	bool from_slash;    /* starts with two stars: tested as "/path", so that they may be a root */
	bool wild;          /* else `match` is compared byte by byte */
	enum filter_span span;
	size_t n_slashes;
	char *text;         /* the rule as it goes over the wire, "- pattern" */
	char *match;        /* the pattern without its leading and trailing '/' */
	struct wildmatch w;
};

static void
rule_free(struct filter_rule *r)
{
	free(r->text);
	free(r->match);
	wildmatch_free(&r->w);
}

void
filter_free(struct filter *f)
{
	size_t i;

	for (i = 0; i < f->n_rules; i++)
		rule_free(&f->rules[i]);
	free(f->rules);
	*f = (struct filter){ 0 };
}

static size_t
count_slashes(const char *s)
{
	size_t n = 0;

	for (; *s != '\0'; s++)
		n += *s == '/';
	return n;
}

static int
rule_compile(struct filter_rule *r, bool include, const char *pattern, size_t n, struct err *e)
{
	const char *body = pattern;
	size_t len = n;
	bool anchored = pattern[0] == '/';

	if (anchored) {
		body++;
		len--;
	}
	if (len > 1 && body[len - 1] == '/') {
		r->dir_only = true;
		len--;
	}
	r->include = include;
	r->text = text_fmt(e, "%c %.*s", include ? '+' : '-', (int)n, pattern);
	r->match = text_dup(body, len, e);
	if (r->text == NULL || r->match == NULL)
		return -1;
	r->n_slashes = count_slashes(r->match);
	r->wild = strpbrk(r->match, "*?[") != NULL;
	r->with_slash = len >= 3 && strcmp(r->match + len - 3, "***") == 0;
	r->from_slash = !anchored && strncmp(r->match, "**", 2) == 0;
	if (anchored || r->from_slash)
		r->span = SPAN_WHOLE;
	else if (strstr(r->match, "**") != NULL)
		r->span = SPAN_EACH;
	else
		r->span = SPAN_COMPONENTS;
	return r->wild ? wildmatch_init(&r->w, r->match, e) : 0;
}

/* filter_add for n bytes. */
static int
add_rule(struct filter *f, enum filter_kind kind, const char *text, size_t n, struct err *e)
{
	struct filter_rule rule = { 0 };
	struct filter_rule *grown;
	bool include = kind == FILTER_INCLUDE;
	size_t i;

	if (n == 1 && text[0] == '!') {
		filter_free(f);
		return 0;
	}
	if (n >= 2 && (text[0] == '-' || text[0] == '+') && text[1] == ' ') {
		include = text[0] == '+';
		text += 2;
		n -= 2;
	}
	for (i = 0; i < n && text[i] == '/'; i++)
		continue;
	if (i == n)
		return err_set(e, ERR_USAGE, "a pattern needs a name", "filter rule \"%.*s\"", (int)n,
		               text);
	if (n > FILTER_PATTERN_MAX)
		return err_set(e, ERR_USAGE, "longer than 1000 bytes", "filter rule \"%.40s...\"", text);
	grown = realloc(f->rules, (f->n_rules + 1) * sizeof(f->rules[0]));
	if (grown == NULL)
		return err_set(e, ERR_LOCAL, NULL, "allocate filter rules");
	f->rules = grown;
	if (rule_compile(&rule, include, text, n, e) == -1) {
		rule_free(&rule);
		return -1;
	}
	f->rules[f->n_rules++] = rule;
	return 0;
}

int
filter_add(struct filter *f, enum filter_kind kind, const char *text, struct err *e)
{
	return add_rule(f, kind, text, strlen(text), e);
}

int
filter_add_text(struct filter *f, enum filter_kind kind, const char *name, const char *text,
                size_t n, struct err *e)
{
	const char *end = text + n;
	const char *at;
	size_t line = 1;

	if (memchr(text, '\0', n) != NULL)
		return err_set(e, ERR_USAGE, "it holds a NUL byte", "read %s", name);
	for (at = text; at < end; line++) {
		const char *stop = at;
		struct err why;

		while (stop < end && *stop != '\n' && *stop != '\r')
			stop++;
		if (stop > at && *at != '#' && *at != ';' &&
		    add_rule(f, kind, at, (size_t)(stop - at), &why) == -1)
			return err_set(e, why.kind, why.why, "%s:%zu: %.180s", name, line, why.what);
		at = stop + (end - stop >= 2 && stop[0] == '\r' && stop[1] == '\n' ? 2 : 1);
	}
	return 0;
}

int
filter_add_file(struct filter *f, enum filter_kind kind, const char *path, struct err *e)
{
	struct buf text = { 0 };
	int ret;

	if (strcmp(path, "-") == 0)
		ret = buf_read_all(&text, STDIN_FILENO, FILTER_FILE_MAX, e);
	else
		ret = fs_read_file(AT_FDCWD, path, true, FILTER_FILE_MAX, &text, e);
	if (ret == 0 && text.len > 0)
		ret = filter_add_text(f, kind, path, (const char *)text.bytes, text.len, e);
	buf_free(&text);
	return ret;
}

/* The last n_slashes + 1 components of path, or NULL if it has fewer. */
static const char *
trailing_components(const char *path, size_t n_slashes)
{
	const char *at = path + strlen(path);

	for (;; at--) {
		while (at > path && at[-1] != '/')
			at--;
		if (n_slashes == 0)
			return at;
		if (at == path)
			return NULL;
		n_slashes--;
	}
}

static bool
rule_matches(const struct filter_rule *r, const char *path, bool is_dir)
{
	bool slash = r->with_slash && is_dir;

	if (r->dir_only && !is_dir)
		return false;
	if (r->span == SPAN_COMPONENTS && (path = trailing_components(path, r->n_slashes)) == NULL)
		return false;
	if (!r->wild)
		return strcmp(path, r->match) == 0;
	if (wildmatch_test(&r->w, r->from_slash, path, slash))
		return true;
	while (r->span == SPAN_EACH && (path = strchr(path, '/')) != NULL)
		if (wildmatch_test(&r->w, false, ++path, slash))
			return true;
	return false;
}

bool
filter_allows(const struct filter *f, const char *path, bool is_dir)
{
	size_t i;

	for (i = 0; i < f->n_rules; i++)
		if (rule_matches(&f->rules[i], path, is_dir))
			return f->rules[i].include;
	return true;
}

const char **
filter_texts(const struct filter *f, struct err *e)
{
	const char **texts = calloc(f->n_rules + 1, sizeof(texts[0]));
	size_t i;

	if (texts == NULL) {
		(void)err_set(e, ERR_LOCAL, NULL, "allocate filter rules");
		return NULL;
	}
	for (i = 0; i < f->n_rules; i++)
		texts[i] = f->rules[i].text;
	return texts;
}
