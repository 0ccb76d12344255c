/* SPDX-License-Identifier: MIT */
#include "lib/base/inventory_text.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"

#define RANGE_DIGITS_MAX 9u /* so that a bound fits long */
#define NAME_MAX_LEN 253u   /* RFC 1035 2.3.4, as text */

static int
refuse(struct err *e, const char *why)
{
	return err_set(e, ERR_USAGE, why, "inventory");
}

/* ---- ranges ---- */

struct range {
	long first;
	long last;
	long step;
	int width; /* digits to pad to; 0: letters */
};

static bool
take_number(const char **p, long *out, int *width)
{
	size_t n = strspn(*p, "0123456789");

	if (n == 0 || n > RANGE_DIGITS_MAX)
		return false;
	*out = strtol(*p, NULL, 10);
	*width = (int)n;
	*p += n;
	return true;
}

static bool
take_letter(const char **p, long *out)
{
	if (!((**p >= 'a' && **p <= 'z') || (**p >= 'A' && **p <= 'Z')))
		return false;
	*out = *(*p)++;
	return true;
}

/* Parse "a:f]" or "01:10:2]", p behind the "[". Returns what follows the "]", or NULL if this is
 * no range. */
static const char *
take_range(const char *p, struct range *r)
{
	int ignored;

	*r = (struct range){.step = 1};
	if (take_number(&p, &r->first, &r->width)) {
		if (*p++ != ':' || !take_number(&p, &r->last, &ignored))
			return NULL;
	} else if (!take_letter(&p, &r->first) || *p++ != ':' || !take_letter(&p, &r->last)) {
		return NULL;
	}
	if (*p == ':' && (p++, !take_number(&p, &r->step, &ignored)))
		return NULL;
	return *p == ']' ? p + 1 : NULL;
}

static int expand_from(
    const char *done, const char *rest, inventory_found *found, void *ctx, struct err *e);

static int
expand_range(const char *done, const struct range *r, const char *rest, inventory_found *found,
    void *ctx, struct err *e)
{
	if (r->step < 1 || r->first > r->last)
		return refuse(e, "the range is empty");
	if ((r->last - r->first) / r->step >= (long)INVENTORY_HOSTS_MAX)
		return refuse(e, "the range is too long");
	for (long i = r->first; i <= r->last; i += r->step) {
		char *next = r->width > 0 ? text_fmt(e, "%s%0*ld", done, r->width, i)
					  : text_fmt(e, "%s%c", done, (char)i);
		int ret;

		if (next == NULL)
			return -1;
		ret = expand_from(next, rest, found, ctx, e);
		free(next);
		if (ret == -1)
			return -1;
	}
	return 0;
}

/* done: what stands in front, already expanded. */
static int
expand_from(const char *done, const char *rest, inventory_found *found, void *ctx, struct err *e)
{
	const char *open = strchr(rest, '[');
	struct range r;
	const char *after = NULL;
	char *whole;
	int ret;

	while (open != NULL && (after = take_range(open + 1, &r)) == NULL)
		open = strchr(open + 1, '[');
	if (open == NULL) {
		whole = text_fmt(e, "%s%s", done, rest);
		if (whole == NULL)
			return -1;
		ret = found(ctx, whole, e);
	} else {
		whole = text_fmt(e, "%s%.*s", done, (int)(open - rest), rest);
		if (whole == NULL)
			return -1;
		ret = expand_range(whole, &r, after, found, ctx, e);
	}
	free(whole);
	return ret;
}

int
inventory_expand(const char *pattern, inventory_found *found, void *ctx, struct err *e)
{
	return expand_from("", pattern, found, ctx, e);
}

