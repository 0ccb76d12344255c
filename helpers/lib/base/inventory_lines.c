/* SPDX-License-Identifier: MIT */
#include "lib/base/inventory_lines.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/inventory_text.h"
#include "lib/base/text.h"
#include "lib/base/words.h"

#define GROUPS_MAX 1024u /* groups of one inventory */

/* Errors of inventory_text know no place: add it. */
static int
place(const struct inventory_lines *in, struct err *e)
{
	if (e->kind != ERR_USAGE)
		return -1;
	if (in->line == 0)
		(void)snprintf(e->what, sizeof e->what, "%s", in->file);
	else
		(void)snprintf(e->what, sizeof e->what, "%s:%zu", in->file, in->line);
	return -1;
}

static int
bad_line(const struct inventory_lines *in, struct err *e, const char *why)
{
	(void)err_set(e, ERR_USAGE, why, "inventory");
	return place(in, e);
}

void
inventory_vars_free(struct inventory_vars *v)
{
	free(v->address);
	free(v->user);
	free(v->identity);
	*v = INVENTORY_VARS_NONE;
}

static int
replace_text(char **to, const char *from, struct err *e)
{
	char *copy;

	if (from == NULL)
		return 0;
	copy = text_dup(from, strlen(from), e);
	if (copy == NULL)
		return -1;
	free(*to);
	*to = copy;
	return 0;
}

int
inventory_vars_merge(struct inventory_vars *to, const struct inventory_vars *from, struct err *e)
{
	if (replace_text(&to->address, from->address, e) == -1 ||
	    replace_text(&to->user, from->user, e) == -1 ||
	    replace_text(&to->identity, from->identity, e) == -1)
		return -1;
	if (from->port != 0)
		to->port = from->port;
	if (from->become != -1)
		to->become = from->become;
	return 0;
}

static int
list_add(struct inventory_list *list, size_t item, struct err *e)
{
	size_t *at;

	for (size_t i = 0; i < list->n; i++)
		if (list->at[i] == item)
			return 0;
	at = realloc(list->at, (list->n + 1) * sizeof *at);
	if (at == NULL)
		return err_set(e, ERR_LOCAL, "out of memory", "read the inventory");
	list->at = at;
	list->at[list->n++] = item;
	return 0;
}

/* The group of that name (n bytes), made if need be. */
static int
group_find(struct inventory_lines *in, const char *name, size_t n, size_t *index, struct err *e)
{
	struct inventory_group *groups;

	for (*index = 0; *index < in->n_groups; (*index)++)
		if (strlen(in->groups[*index].name) == n &&
		    memcmp(in->groups[*index].name, name, n) == 0)
			return 0;
	if (in->n_groups == GROUPS_MAX)
		return bad_line(in, e, "too many groups");
	groups = realloc(in->groups, (in->n_groups + 1) * sizeof *groups);
	if (groups == NULL)
		return err_set(e, ERR_LOCAL, "out of memory", "read the inventory");
	in->groups = groups;
	groups[in->n_groups] =
	    (struct inventory_group){.line = in->line, .vars = INVENTORY_VARS_NONE};
	groups[in->n_groups].name = text_dup(name, n, e);
	if (groups[in->n_groups].name == NULL)
		return -1;
	in->n_groups++;
	return 0;
}

static int
host_find(struct inventory_lines *in, const char *name, size_t *index, struct err *e)
{
	struct inventory_entry *hosts;

	for (*index = 0; *index < in->n_hosts; (*index)++)
		if (strcmp(in->hosts[*index].name, name) == 0)
			return 0;
	if (in->n_hosts == INVENTORY_HOSTS_MAX)
		return bad_line(in, e, "too many hosts");
	hosts = realloc(in->hosts, (in->n_hosts + 1) * sizeof *hosts);
	if (hosts == NULL)
		return err_set(e, ERR_LOCAL, "out of memory", "read the inventory");
	in->hosts = hosts;
	hosts[in->n_hosts] = (struct inventory_entry){
	    .name_says = INVENTORY_VARS_NONE, .line_says = INVENTORY_VARS_NONE};
	hosts[in->n_hosts].name = text_dup(name, strlen(name), e);
	if (hosts[in->n_hosts].name == NULL)
		return -1;
	in->n_hosts++;
	return 0;
}

/* ---- variables ---- */

