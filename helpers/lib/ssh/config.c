/* SPDX-License-Identifier: MIT */
#include "lib/ssh/config.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "lib/base/cli.h"
#include "lib/base/fs.h"
#include "lib/base/text.h"
#include "lib/ssh/home.h"
#include "lib/ssh/list.h"
#include "lib/ssh/pattern.h"

#define FILE_MAX ((size_t)1 << 20) /* bytes */
#define BLANKS " \t"

/* Looking up one host in one file. */
struct lookup {
	const char *file;
	size_t line;
	const char *host;
	struct ssh_config_host *out;
	bool strict_known; /* a StrictHostKeyChecking has been seen: later ones do not count */
	bool proxy_known;  /* the same for ProxyJump and ProxyCommand */
	bool only_known;   /* and for IdentitiesOnly */
};

int
ssh_config_load(const char *file, struct ssh_config *out, struct err *e)
{
	bool given = file != NULL;

	memset(out, 0, sizeof(*out));
	out->file = given ? text_dup(file, strlen(file), e) : home_path(".ssh/config", e);
	if (out->file == NULL)
		return -1;
	if (!given && access(out->file, F_OK) == -1)
		return 0;
	if (fs_read_file(AT_FDCWD, out->file, true, FILE_MAX, &out->text, e) == 0)
		return 0;
	ssh_config_free(out);
	return -1;
}

void
ssh_config_free(struct ssh_config *c)
{
	buf_free(&c->text);
	free(c->file);
	memset(c, 0, sizeof(*c));
}

void
ssh_config_host_free(struct ssh_config_host *h)
{
	free(h->host_name);
	free(h->user);
	free(h->host_key_alias);
	list_free(h->identity_files, h->n_identity_files);
	list_free(h->known_hosts, h->n_known_hosts);
	memset(h, 0, sizeof(*h));
}

static int
bad_line(const struct lookup *l, const char *why, struct err *e)
{
	return err_set(e, ERR_USAGE, why, "%s:%zu", l->file, l->line);
}

/* Cut the next word off the line: bare, or in double quotes. 1, 0 at the end of the line or before
 * a comment, -1 for an open quote. The word is not NUL-terminated. */
static int
next_word(const char **line, size_t *len, const char **word, size_t *word_len)
{
	const char *p = *line;
	const char *end = p + *len;
	const char *close;

	while (p < end && strchr(BLANKS, *p) != NULL && *p != '\0')
		p++;
	if (p == end || *p == '#')
		return 0;
	if (*p == '"') {
		close = memchr(p + 1, '"', (size_t)(end - p - 1));
		if (close == NULL)
			return -1;
		*word = p + 1;
		*word_len = (size_t)(close - p - 1);
		p = close + 1;
	} else {
		*word = p;
		while (p < end && *p != ' ' && *p != '\t')
			p++;
		*word_len = (size_t)(p - *word);
	}
	*len = (size_t)(end - p);
	*line = p;
	return 1;
}

/* The keyword ends at blanks or at '=', which may stand among blanks once. */
static void
cut_keyword(const char **line, size_t *len, const char **key, size_t *key_len)
{
	const char *p = *line;
	const char *end = p + *len;

	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	*key = p;
	while (p < end && *p != ' ' && *p != '\t' && *p != '=')
		p++;
	*key_len = (size_t)(p - *key);
	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	if (p < end && *p == '=')
		p++;
	*len = (size_t)(end - p);
	*line = p;
}

static bool
is_word(const char *word, size_t n, const char *text)
{
	return n == strlen(text) && strncasecmp(word, text, n) == 0;
}

static int
keep_first(char **slot, const char *value, struct err *e)
{
	if (*slot == NULL)
		*slot = text_dup(value, strlen(value), e);
	return *slot == NULL ? -1 : 0;
}