bool
inventory_is_section(const char *line, size_t n)
{
	char inside[64]; /* longer than any range or address */
	const char *close = memchr(line, ']', n);
	size_t len = close != NULL ? (size_t)(close - line) : 0; /* from behind "[" to "]" */
	struct range r;
	const char *colon;

	if (close == NULL || len >= sizeof inside || memchr(line, '\0', n) != NULL)
		return true;
	memcpy(inside, line + 1, len);
	inside[len] = '\0';
	colon = strchr(inside, ':');
	if (colon != NULL && strchr(colon + 1, ':') != NULL)
		return false; /* no section has two colons: a stepped range or an IPv6 address */
	return take_range(inside, &r) == NULL;
}

/* ---- addresses ---- */

static bool
made_of(const char *s, const char *others)
{
	for (; *s != '\0'; s++) {
		bool alnum = (*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') ||
			     (*s >= '0' && *s <= '9') || (unsigned char)*s >= 0x80;

		if (!alnum && strchr(others, *s) == NULL)
			return false;
	}
	return true;
}

int
inventory_check_host(const char *host, struct err *e)
{
	if (*host == '\0')
		return refuse(e, "the host name is empty");
	if (*host == '-')
		return refuse(e, "a host name cannot start with \"-\"");
	if (strlen(host) > NAME_MAX_LEN)
		return refuse(e, "the host name is too long");
	if (!made_of(host, "._-:%"))
		return refuse(e, "the host name holds a character that none can hold");
	return 0;
}

int
inventory_check_user(const char *user, struct err *e)
{
	if (*user == '\0')
		return refuse(e, "the user name is empty");
	if (*user == '-')
		return refuse(e, "a user name cannot start with \"-\"");
	if (!made_of(user, "._-+@$\\"))
		return refuse(e, "the user name holds a character that none can hold");
	return 0;
}

int
inventory_port(const char *text, uint16_t *port, struct err *e)
{
	size_t n = strspn(text, "0123456789");
	unsigned long value = n > 0 && n <= 5 ? strtoul(text, NULL, 10) : 0;

	if (text[n] != '\0' || value < 1 || value > 65535)
		return refuse(e, "the port is not a number from 1 to 65535");
	*port = (uint16_t)value;
	return 0;
}

/* Where HOST ends in HOST[:PORT]; *host_len excludes brackets, *port_text is NULL without one. */
static int
split_port(
    const char *word, const char **host, size_t *host_len, const char **port_text, struct err *e)
{
	const char *colon = strchr(word, ':');
	const char *close;

	*port_text = NULL;
	if (*word == '[') {
		close = strchr(word, ']');
		if (close == NULL || (close[1] != '\0' && close[1] != ':'))
			return refuse(e, "brackets around an address are not as in [ADDRESS]:PORT");
		*host = word + 1;
		*host_len = (size_t)(close - word) - 1;
		*port_text = close[1] == ':' ? close + 2 : NULL;
		return 0;
	}
	*host = word;
	*host_len = strlen(word);
	if (colon != NULL &&
	    strchr(colon + 1, ':') == NULL) { /* more colons: a bare IPv6 address */
		*host_len = (size_t)(colon - word);
		*port_text = colon + 1;
	}
	return 0;
}

int
inventory_address(const char *word, char **user, char **host, uint16_t *port, struct err *e)
{
	const char *at = strrchr(word, '@');
	const char *port_text;
	const char *name = NULL;
	size_t name_len = 0;

	*user = NULL;
	*host = NULL;
	*port = 0;
	if (split_port(at != NULL ? at + 1 : word, &name, &name_len, &port_text, e) == -1)
		return -1;
	if (port_text != NULL && inventory_port(port_text, port, e) == -1)
		return -1;
	*host = text_dup(name, name_len, e);
	if (*host == NULL || inventory_check_host(*host, e) == -1)
		goto fail;
	if (at != NULL) {
		*user = text_dup(word, (size_t)(at - word), e);
		if (*user == NULL || inventory_check_user(*user, e) == -1)
			goto fail;
	}
	return 0;
fail:
	free(*user);
	free(*host);
	*user = NULL;
	*host = NULL;
	return -1;
}