static int
parse_bool(const char *value, int *out, struct err *e)
{
	static const char *const yes[] = {"true", "yes", "1", "on", "True", "Yes", NULL};
	static const char *const no[] = {"false", "no", "0", "off", "False", "No", NULL};

	for (size_t i = 0; yes[i] != NULL; i++) {
		if (strcmp(value, yes[i]) == 0 || strcmp(value, no[i]) == 0) {
			*out = strcmp(value, yes[i]) == 0;
			return 0;
		}
	}
	return err_set(e, ERR_USAGE, "ansible_become is neither true nor false", "inventory");
}

static int
set_var(struct inventory_vars *v, const char *key, const char *value, struct err *e)
{
	if (strcmp(key, "ansible_host") == 0 || strcmp(key, "ansible_ssh_host") == 0)
		return inventory_check_host(value, e) == -1 ? -1
							    : replace_text(&v->address, value, e);
	if (strcmp(key, "ansible_user") == 0 || strcmp(key, "ansible_ssh_user") == 0)
		return inventory_check_user(value, e) == -1 ? -1 : replace_text(&v->user, value, e);
	if (strcmp(key, "ansible_port") == 0 || strcmp(key, "ansible_ssh_port") == 0)
		return inventory_port(value, &v->port, e);
	if (strcmp(key, "ansible_ssh_private_key_file") == 0)
		return replace_text(&v->identity, value, e);
	if (strcmp(key, "ansible_become") == 0)
		return parse_bool(value, &v->become, e);
	return 0;
}

static bool
key_ok(const char *key, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char c = key[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';

		if (!letter && (i == 0 || !((c >= '0' && c <= '9') || c == '-' || c == '.')))
			return false;
	}
	return n > 0;
}

/* One KEY=VALUE word. */
static int
parse_pair(struct inventory_lines *in, struct inventory_vars *v, const char *word, struct err *e)
{
	size_t n = strcspn(word, "=");
	char *key;
	int ret;

	if (word[n] != '=' || !key_ok(word, n)) {
		(void)bad_line(in, e, "");
		return err_why(e, "expected KEY=VALUE, found \"%s\"", word);
	}
	key = text_dup(word, n, e);
	if (key == NULL)
		return -1;
	ret = set_var(v, key, word + n + 1, e);
	free(key);
	return ret == -1 ? place(in, e) : 0;
}

/* A line of a [group:vars] section: KEY = VALUE, the value to the end of the line, quotes around it
 * dropped. */
static int
parse_vars_line(struct inventory_lines *in, const char *line, size_t n, struct err *e)
{
	const char *equals = memchr(line, '=', n);
	size_t key_len = equals != NULL ? (size_t)(equals - line) : n;
	const char *value = line + key_len + 1;
	size_t len = equals != NULL ? n - key_len - 1 : 0;
	char *pair;
	int ret;

	while (key_len > 0 && (line[key_len - 1] == ' ' || line[key_len - 1] == '\t'))
		key_len--;
	for (; len > 0 && (*value == ' ' || *value == '\t'); len--)
		value++;
	if (len >= 2 && (*value == '"' || *value == '\'') && value[len - 1] == *value) {
		value++;
		len -= 2;
	}
	if (memchr(line, '\0', n) != NULL)
		return bad_line(in, e, "it holds a NUL byte");
	pair = equals == NULL ? text_dup(line, n, e)
			      : text_fmt(e, "%.*s=%.*s", (int)key_len, line, (int)len, value);
	if (pair == NULL)
		return -1;
	ret = parse_pair(in, &in->groups[in->group].vars, pair, e);
	free(pair);
	return ret;
}

/* ---- sections and lines ---- */

/* The section that "GROUP" or "GROUP:KIND" (n bytes) names; *name_len: length of GROUP. */
static int
section_kind(const char *name, size_t n, size_t *name_len, enum inventory_section *kind)
{
	const char *colon = memchr(name, ':', n);
	size_t kind_len = colon != NULL ? n - (size_t)(colon - name) - 1 : 0;

	*name_len = colon != NULL ? (size_t)(colon - name) : n;
	if (colon == NULL)
		*kind = INVENTORY_HOSTS;
	else if (kind_len == 4 && memcmp(colon + 1, "vars", 4) == 0)
		*kind = INVENTORY_VARS;
	else if (kind_len == 8 && memcmp(colon + 1, "children", 8) == 0)
		*kind = INVENTORY_CHILDREN;
	else
		return -1;
	return 0;
}

/* Only blanks or a comment. */
static bool
is_blank(const char *s, size_t n)
{
	for (; n > 0 && *s != '#' && *s != ';'; n--, s++)
		if (*s != ' ' && *s != '\t')
			return false;
	return true;
}