static int
number(const struct lookup *l, const char *key, const char *value, int64_t min, int64_t max,
    int64_t *out, struct err *e)
{
	struct err detail = {0};
	char why[300];

	if (cli_int(key, value, min, max, out, &detail) == 0)
		return 0;
	(void)snprintf(why, sizeof(why), "%s %s: not a whole number in %lld..%lld", key, value,
	    (long long)min, (long long)max);
	return bad_line(l, why, e);
}

static int
take_strict(struct lookup *l, const char *value, struct err *e)
{
	if (l->strict_known)
		return 0;
	l->strict_known = true;
	if (strcasecmp(value, "yes") == 0 || strcasecmp(value, "ask") == 0)
		return 0;
	(void)bad_line(l, "StrictHostKeyChecking: only \"yes\" is supported", e);
	return err_hint(e, "host keys are always checked; put them into known_hosts, or pass "
	    "--host-key; --ssh-config /dev/null passes this file over");
}

static int
take_proxy(struct lookup *l, const char *key, const char *value, struct err *e)
{
	char why[100];

	if (l->proxy_known)
		return 0;
	l->proxy_known = true;
	if (strcasecmp(value, "none") == 0)
		return 0;
	(void)snprintf(why, sizeof(why), "%s is not supported", key);
	(void)bad_line(l, why, e);
	return err_hint(e, "rsync-push -e ssh connects through OpenSSH; --ssh-config /dev/null passes "
	    "this file over");
}

static int
take_seconds(struct lookup *l, const char *key, const char *value, int64_t unset, int64_t min,
    int64_t *slot, struct err *e)
{
	int64_t seconds;

	if (number(l, key, value, min, 86400, &seconds, e) == -1)
		return -1;
	if (*slot == unset)
		*slot = seconds;
	return 0;
}

/* One keyword with its first value; more values only where a list is allowed. */
static int
take(struct lookup *l, const char *key, const char *value, struct err *e)
{
	struct ssh_config_host *out = l->out;
	int64_t n;

	if (strcasecmp(key, "HostName") == 0)
		return keep_first(&out->host_name, value, e);
	if (strcasecmp(key, "User") == 0)
		return keep_first(&out->user, value, e);
	if (strcasecmp(key, "HostKeyAlias") == 0)
		return keep_first(&out->host_key_alias, value, e);
	if (strcasecmp(key, "IdentityFile") == 0)
		return list_add(&out->identity_files, &out->n_identity_files, value, e);
	if (strcasecmp(key, "Port") == 0) {
		if (number(l, "Port", value, 1, 65535, &n, e) == -1)
			return -1;
		if (out->port == 0)
			out->port = (uint16_t)n;
		return 0;
	}
	if (strcasecmp(key, "IdentitiesOnly") == 0) {
		if (!l->only_known)
			out->identities_only = strcasecmp(value, "yes") == 0;
		l->only_known = true;
		return 0;
	}
	if (strcasecmp(key, "ConnectTimeout") == 0)
		return take_seconds(l, "ConnectTimeout", value, 0, 1, &out->connect_timeout_s, e);
	if (strcasecmp(key, "ServerAliveInterval") == 0)
		return take_seconds(l, "ServerAliveInterval", value, -1, 0, &out->alive_interval_s, e);
	if (strcasecmp(key, "ServerAliveCountMax") == 0)
		return take_seconds(l, "ServerAliveCountMax", value, 0, 1, &out->alive_count, e);
	if (strcasecmp(key, "StrictHostKeyChecking") == 0)
		return take_strict(l, value, e);
	if (strcasecmp(key, "ProxyJump") == 0 || strcasecmp(key, "ProxyCommand") == 0)
		return take_proxy(l, key, value, e);
	if (strcasecmp(key, "Include") == 0) {
		(void)bad_line(l, "Include is not supported", e);
		return err_hint(e, "give one complete file with --ssh-config; /dev/null is none at all");
	}
	return 0;
}

