/* SPDX-License-Identifier: MIT */
#include "req-checksum/req_spec.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "req-checksum/req_set.h"

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\f' || c == '\v';
}

static bool
is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool
is_name(char c)
{
	return is_alnum(c) || c == '-' || c == '_' || c == '.';
}

static const char *
skip_blanks(const char *p)
{
	while (is_blank(*p))
		p++;
	return p;
}

/* Append n bytes, blanks at the ends dropped, runs of blanks as one. */
static int
add_squeezed(struct buf *out, const char *text, size_t n, struct err *e)
{
	bool pending = false;
	size_t start = out->len;

	for (size_t i = 0; i < n; i++) {
		if (is_blank(text[i])) {
			pending = out->len > start;
			continue;
		}
		if (pending && buf_byte(out, ' ', e) == -1)
			return -1;
		pending = false;
		if (buf_byte(out, (uint8_t)text[i], e) == -1)
			return -1;
	}
	return 0;
}

/* ---- markers ---- */

/* Append a quoted string, *p at its quote, with double quotes if it holds none. */
static int
add_string(struct buf *out, const char **p, struct err *e)
{
	const char *start = *p + 1;
	const char *end = strchr(start, **p);
	char quote;

	if (end == NULL)
		return err_set(e, ERR_NO, "a quote is not closed", "marker");
	quote = memchr(start, '"', (size_t)(end - start)) != NULL ? '\'' : '"';
	*p = end + 1;
	return buf_fmt(out, e, "%c%.*s%c", quote, (int)(end - start), start, quote);
}

static int
add_run(struct buf *out, const char **p, bool (*is)(char), struct err *e)
{
	const char *start = *p;

	while (**p != '\0' && is(**p))
		++*p;
	return buf_add(out, start, (size_t)(*p - start), e);
}

static bool
is_operator(char c)
{
	return c == '<' || c == '>' || c == '=' || c == '!' || c == '~';
}

int
req_spec_marker(struct buf *out, const char *marker, struct err *e)
{
	const char *p = skip_blanks(marker);
	bool tight = true; /* no blank before the next token */

	for (; *p != '\0'; p = skip_blanks(p)) {
		int ret;

		if (!tight && *p != ')' && buf_byte(out, ' ', e) == -1)
			return -1;
		tight = *p == '(';
		if (*p == '(' || *p == ')')
			ret = buf_byte(out, (uint8_t)*p++, e);
		else if (*p == '"' || *p == '\'')
			ret = add_string(out, &p, e);
		else if (is_operator(*p))
			ret = add_run(out, &p, is_operator, e);
		else if (is_name(*p))
			ret = add_run(out, &p, is_name, e);
		else
			ret = err_set(e, ERR_NO, "no marker can hold this", "marker");
		if (ret == -1)
			return -1;
	}
	return 0;
}

/* Append "; MARKER", or squeezed text where it does not parse. */
static int
add_marker(struct buf *out, const char *marker, struct err *e)
{
	size_t before;

	if (*skip_blanks(marker) == '\0')
		return 0;
	if (buf_str(out, "; ", e) == -1)
		return -1;
	before = out->len;
	if (req_spec_marker(out, marker, e) == 0)
		return 0;
	if (e->kind != ERR_NO)
		return -1;
	out->len = before;
	return add_squeezed(out, marker, strlen(marker), e);
}

/* ---- names, extras, specifiers ---- */

int
req_spec_name(struct buf *out, const char *name, size_t n, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		char c = name[i];

		if (!is_alnum(c)) {
			while (i + 1 < n && !is_alnum(name[i + 1]))
				i++;
			c = '-';
		} else if (c >= 'A' && c <= 'Z') {
			c = (char)(c - 'A' + 'a');
		}
		if (buf_byte(out, (uint8_t)c, e) == -1)
			return -1;
	}
	return 0;
}

/* Append the entries of a sorted set, commas between. */
static int
add_sorted(struct buf *out, struct req_set *set, struct err *e)
{
	req_set_sort(set);
	for (size_t i = 0; i < set->n; i++)
		if ((i > 0 && buf_byte(out, ',', e) == -1) || buf_str(out, set->at[i], e) == -1)
			return -1;
	return 0;
}

/* Take one item of a comma-separated list (n bytes) into the set. -1 with
 * ERR_NO: not well-formed. */
