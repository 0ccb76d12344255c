/* SPDX-License-Identifier: MIT */
#include "lib/base/inventory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/buf.h"
#include "lib/base/fs.h"
#include "lib/base/inventory_lines.h"
#include "lib/base/text.h"

#define FILE_MAX (1u << 20) /* bytes of an inventory file */

static int
no_memory(struct err *e)
{
	return err_set(e, ERR_LOCAL, "out of memory", "read the inventory");
}

static bool
is_all(const struct inventory_group *g)
{
	return strcmp(g->name, "all") == 0;
}

static int
bad_group(const struct inventory_lines *in, const struct inventory_group *g, const char *why,
    struct err *e)
{
	(void)err_set(e, ERR_USAGE, why, "%s:%zu: group \"%s\"", in->file, g->line, g->name);
	return -1;
}

/* Set depths below group g; refuse loops and groups that no section declares. */
static int
sink(const struct inventory_lines *in, size_t g, unsigned depth, struct err *e)
{
	struct inventory_group *group = &in->groups[g];
	int ret = 0;

	if (group->on_path)
		return bad_group(in, group, "it contains itself", e);
	if (!group->declared && !is_all(group))
		return bad_group(in, group, "no section defines it", e);
	if (group->depth >= depth)
		return 0; /* what is below it is deep enough already */
	group->depth = depth;
	group->on_path = true;
	for (size_t i = 0; i < group->children.n && ret == 0; i++)
		ret = sink(in, group->children.at[i], depth + 1, e);
	group->on_path = false;
	return ret;
}

/* Mark group g and all below it. */
static void
reach(const struct inventory_lines *in, size_t g, bool *reached)
{
	const struct inventory_group *group = &in->groups[g];

	if (reached[g])
		return;
	reached[g] = true;
	for (size_t i = 0; i < group->children.n; i++)
		reach(in, group->children.at[i], reached);
}

/* Mark the hosts of group g and of the groups below it; every host for "all". */
static int
mark_hosts(const struct inventory_lines *in, size_t g, bool *marked, struct err *e)
{
	bool *reached;

	if (is_all(&in->groups[g])) {
		for (size_t i = 0; i < in->n_hosts; i++)
			marked[i] = true;
		return 0;
	}
	reached = calloc(in->n_groups, sizeof *reached);
	if (reached == NULL)
		return no_memory(e);
	reach(in, g, reached);
	for (size_t i = 0; i < in->n_groups; i++)
		for (size_t h = 0; reached[i] && h < in->groups[i].hosts.n; h++)
			marked[in->groups[i].hosts.at[h]] = true;
	free(reached);
	return 0;
}

/* For qsort: higher groups first, then by name (Ansible's order of precedence). */
static int
compare_groups(const void *a, const void *b)
{
	const struct inventory_group *x = *(struct inventory_group *const *)a;
	const struct inventory_group *y = *(struct inventory_group *const *)b;

	if (x->depth != y->depth)
		return x->depth < y->depth ? -1 : 1;
	return strcmp(x->name, y->name);
}

/* Merge what group g says into vars[] of its hosts. */
static int
apply_group(const struct inventory_lines *in, size_t g, struct inventory_vars *vars, struct err *e)
{
	bool *marked = calloc(in->n_hosts + 1, sizeof *marked);
	int ret;

	if (marked == NULL)
		return no_memory(e);
	ret = mark_hosts(in, g, marked, e);
	for (size_t h = 0; h < in->n_hosts && ret == 0; h++)
		if (marked[h])
			ret = inventory_vars_merge(&vars[h], &in->groups[g].vars, e);
	free(marked);
	return ret;
}

/* vars[] of all hosts from the groups' variables, deeper groups over higher ones. */
static int
apply_groups(const struct inventory_lines *in, struct inventory_vars *vars, struct err *e)
{
	struct inventory_group **order = calloc(in->n_groups, sizeof(struct inventory_group *));
	int ret = 0;

	if (order == NULL)
		return no_memory(e);
	for (size_t i = 0; i < in->n_groups && ret == 0; i++) {
		order[i] = &in->groups[i];
		ret = is_all(order[i]) ? 0 : sink(in, i, 1, e);
	}
	if (ret == 0)
		qsort(order, in->n_groups, sizeof(struct inventory_group *), compare_groups);
	for (size_t i = 0; i < in->n_groups && ret == 0; i++)
		ret = apply_group(in, (size_t)(order[i] - in->groups), vars, e);
	free(order);
	return ret;
}

