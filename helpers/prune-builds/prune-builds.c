/* SPDX-License-Identifier: MIT */
/* prune-builds: remove old builds and the environments that no build refers to. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/build_name.h"
#include "lib/base/cli.h"
#include "lib/base/err.h"
#include "prune-builds/prune_dir.h"
#include "prune-builds/prune_locks.h"
#include "prune-builds/prune_plan.h"
#include "prune-builds/prune_report.h"

#define NAMES_MAX 64u /* values of --active, and of --protect-env */
#define KEEP_MAX 100000

enum {
	OPT_KEEP = 1,
	OPT_PROTECT,
	OPT_ACTIVE,
	OPT_ENVS,
	OPT_PROTECT_ENV,
	OPT_LOCK,
	OPT_DRY_RUN,
	OPT_JSON,
	OPT_VERBOSE
};

struct strings {
	const char *at[NAMES_MAX];
	size_t n;
};

struct settings {
	int64_t keep;
	struct strings links;
	struct strings active;
	struct strings active_envs;
	const char *builds;
	const char *envs; /* or NULL */
	const char *lock; /* or NULL */
	bool dry_run;
	bool json;
	bool verbose;
};

static const struct cli_opt options[] = {
    {'k', "keep", "N", "keep the N newest complete builds (default 5; 0: all)", OPT_KEEP},
    {0, "protect", "LINK", "keep the build that LINK leads to; repeatable", OPT_PROTECT},
    {0, "active", "NAME", "keep the build NAME, whatever its state; repeatable", OPT_ACTIVE},
    {0, "envs", "DIR", "also remove environments in DIR that no build refers to", OPT_ENVS},
    {0, "protect-env", "NAME", "keep the environment NAME; repeatable", OPT_PROTECT_ENV},
    {0, "lock", "FILE", "remove nothing while a deploy holds this lock", OPT_LOCK},
    {'n', "dry-run", NULL, "remove nothing, print what would be removed", OPT_DRY_RUN},
    {0, "json", NULL, "print the result as JSON", OPT_JSON},
    {'v', "verbose", NULL, "say on standard error what is kept and why", OPT_VERBOSE},
    {0, NULL, NULL, NULL, 0},
};

static const struct cli command = {
    .tool = "prune-builds",
    .usage = "prune-builds [OPTIONS] DIR",
    .summary =
	"Remove from DIR the builds that are no longer needed, and the remains of deploys that\n"
	"ended early. Prints the names of what it removed.",
    .tail = "exit status: 0 done, warnings included; 2 wrong usage; 3 DIR or a link cannot be used",
    .opts = options,
};

static int
add_string(struct strings *s, const char *option, const char *value, struct err *e)
{
	if (s->n == NAMES_MAX)
		return err_set(e, ERR_USAGE, "given too often", "%s", option);
	s->at[s->n++] = value;
	return 0;
}

static int
on_option(void *ctx, int id, const char *value, struct err *e)
{
	struct settings *s = ctx;

	switch (id) {
	case OPT_KEEP:
		return cli_int("--keep", value, 0, KEEP_MAX, &s->keep, e);
	case OPT_PROTECT:
		return add_string(&s->links, "--protect", value, e);
	case OPT_ACTIVE:
		if (!build_name_valid(value))
			return err_set(e, ERR_USAGE, "not 14 digits", "--active \"%s\"", value);
		return add_string(&s->active, "--active", value, e);
	case OPT_ENVS:
		s->envs = value;
		return 0;
	case OPT_PROTECT_ENV:
		return add_string(&s->active_envs, "--protect-env", value, e);
	case OPT_LOCK:
		s->lock = value;
		return 0;
	case OPT_DRY_RUN:
		s->dry_run = true;
		return 0;
	case OPT_JSON:
		s->json = true;
		return 0;
	case OPT_VERBOSE:
		s->verbose = true;
		return 0;
	}
	return 0;
}

/* What is in the directory and what speaks for keeping it. */
static int
inspect(struct prune_dir *d, const struct settings *s, const struct strings *active,
    struct prune_report *r, struct err *e)
{
	if (prune_dir_read(d, r, e) == -1 || prune_dir_mark_processes(d, e) == -1)
		return -1;
	for (size_t i = 0; i < active->n; i++)
		prune_dir_mark_active(d, active->at[i]);
	for (size_t i = 0; i < s->links.n; i++)
		if (prune_dir_mark_link(d, s->links.at[i], r, e) == -1)
			return -1;
	return 0;
}