typedef int take_item(struct req_set *set, const char *item, size_t n, struct err *e);

static int
take_list(struct req_set *set, const char *list, size_t n, take_item *take, struct err *e)
{
	size_t at = 0;

	while (at <= n) {
		const char *comma = memchr(list + at, ',', n - at);
		size_t end = comma != NULL ? (size_t)(comma - list) : n;
		size_t first = at;
		size_t last = end;

		while (first < last && is_blank(list[first]))
			first++;
		while (last > first && is_blank(list[last - 1]))
			last--;
		if (last > first && take(set, list + first, last - first, e) == -1)
			return -1;
		at = end + 1;
	}
	return 0;
}

static int
malformed(struct err *e)
{
	return err_set(e, ERR_NO, "not well-formed", "requirement");
}

static int
take_extra(struct req_set *set, const char *item, size_t n, struct err *e)
{
	struct buf name = {0};
	const char *text;
	int ret = -1;

	for (size_t i = 0; i < n; i++)
		if (!is_name(item[i]))
			return malformed(e);
	if (req_spec_name(&name, item, n, e) == 0) {
		text = buf_cstr(&name, e);
		ret = text == NULL ? -1 : req_set_add(set, text, e);
	}
	buf_free(&name);
	return ret;
}

/* ">= 2" as ">=2". */
static int
take_specifier(struct req_set *set, const char *item, size_t n, struct err *e)
{
	size_t op = 0;
	size_t version;
	char *text;
	int ret;

	while (op < n && is_operator(item[op]))
		op++;
	for (version = op; version < n && is_blank(item[version]);)
		version++;
	if (op == 0 || version == n)
		return malformed(e);
	for (size_t i = version; i < n; i++)
		if (is_blank(item[i]) || is_operator(item[i]))
			return malformed(e);
	text = text_fmt(e, "%.*s%.*s", (int)op, item, (int)(n - version), item + version);
	ret = text == NULL ? -1 : req_set_add(set, text, e);
	free(text);
	return ret;
}

/* Append a list in its canonical order between two strings; nothing if it is empty. */
static int
add_list(struct buf *out, const char *list, size_t n, take_item *take, const char *around[2],
    struct err *e)
{
	struct req_set set = {0};
	int ret = take_list(&set, list, n, take, e);

	if (ret == 0 && set.n > 0 &&
	    (buf_str(out, around[0], e) == -1 || add_sorted(out, &set, e) == -1 ||
		buf_str(out, around[1], e) == -1))
		ret = -1;
	req_set_free(&set);
	return ret;
}

static int
add_extras(struct buf *out, const char *list, size_t n, struct err *e)
{
	const char *brackets[2] = {"[", "]"};

	return add_list(out, list, n, take_extra, brackets, e);
}

/* What follows name and extras, without the marker: specifiers, perhaps in parentheses. */
static int
add_specifiers(struct buf *out, const char *text, size_t n, struct err *e)
{
	const char *nothing[2] = {"", ""};

	while (n > 0 && is_blank(text[n - 1]))
		n--;
	if (n >= 2 && text[0] == '(' && text[n - 1] == ')') {
		text++;
		n -= 2;
	}
	return add_list(out, text, n, take_specifier, nothing, e);
}

/* ---- URLs and paths ---- */

bool
req_spec_is_url(const char *text)
{
	const char *p = text;

	while (is_alnum(*p) || *p == '+' || *p == '-' || *p == '.')
		p++;
	return p > text && text_starts_with(p, "://") && !text_starts_with(text, "file:");
}

/* Where the marker of a URL or path starts: its ';' has a blank beside it. The end if there is
 * none. */
static size_t
marker_at(const char *text, bool is_url)
{
	for (size_t i = 0; text[i] != '\0'; i++)
		if (text[i] == ';' &&
		    (!is_url || is_blank(text[i + 1]) || (i > 0 && is_blank(text[i - 1]))))
			return i;
	return strlen(text);
}

/* The path in "file:///x", "file:x", "./x", n bytes; fragment (#egg=) and query dropped. */
static char *
path_of(const char *text, size_t n, struct err *e)
{
	bool is_url = n >= 5 && strncmp(text, "file:", 5) == 0;
	const char *hash;

	if (is_url) {
		text += 5;
		n -= 5;
		if (n >= 11 && strncmp(text, "//localhost", 11) == 0) {
			text += 11;
			n -= 11;
		} else if (n >= 2 && strncmp(text, "//", 2) == 0) {
			text += 2;
			n -= 2;
		}
		hash = memchr(text, '#', n);
		if (hash != NULL)
			n = (size_t)(hash - text);
	}
	while (n > 1 && text[n - 1] == '/')
		n--;
	return text_dup(text, n, e);
}