static char *
copy(const char *s, struct err *e)
{
	return s == NULL ? NULL : text_dup(s, strlen(s), e);
}

/* One host, what the groups say being given. Its own line beats its name, that beats the groups,
 * but for the address: a name is an address only if nothing else says one. */
static int
resolve(const struct inventory_entry *entry, struct inventory_vars *vars,
    struct inventory_host *out, struct err *e)
{
	struct inventory_vars from_name = entry->name_says;
	const char *address;

	from_name.address = NULL;
	if (inventory_vars_merge(vars, &from_name, e) == -1 ||
	    inventory_vars_merge(vars, &entry->line_says, e) == -1)
		return -1;
	address = vars->address != NULL ? vars->address : entry->name_says.address;
	*out = (struct inventory_host){.port = vars->port, .become = vars->become};
	out->name = copy(entry->name, e);
	out->address = copy(address, e);
	out->user = copy(vars->user, e);
	out->identity = copy(vars->identity, e);
	if (out->name == NULL || out->address == NULL ||
	    (vars->user != NULL && out->user == NULL) ||
	    (vars->identity != NULL && out->identity == NULL))
		return -1;
	return 0;
}

/* Mark the host of that name. False if there is none. */
static bool
mark_host(const struct inventory_lines *in, const char *name, bool *marked)
{
	for (size_t i = 0; i < in->n_hosts; i++)
		if (strcmp(in->hosts[i].name, name) == 0) {
			marked[i] = true;
			return true;
		}
	return false;
}

/* Mark the hosts of the named group (NULL: all), or else the one host of that name. */
static int
select_hosts(const struct inventory_lines *in, const char *group, bool *marked, struct err *e)
{
	const char **names;
	const char *nearest;
	size_t g;

	for (size_t i = 0; i < in->n_hosts && (group == NULL || strcmp(group, "all") == 0); i++)
		marked[i] = true;
	if (group == NULL || strcmp(group, "all") == 0)
		return 0;
	names = calloc(in->n_groups + 1, sizeof *names);
	if (names == NULL)
		return no_memory(e);
	for (g = 0; g < in->n_groups; g++) {
		names[g] = in->groups[g].name;
		if (strcmp(names[g], group) == 0)
			break;
	}
	nearest = g == in->n_groups ? text_nearest(group, names) : NULL;
	free(names);
	if (g < in->n_groups)
		return mark_hosts(in, g, marked, e);
	if (mark_host(in, group, marked))
		return 0;
	(void)err_set(e, ERR_USAGE, "no such group or host", "%s: group \"%s\"", in->file, group);
	return nearest == NULL ? -1 : err_hint(e, "did you mean \"%s\"?", nearest);
}

static int
resolve_marked(const struct inventory_lines *in, const bool *marked, struct inventory_vars *vars,
    struct inventory *out, struct err *e)
{
	out->hosts = calloc(in->n_hosts + 1, sizeof *out->hosts);
	if (out->hosts == NULL)
		return no_memory(e);
	for (size_t i = 0; i < in->n_hosts; i++)
		if (marked[i] &&
		    resolve(&in->hosts[i], &vars[i], &out->hosts[out->n_hosts++], e) == -1)
			return -1;
	if (out->n_hosts == 0)
		return err_set(e, ERR_USAGE, "no host in it", "%s", in->file);
	return 0;
}

/* All lines are read: work out what they mean. */
static int
finish(const struct inventory_lines *in, const char *group, struct inventory *out, struct err *e)
{
	struct inventory_vars *vars = calloc(in->n_hosts + 1, sizeof *vars);
	bool *marked = calloc(in->n_hosts + 1, sizeof *marked);
	int ret = -1;

	*out = (struct inventory){0};
	if (vars == NULL || marked == NULL) {
		(void)no_memory(e);
		goto out;
	}
	for (size_t i = 0; i < in->n_hosts; i++)
		vars[i] = INVENTORY_VARS_NONE;
	if (apply_groups(in, vars, e) == 0 && select_hosts(in, group, marked, e) == 0)
		ret = resolve_marked(in, marked, vars, out, e);
	for (size_t i = 0; i < in->n_hosts; i++)
		inventory_vars_free(&vars[i]);
out:
	free(vars);
	free(marked);
	if (ret == -1)
		inventory_free(out);
	return ret;
}

