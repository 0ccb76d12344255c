/* SPDX-License-Identifier: MIT */
#include "lib/rsync/wildmatch.h"

#include <stdlib.h>
#include <string.h>

enum wild_kind {
	WILD_BYTES,   /* one byte of `set` */
	WILD_STAR,    /* any run without '/' */
	WILD_STARS,   /* any run */
	WILD_NOTHING  /* malformed: no byte ever matches */
};

struct wild_step {
	enum wild_kind kind;
	uint8_t set[32]; /* bit per byte value */
};

static void
set_add(uint8_t set[32], unsigned byte)
{
	set[byte / 8] = (uint8_t)(set[byte / 8] | 1u << byte % 8);
}

static bool
set_has(const uint8_t set[32], unsigned byte)
{
	return (set[byte / 8] & 1u << byte % 8) != 0;
}

/* isalpha and friends depend on the locale; these do not. */
static bool
is_in_class(const char *name, size_t n, unsigned c)
{
	bool upper = c >= 'A' && c <= 'Z';
	bool lower = c >= 'a' && c <= 'z';
	bool digit = c >= '0' && c <= '9';
	bool graph = c > ' ' && c < 127;
	const struct {
		const char *name;
		bool has;
	} classes[] = {
		{ "alnum", upper || lower || digit },
		{ "alpha", upper || lower },
		{ "blank", c == ' ' || c == '\t' },
		{ "cntrl", c < ' ' || c == 127 },
		{ "digit", digit },
		{ "graph", graph },
		{ "lower", lower },
		{ "print", graph || c == ' ' },
		{ "punct", graph && !upper && !lower && !digit },
		{ "space", c == ' ' || (c >= '\t' && c <= '\r') },
		{ "upper", upper },
		{ "xdigit", digit || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') },
	};
	size_t i;

	for (i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
		if (strlen(classes[i].name) == n && memcmp(classes[i].name, name, n) == 0)
			return classes[i].has;
	return false;
}

static bool
set_add_class(uint8_t set[32], const char *name, size_t n)
{
	bool any = false;
	unsigned c;

	for (c = 0; c < 256; c++)
		if (is_in_class(name, n, c)) {
			set_add(set, c);
			any = true;
		}
	return any; /* every known class has members */
}

static void
set_negate(uint8_t set[32])
{
	size_t i;

	for (i = 0; i < 32; i++)
		set[i] = (uint8_t)~set[i];
}

/* One byte of a class, an escape resolved. p moves behind it. -1 at the end of the pattern. */
static int
class_byte(const char **p)
{
	if (**p == '\\')
		(*p)++;
	if (**p == '\0')
		return -1;
	return (unsigned char)*(*p)++;
}

/* The items of a class up to its ']'. p stands behind "[", "[!" or "[^"; it moves behind the "]".
 * False if the class is malformed. */
static bool
compile_items(uint8_t set[32], const char **p)
{
	bool first = true;
	int low = -1; /* what a '-' would start from; -1 where a '-' is itself */

	for (; first || **p != ']'; first = false) {
		const char *end;
		int c;

		if (**p == '\0')
			return false;
		if (**p == '-' && low != -1 && (*p)[1] != ']' && (*p)[1] != '\0') {
			(*p)++;
			if ((c = class_byte(p)) == -1)
				return false;
			for (; low <= c; low++)
				set_add(set, (unsigned)low);
			low = -1;
			continue;
		}
		if ((*p)[0] == '[' && (*p)[1] == ':' && (end = strchr(*p + 2, ']')) != NULL &&
		    end > *p + 2 && end[-1] == ':') {
			if (!set_add_class(set, *p + 2, (size_t)(end - 1 - (*p + 2))))
				return false;
			*p = end + 1;
			low = -1;
			continue;
		}
		if ((c = class_byte(p)) == -1)
			return false;
		set_add(set, (unsigned)c);
		low = c;
	}
	(*p)++;
	return true;
}

static void
compile_class(struct wild_step *s, const char **p)
{
	bool negate = **p == '!' || **p == '^';

	if (negate)
		(*p)++;
	if (!compile_items(s->set, p)) {
		s->kind = WILD_NOTHING;
		*p += strlen(*p);
		return;
	}
	if (negate)
		set_negate(s->set);
	s->set['/' / 8] = (uint8_t)(s->set['/' / 8] & ~(1u << '/' % 8));
}

static void
compile_step(struct wild_step *s, const char **p)
{
	char c = *(*p)++;

	s->kind = WILD_BYTES;
	switch (c) {
	case '*':
		s->kind = **p == '*' ? WILD_STARS : WILD_STAR;
		*p += strspn(*p, "*");
		break;
	case '?':
		set_add(s->set, '/');
		set_negate(s->set);
		break;
	case '[':
		compile_class(s, p);
		break;
	case '\\':
		if (**p == '\0')
			s->kind = WILD_NOTHING;
		else
			set_add(s->set, (unsigned char)*(*p)++);
		break;
	default:
		set_add(s->set, (unsigned char)c);
		break;
	}
}

int
wildmatch_init(struct wildmatch *w, const char *pattern, struct err *e)
{
	size_t max = strlen(pattern);
	const char *p = pattern;

	*w = (struct wildmatch){ 0 };
	w->steps = calloc(max + 1, sizeof(w->steps[0]));
	w->states = calloc(2, max + 1);
	if (w->steps == NULL || w->states == NULL) {
		wildmatch_free(w);
		return err_set(e, ERR_LOCAL, NULL, "allocate a pattern");
	}
	while (*p != '\0')
		compile_step(&w->steps[w->n_steps++], &p);
	return 0;
}

void
wildmatch_free(struct wildmatch *w)
{
	free(w->steps);
	free(w->states);
	*w = (struct wildmatch){ 0 };
}

/* A star may match nothing: whoever stands before it may also stand behind it. */
static void
skip_stars(const struct wildmatch *w, uint8_t *at)
{
	size_t i;

	for (i = 0; i < w->n_steps; i++)
		if (at[i] && (w->steps[i].kind == WILD_STAR || w->steps[i].kind == WILD_STARS))
			at[i + 1] = 1;
}

/* Move every state of `from` over one byte into `to`. False if none is left. */
static bool
advance(const struct wildmatch *w, const uint8_t *from, uint8_t *to, unsigned byte)
{
	bool any = false;
	size_t i;

	memset(to, 0, w->n_steps + 1);
	for (i = 0; i < w->n_steps; i++) {
		const struct wild_step *s = &w->steps[i];

		if (!from[i])
			continue;
		if (s->kind == WILD_BYTES && set_has(s->set, byte))
			to[i + 1] = 1;
		else if (s->kind == WILD_STARS || (s->kind == WILD_STAR && byte != '/'))
			to[i] = 1;
		else
			continue;
		any = true;
	}
	skip_stars(w, to);
	return any;
}

bool
wildmatch_test(const struct wildmatch *w, bool slash_before, const char *path, bool slash_behind)
{
	const char *const parts[] = { slash_before ? "/" : "", path, slash_behind ? "/" : "" };
	uint8_t *at = w->states;
	uint8_t *next = w->states + w->n_steps + 1;
	size_t i;

	memset(at, 0, w->n_steps + 1);
	at[0] = 1;
	skip_stars(w, at);
	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		const char *c;

		for (c = parts[i]; *c != '\0'; c++) {
			uint8_t *swap = at;

			if (!advance(w, at, next, (unsigned char)*c))
				return false;
			at = next;
			next = swap;
		}
	}
	return at[w->n_steps] != 0;
}
