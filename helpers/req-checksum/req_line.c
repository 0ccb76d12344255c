/* SPDX-License-Identifier: MIT */
#include "req-checksum/req_line.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/text.h"
#include "lib/base/words.h"
#include "req-checksum/req_set.h"
#include "req-checksum/req_spec.h"

enum takes { TAKES_NOTHING, TAKES_VALUE };

struct option {
	const char *name;
	char letter;
	enum takes takes;
	enum req_kind kind;
	bool ordered;
	bool editable;
};

static const struct option known[] = {
    {"--requirement", 'r', TAKES_VALUE, REQ_INCLUDE, false, false},
    {"--constraint", 'c', TAKES_VALUE, REQ_CONSTRAINT, false, false},
    {"--editable", 'e', TAKES_VALUE, REQ_REQUIREMENT, false, true},
    {"--index-url", 'i', TAKES_VALUE, REQ_OPTION, true, false},
    {"--extra-index-url", 0, TAKES_VALUE, REQ_OPTION, false, false},
    {"--find-links", 'f', TAKES_VALUE, REQ_OPTION, false, false},
    {"--trusted-host", 0, TAKES_VALUE, REQ_OPTION, false, false},
    {"--no-binary", 0, TAKES_VALUE, REQ_OPTION, true, false},
    {"--only-binary", 0, TAKES_VALUE, REQ_OPTION, true, false},
    {"--use-feature", 0, TAKES_VALUE, REQ_OPTION, false, false},
    {"--hash", 0, TAKES_VALUE, REQ_OPTION, false, false},
    {"--global-option", 0, TAKES_VALUE, REQ_OPTION, true, false},
    {"--config-settings", 'C', TAKES_VALUE, REQ_OPTION, true, false},
    {"--no-index", 0, TAKES_NOTHING, REQ_OPTION, false, false},
    {"--pre", 0, TAKES_NOTHING, REQ_OPTION, false, false},
    {"--prefer-binary", 0, TAKES_NOTHING, REQ_OPTION, false, false},
    {"--require-hashes", 0, TAKES_NOTHING, REQ_OPTION, false, false},
};

void
req_line_free(struct req_line *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->at[i].text);
		free(l->at[i].path);
	}
	free(l->at);
	*l = (struct req_line){0};
}

static struct req_part *
add_part(struct req_line *l, enum req_kind kind, struct err *e)
{
	struct req_part *at = realloc(l->at, (l->n + 1) * sizeof *at);

	if (at == NULL) {
		(void)err_set(e, ERR_LOCAL, "out of memory", "read a requirement");
		return NULL;
	}
	l->at = at;
	at[l->n] = (struct req_part){.kind = kind};
	return &at[l->n++];
}

/* The option that a word starts, and its value if it is in the same word. NULL: not a known one. */
static const struct option *
find_option(const char *word, const char **value)
{
	size_t n = strcspn(word, "=");

	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		*value = NULL;
		if (strlen(known[i].name) == n && strncmp(known[i].name, word, n) == 0) {
			if (word[n] == '=')
				*value = word + n + 1;
			return &known[i];
		}
		if (known[i].letter != 0 && word[0] == '-' && word[1] == known[i].letter) {
			if (word[2] != '\0')
				*value = word[2] == '=' ? word + 3 : word + 2;
			return &known[i];
		}
	}
	return NULL;
}

/* Append "--name value" (or an unknown option as it stands) to out; *i: index of the option's word,
 * moved on to its last word. *which: NULL for an unknown one. */
static int
take_option(const struct words *w, size_t *i, struct buf *out, const struct option **which,
    const char **value, struct err *e)
{
	const struct option *opt = find_option(w->at[*i], value);
	bool may_take = opt == NULL ? strchr(w->at[*i], '=') == NULL : opt->takes == TAKES_VALUE;

	*which = opt;
	if (may_take && *value == NULL && *i + 1 < w->n && w->at[*i + 1][0] != '-')
		*value = w->at[++*i];
	if (opt != NULL && opt->takes == TAKES_VALUE && *value == NULL) {
		(void)err_set(e, ERR_LOCAL, "", "line");
		return err_why(e, "%s needs a value", opt->name);
	}
	if (opt == NULL)
		return *value == NULL ? buf_str(out, w->at[*i], e)
				      : buf_fmt(out, e, "%s %s", w->at[*i - 1], *value);
	return *value == NULL ? buf_str(out, opt->name, e)
			      : buf_fmt(out, e, "%s %s", opt->name, *value);
}