/* Does a Host line (its patterns) select the host? 1, 0, -1 for an open quote. */
static int
host_line_matches(const char *rest, size_t len, const char *host)
{
	bool matched = false;
	const char *word;
	size_t n;
	int got;

	while ((got = next_word(&rest, &len, &word, &n)) == 1) {
		int verdict = pattern_list_match(word, n, ",", host);

		if (verdict == -1)
			return 0;
		if (verdict == 1)
			matched = true;
	}
	return got == -1 ? -1 : matched;
}

/* Does a Match line select the host? Its criteria must all hold; those that we know are host,
 * originalhost and all. 1, 0, -1 with *e if that hangs on another one. */
static int
match_line_matches(const struct lookup *l, const char *rest, size_t len, struct err *e)
{
	bool others = false;
	const char *word;
	size_t n;
	int got;

	while ((got = next_word(&rest, &len, &word, &n)) == 1) {
		bool host = is_word(word, n, "host");
		bool bare = is_word(word, n, "all") || is_word(word, n, "canonical") ||
		    is_word(word, n, "final");
		const char *name = host && l->out->host_name != NULL ? l->out->host_name : l->host;

		host = host || is_word(word, n, "originalhost");
		others = others || (!host && !is_word(word, n, "all"));
		if (bare)
			continue;
		got = next_word(&rest, &len, &word, &n);
		if (got != 1)
			return bad_line(l, "criterion without a value", e);
		if (host && pattern_list_match(word, n, ",", name) != 1)
			return 0;
	}
	if (got == -1)
		return bad_line(l, "no closing quote", e);
	if (!others)
		return 1;
	(void)bad_line(l, "of Match, only host, originalhost and all are supported", e);
	return err_hint(e, "give a file without it with --ssh-config; /dev/null is none at all");
}

static int
take_values(struct lookup *l, const char *key, const char *rest, size_t len, struct err *e)
{
	bool list = strcasecmp(key, "UserKnownHostsFile") == 0;
	bool first_list = list && l->out->n_known_hosts == 0;
	const char *word;
	size_t n;
	size_t n_values = 0;
	int got;

	while ((got = next_word(&rest, &len, &word, &n)) == 1) {
		char *value = text_dup(word, n, e);
		int ret = 0;

		if (value == NULL)
			return -1;
		if (list && first_list)
			ret = list_add(&l->out->known_hosts, &l->out->n_known_hosts, value, e);
		else if (!list && n_values == 0)
			ret = take(l, key, value, e);
		free(value);
		if (ret == -1)
			return -1;
		n_values++;
	}
	if (got == -1)
		return bad_line(l, "no closing quote", e);
	if (n_values == 0)
		return bad_line(l, "keyword without a value", e);
	return 0;
}

int
ssh_config_lookup(const struct ssh_config *c, const char *host, struct ssh_config_host *out,
    struct err *e)
{
	struct lookup l = {.file = c->file, .host = host, .out = out};
	struct rd in = rd_of(c->text.bytes, c->text.len);
	const char *line;
	size_t len;
	int applies = 1; /* lines above the first Host are for all hosts */
	char key[64];

	memset(out, 0, sizeof(*out));
	out->alive_interval_s = -1;
	while (rd_line(&in, &line, &len)) {
		const char *word;
		size_t n;

		l.line++;
		cut_keyword(&line, &len, &word, &n);
		if (n == 0 || word[0] == '#')
			continue;
		if (n >= sizeof(key) || memchr(word, '\0', n) != NULL)
			continue; /* no keyword that we know is as long */
		memcpy(key, word, n);
		key[n] = '\0';
		if (strcasecmp(key, "Match") == 0) {
			applies = match_line_matches(&l, line, len, e);
			if (applies == -1)
				goto fail;
		} else if (strcasecmp(key, "Host") == 0) {
			applies = host_line_matches(line, len, host);
			if (applies == -1) {
				(void)bad_line(&l, "no closing quote", e);
				goto fail;
			}
		} else if (applies && take_values(&l, key, line, len, e) == -1) {
			goto fail;
		}
	}
	return 0;
fail:
	ssh_config_host_free(out);
	return -1;
}