static int
parse_section(struct inventory_lines *in, const char *line, size_t n, struct err *e)
{
	const char *close = memchr(line, ']', n);
	size_t len = close != NULL ? (size_t)(close - line) - 1 : 0;
	size_t name_len;

	if (len == 0 || line[1] == ':' || memchr(line, '\0', n) != NULL)
		return bad_line(in, e, "the section's name is not as in [GROUP]");
	if (!is_blank(close + 1, n - len - 2))
		return bad_line(in, e, "something follows the section's name");
	if (section_kind(line + 1, len, &name_len, &in->section) == -1)
		return bad_line(in, e, "a section is [GROUP], [GROUP:vars] or [GROUP:children]");
	if (group_find(in, line + 1, name_len, &in->group, e) == -1)
		return -1;
	if (in->section != INVENTORY_VARS)
		in->groups[in->group].declared = true;
	return 0;
}

static int
parse_child(struct inventory_lines *in, char *const words[], struct err *e)
{
	size_t child;

	if (words[1] != NULL)
		return bad_line(in, e, "one group a line is expected here");
	if (group_find(in, words[0], strlen(words[0]), &child, e) == -1)
		return -1;
	return list_add(&in->groups[in->group].children, child, e);
}

/* One name of an expanded host pattern; in->pending holds the line's variables. */
static int
add_host(void *ctx, const char *name, struct err *e)
{
	struct inventory_lines *in = ctx;
	struct inventory_vars found = INVENTORY_VARS_NONE;
	size_t index;
	int ret = -1;

	if (inventory_address(name, &found.user, &found.address, &found.port, e) == -1)
		return -1;
	if (host_find(in, name, &index, e) == 0 &&
	    inventory_vars_merge(&in->hosts[index].name_says, &found, e) == 0 &&
	    inventory_vars_merge(&in->hosts[index].line_says, &in->pending, e) == 0 &&
	    list_add(&in->groups[in->group].hosts, index, e) == 0)
		ret = 0;
	inventory_vars_free(&found);
	return ret;
}

int
inventory_lines_add_pattern(struct inventory_lines *in, const char *pattern, struct err *e)
{
	return inventory_expand(pattern, add_host, in, e) == -1 ? place(in, e) : 0;
}

static int
parse_host_line(struct inventory_lines *in, char *const words[], struct err *e)
{
	int ret = 0;

	for (size_t i = 1; words[i] != NULL && ret == 0; i++)
		ret = parse_pair(in, &in->pending, words[i], e);
	if (ret == 0)
		ret = inventory_lines_add_pattern(in, words[0], e);
	inventory_vars_free(&in->pending);
	return ret;
}

int
inventory_lines_add(struct inventory_lines *in, const char *line, size_t n, struct err *e)
{
	struct words words;
	int ret = 0;

	for (; n > 0 && (*line == ' ' || *line == '\t'); n--)
		line++;
	for (; n > 0 && (line[n - 1] == ' ' || line[n - 1] == '\t');)
		n--;
	if (n == 0 || *line == '#' || *line == ';')
		return 0;
	if (*line == '[' && inventory_is_section(line, n))
		return parse_section(in, line, n, e);
	if (in->section == INVENTORY_VARS)
		return parse_vars_line(in, line, n, e);
	if (words_split(line, n, &words, e) == -1)
		return place(in, e);
	if (words.n > 0)
		ret = in->section == INVENTORY_CHILDREN ? parse_child(in, words.at, e)
							: parse_host_line(in, words.at, e);
	words_free(&words);
	return ret;
}

int
inventory_lines_init(struct inventory_lines *in, const char *file, struct err *e)
{
	*in = (struct inventory_lines){.file = file, .pending = INVENTORY_VARS_NONE};
	if (group_find(in, "ungrouped", strlen("ungrouped"), &in->group, e) == -1)
		return -1;
	in->groups[in->group].declared = true;
	return 0;
}

void
inventory_lines_free(struct inventory_lines *in)
{
	for (size_t i = 0; i < in->n_groups; i++) {
		free(in->groups[i].name);
		free(in->groups[i].hosts.at);
		free(in->groups[i].children.at);
		inventory_vars_free(&in->groups[i].vars);
	}
	for (size_t i = 0; i < in->n_hosts; i++) {
		free(in->hosts[i].name);
		inventory_vars_free(&in->hosts[i].name_says);
		inventory_vars_free(&in->hosts[i].line_says);
	}
	free(in->groups);
	free(in->hosts);
	inventory_vars_free(&in->pending);
}