/* Length of a path without slashes at its end; "dir/" keeps one, as "dir" would be a name. */
static size_t
without_slashes(const char *text, size_t n)
{
	while (n > 1 && text[n - 1] == '/')
		n--;
	return text[n] == '/' && text[0] != '.' && memchr(text, '/', n) == NULL ? n + 1 : n;
}

/* A URL, or a local path with extras behind it. */
static int
add_location(struct buf *out, const char *text, char **path, struct err *e)
{
	bool remote = req_spec_is_url(text);
	size_t marker = marker_at(text, remote || text_starts_with(text, "file:"));
	size_t n = marker;
	size_t base;
	const char *open = NULL;

	while (n > 0 && is_blank(text[n - 1]))
		n--;
	base = n;
	if (!remote && n > 0 && text[n - 1] == ']') {
		for (size_t i = n; i-- > 0 && open == NULL;)
			open = text[i] == '[' ? text + i : NULL;
		if (open != NULL)
			base = (size_t)(open - text);
	}
	if (!remote)
		base = without_slashes(text, base);
	if (buf_add(out, text, base, e) == -1)
		return -1;
	if (open != NULL && add_extras(out, open + 1, (size_t)(text + n - 1 - open) - 1, e) == -1)
		return -1;
	if (!remote) {
		*path = path_of(text, base, e);
		if (*path == NULL)
			return -1;
	}
	return text[marker] == ';' ? add_marker(out, text + marker + 1, e) : 0;
}

/* Whether pip would take this for a path: it holds a slash or starts with a dot before anything
 * that ends a name, or is the name of an archive. */
static bool
is_location(const char *text)
{
	static const char *const archives[] = {
	    ".whl", ".zip", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz"};
	size_t n = strcspn(text, " \t\f\v[];@<>=!~,()");
	char last[256];

	if (req_spec_is_url(text) || text_starts_with(text, "file:") || text[0] == '.')
		return true;
	if (memchr(text, '/', n) != NULL)
		return true;
	if (n >= sizeof last)
		return false;
	memcpy(last, text, n);
	last[n] = '\0';
	for (size_t i = 0; i < sizeof archives / sizeof *archives; i++)
		if (text_ends_with(last, archives[i]))
			return true;
	return false;
}

/* ---- all of it ---- */

/* NAME[EXTRAS] SPECIFIERS; MARKER or NAME[EXTRAS] @ URL; MARKER. -1 with ERR_NO: neither. */
static int
add_named(struct buf *out, const char *text, char **path, struct err *e)
{
	size_t n = 0;
	const char *p;
	size_t end;

	while (is_name(text[n]))
		n++;
	if (n == 0 || !is_alnum(text[0]) || !is_alnum(text[n - 1]))
		return malformed(e);
	if (req_spec_name(out, text, n, e) == -1)
		return -1;
	p = skip_blanks(text + n);
	if (*p == '[') {
		const char *close = strchr(p, ']');

		if (close == NULL)
			return malformed(e);
		if (add_extras(out, p + 1, (size_t)(close - p) - 1, e) == -1)
			return -1;
		p = skip_blanks(close + 1);
	}
	if (*p == '@')
		return buf_str(out, " @ ", e) == -1
			   ? -1
			   : add_location(out, skip_blanks(p + 1), path, e);
	end = strcspn(p, ";");
	if (add_specifiers(out, p, end, e) == -1)
		return -1;
	return p[end] == ';' ? add_marker(out, p + end + 1, e) : 0;
}

int
req_spec(struct buf *out, const char *text, char **path, struct err *e)
{
	size_t before = out->len;
	int ret;

	*path = NULL;
	text = skip_blanks(text);
	ret = is_location(text) ? add_location(out, text, path, e) : add_named(out, text, path, e);
	if (ret == 0)
		return 0;
	free(*path);
	*path = NULL;
	if (e->kind != ERR_NO)
		return -1;
	out->len = before;
	return add_squeezed(out, text, strlen(text), e);
}