int
inventory_parse(const char *text, size_t n, const char *file, const char *group,
    struct inventory *out, struct err *e)
{
	struct inventory_lines in;
	struct rd lines = rd_of(text, n);
	const char *line;
	size_t len;
	int ret = inventory_lines_init(&in, file, e);

	*out = (struct inventory){0};
	while (ret == 0 && rd_line(&lines, &line, &len)) {
		in.line++;
		ret = inventory_lines_add(&in, line, len, e);
	}
	if (ret == 0)
		ret = finish(&in, group, out, e);
	inventory_lines_free(&in);
	return ret;
}

/* A comma-separated list of hosts. */
static int
parse_list(const char *list, struct inventory *out, struct err *e)
{
	struct inventory_lines in;
	int ret = inventory_lines_init(&in, "--hosts", e);

	for (const char *at = list; ret == 0; at++) {
		size_t len = strcspn(at, ",");
		char *word = text_dup(at, len, e);

		ret = word == NULL ? -1 : inventory_lines_add_pattern(&in, word, e);
		if (ret == -1 && e->kind == ERR_USAGE)
			(void)snprintf(e->what, sizeof e->what, "--hosts \"%s\"", list);
		free(word);
		at += len;
		if (*at == '\0')
			break;
	}
	if (ret == 0)
		ret = finish(&in, NULL, out, e);
	inventory_lines_free(&in);
	return ret;
}

static bool
is_there(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && !S_ISDIR(st.st_mode);
}

static int
load_file(const char *path, const char *group, struct inventory *out, struct err *e)
{
	struct buf text = {0};
	int ret = fs_read_file(AT_FDCWD, path, true, FILE_MAX, &text, e);

	if (ret == 0)
		ret = inventory_parse((const char *)text.bytes, text.len, path, group, out, e);
	buf_free(&text);
	return ret;
}

int
inventory_load(const char *spec, struct inventory *out, struct err *e)
{
	const char *colon = strrchr(spec, ':');
	char *path;
	int ret;

	*out = (struct inventory){0};
	if (is_there(spec))
		return load_file(spec, NULL, out, e);
	path = text_dup(spec, colon != NULL ? (size_t)(colon - spec) : strlen(spec), e);
	if (path == NULL)
		return -1;
	if (colon != NULL && is_there(path))
		ret = load_file(path, colon + 1, out, e);
	else if (strchr(spec, '/') != NULL)
		ret = load_file(
		    path, NULL, out, e); /* no host holds a slash: say what ails the file */
	else
		ret = parse_list(spec, out, e);
	free(path);
	return ret;
}

static void
host_free(struct inventory_host *host)
{
	free(host->name);
	free(host->address);
	free(host->user);
	free(host->identity);
}

/* Mark the host called by the len bytes at name. */
static int
mark_named(const struct inventory *inv, const char *name, size_t len, bool *marked, struct err *e)
{
	for (size_t i = 0; i < inv->n_hosts; i++)
		if (strlen(inv->hosts[i].name) == len && memcmp(inv->hosts[i].name, name, len) == 0) {
			marked[i] = true;
			return 0;
		}
	return err_set(e, ERR_USAGE, "no such host in the inventory", "--limit \"%.*s\"",
	    len < 200 ? (int)len : 200, name);
}

int
inventory_limit(struct inventory *inv, const char *names, struct err *e)
{
	bool *marked = calloc(inv->n_hosts + 1, sizeof *marked);
	size_t n = 0;
	int ret = marked == NULL ? no_memory(e) : 0;

	while (ret == 0) {
		size_t len = strcspn(names, ",");

		ret = mark_named(inv, names, len, marked, e);
		if (names[len] == '\0')
			break;
		names += len + 1;
	}
	for (size_t i = 0; ret == 0 && i < inv->n_hosts; i++)
		if (marked[i])
			inv->hosts[n++] = inv->hosts[i];
		else
			host_free(&inv->hosts[i]);
	if (ret == 0)
		inv->n_hosts = n;
	free(marked);
	return ret;
}

void
inventory_free(struct inventory *inv)
{
	for (size_t i = 0; i < inv->n_hosts; i++)
		host_free(&inv->hosts[i]);
	free(inv->hosts);
	*inv = (struct inventory){0};
}