/* Report what stays; in a dry run also what would go. Otherwise take it aside. */
static int
settle(struct prune_dir *d, const struct settings *s, struct prune_report *r, struct err *e)
{
	if (!s->dry_run && prune_dir_set_aside(d, r, e) == -1)
		return -1;
	for (size_t i = 0; i < d->n; i++) {
		bool goes = d->items[i].verdict == PRUNE_REMOVE;

		if (!goes && prune_report_kept(r, &d->items[i], e) == -1)
			return -1;
		if (goes && s->dry_run &&
		    prune_report_removed(r, d->items[i].name, d->is_envs, e) == -1)
			return -1;
	}
	return 0;
}

/* All that must happen under the locks of the links. */
static int
decide(struct prune_dir *builds, struct prune_dir *envs, const struct settings *s,
    struct prune_report *r, struct err *e)
{
	bool deploying = false;

	if (inspect(builds, s, &s->active, r, e) == -1)
		return -1;
	/* After looking: what a deploy has begun by then, it still holds the lock for; it cannot have
	 * made it live meanwhile. */
	if (s->lock != NULL && prune_locks_deploy(s->lock, &deploying, e) == -1)
		return -1;
	if (deploying)
		return prune_report_warn(r, e, "a deploy holds %s: nothing was removed", s->lock);
	prune_plan_builds(builds->items, builds->n, (size_t)s->keep);
	if (settle(builds, s, r, e) == -1)
		return -1;
	if (s->envs == NULL)
		return 0;
	if (inspect(envs, s, &s->active_envs, r, e) == -1 ||
	    prune_dir_mark_envs(envs, builds, r, e) == -1)
		return -1;
	prune_plan_envs(envs->items, envs->n);
	return settle(envs, s, r, e);
}

/* Print lines, each with a prefix. */
static void
print_lines(FILE *out, const char *prefix, const struct buf *text)
{
	struct rd lines = rd_of(text->bytes, text->len);
	const char *line;
	size_t len;

	while (rd_line(&lines, &line, &len))
		(void)fprintf(out, "%s%.*s\n", prefix, (int)len, line);
}

static int
print_report(const struct settings *s, const struct prune_report *r, size_t n_hidden, struct err *e)
{
	struct buf json = {0};
	int ret = 0;

	if (s->verbose)
		print_lines(stderr, "prune-builds: keep ", &r->kept);
	if (s->verbose && n_hidden > 0)
		(void)fprintf(stderr,
		    "prune-builds: processes of other users, not looked into: %zu\n", n_hidden);
	print_lines(stderr, "prune-builds: warning: ", &r->warnings);
	if (s->json) {
		ret = prune_report_json(r, s->dry_run, &json, e);
		if (ret == 0)
			cli_print(&json);
	} else {
		print_lines(stdout, "", &r->removed);
	}
	buf_free(&json);
	return ret;
}

static int
run(const struct settings *s, struct err *e)
{
	struct prune_dir builds = {.fd = -1};
	struct prune_dir envs = {.fd = -1};
	struct prune_locks locks = {.n = 0};
	struct prune_report report = {0};
	int ret = prune_dir_open(&builds, s->builds, false, e);

	if (ret == 0 && s->envs != NULL)
		ret = prune_dir_open(&envs, s->envs, true, e);
	for (size_t i = 0; i < s->links.n && ret == 0; i++)
		ret = prune_locks_add(&locks, s->links.at[i], e);
	if (ret == 0)
		ret = decide(&builds, &envs, s, &report, e);
	prune_locks_release(&locks);
	if (ret == 0 && !s->dry_run)
		ret = prune_dir_sweep(&builds, &report, e);
	if (ret == 0 && !s->dry_run && s->envs != NULL)
		ret = prune_dir_sweep(&envs, &report, e);
	if (ret == 0)
		ret = print_report(s, &report, builds.n_hidden, e);
	prune_report_free(&report);
	prune_dir_free(&builds);
	prune_dir_free(&envs);
	return ret;
}

int
main(int argc, char **argv)
{
	struct settings s = {.keep = 5};
	struct err e = {0};
	int first = argc;
	int ret = cli_parse(&command, argc, argv, on_option, &s, &first, &e);

	if (ret == 0 && argc - first != 1)
		ret = err_set(&e, ERR_USAGE, "expected one DIR", "%d operands", argc - first);
	if (ret == 0) {
		s.builds = argv[first];
		ret = run(&s, &e);
	}
	if (ret == -1)
		err_print(stderr, command.tool, NULL, &e);
	return cli_finish(command.tool, ret == -1 ? err_exit_status(e.kind) : 0);
}