/* A requirement's text, canonical, with its options sorted behind it. */
static int
add_requirement(struct req_line *l, const char *text, bool editable, const struct words *options,
    size_t first, struct err *e)
{
	struct req_part *part = add_part(l, REQ_REQUIREMENT, e);
	struct buf out = {0};
	struct buf one = {0};
	struct req_set set = {0};
	const char *line;
	int ret = part == NULL ? -1 : editable ? buf_str(&out, "-e ", e) : 0;

	if (ret == 0)
		ret = req_spec(&out, text, &part->path, e);
	for (size_t i = first; i < options->n && ret == 0; i++) {
		const struct option *which;
		const char *value;

		buf_clear(&one);
		ret = take_option(options, &i, &one, &which, &value, e);
		line = ret == 0 ? buf_cstr(&one, e) : NULL;
		ret = line == NULL ? -1 : req_set_add(&set, line, e);
	}
	req_set_sort(&set);
	for (size_t i = 0; i < set.n && ret == 0; i++)
		ret = buf_fmt(&out, e, " %s", set.at[i]);
	line = ret == 0 ? buf_cstr(&out, e) : NULL;
	if (line != NULL)
		part->text = text_dup(line, strlen(line), e);
	ret = line == NULL || part->text == NULL ? -1 : 0;
	req_set_free(&set);
	buf_free(&one);
	buf_free(&out);
	return ret;
}

static int
add_option(struct req_line *l, const struct option *which, const char *value, struct buf *text,
    struct err *e)
{
	struct req_part *part = add_part(l, which != NULL ? which->kind : REQ_OPTION, e);
	const char *s = buf_cstr(text, e);

	if (part == NULL || s == NULL)
		return -1;
	if (part->kind != REQ_OPTION)
		s = value;
	part->ordered = which != NULL && which->ordered;
	part->text = text_dup(s, strlen(s), e);
	return part->text == NULL ? -1 : 0;
}

/* A line that starts with an option. */
static int
parse_options(struct req_line *l, const struct words *w, struct err *e)
{
	struct buf text = {0};
	int ret = 0;

	for (size_t i = 0; i < w->n && ret == 0; i++) {
		const struct option *which;
		const char *value;

		buf_clear(&text);
		ret = take_option(w, &i, &text, &which, &value, e);
		if (ret == -1)
			break;
		if (which != NULL && which->editable) { /* what follows belongs to it */
			ret = add_requirement(l, value, true, w, i + 1, e);
			break;
		}
		ret = add_option(l, which, value, &text, e);
	}
	buf_free(&text);
	return ret;
}

/* Length of the requirement in front of options: up to a blank that a dash follows. */
static size_t
requirement_len(const char *text)
{
	for (size_t i = 1; text[i] != '\0'; i++)
		if (text[i] == '-' && (text[i - 1] == ' ' || text[i - 1] == '\t'))
			return i;
	return strlen(text);
}

int
req_line_parse(const char *text, struct req_line *out, struct err *e)
{
	size_t len = text[0] == '-' ? 0 : requirement_len(text);
	struct words w = {0};
	char *spec = NULL;
	int ret = words_split(text + len, strlen(text + len), &w, e);

	*out = (struct req_line){0};
	if (ret == 0 && len == 0) {
		ret = parse_options(out, &w, e);
	} else if (ret == 0) {
		spec = text_dup(text, len, e);
		ret = spec == NULL ? -1 : add_requirement(out, spec, false, &w, 0, e);
	}
	if (ret == -1 && e->kind == ERR_USAGE)
		e->kind = ERR_LOCAL; /* words_split knows no files */
	free(spec);
	words_free(&w);
	if (ret == -1)
		req_line_free(out);
	return ret;
}
