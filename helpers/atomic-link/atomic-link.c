/* SPDX-License-Identifier: MIT */
/* atomic-link: point a symbolic link at something else in one step. */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "atomic-link/link_builds.h"
#include "atomic-link/link_swap.h"
#include "lib/base/buf.h"
#include "lib/base/cli.h"
#include "lib/base/err.h"
#include "lib/base/text.h"

enum {
	OPT_EXPECT = 1,
	OPT_SYNC,
	OPT_BUILDS,
	OPT_PREVIOUS,
	OPT_TO,
	OPT_PRINT,
	OPT_JSON,
	OPT_VERBOSE
};

enum mode { MODE_TARGET, MODE_PREVIOUS, MODE_TO, MODE_PRINT };

struct settings {
	enum mode mode;
	int n_modes; /* of --previous, --to, --print-previous given */
	const char *builds;
	const char *to;
	const char *expect; /* NULL: anything */
	bool sync;
	bool json;
	bool verbose;
};

static const struct cli_opt options[] = {
    {0, "expect", "OLD", "do nothing, with status 1, unless LINK is OLD now (none: is not there)",
	OPT_EXPECT},
    {0, "sync", NULL, "make target and link durable before and after the change", OPT_SYNC},
    {0, "builds", "DIR", "choose the target among the builds in DIR", OPT_BUILDS},
    {0, "previous", NULL, "go to the newest usable build older than the present one", OPT_PREVIOUS},
    {0, "to", "NAME", "go to the build NAME", OPT_TO},
    {0, "print-previous", NULL, "only print where --previous would go", OPT_PRINT},
    {0, "json", NULL, "print the result as JSON", OPT_JSON},
    {'v', "verbose", NULL, "say what was done, on standard error", OPT_VERBOSE},
    {0, NULL, NULL, NULL, 0},
};

static const struct cli command = {
    .tool = "atomic-link",
    .usage = "atomic-link [OPTIONS] TARGET LINK\n"
	     "atomic-link [OPTIONS] --builds DIR --previous | --to NAME | --print-previous LINK",
    .summary = "Point the symbolic link LINK at TARGET in one step, or refuse and change nothing.",
    .tail = "exit status: 0 done; 1 LINK is not OLD, or no older build; 2 wrong usage; 3 refused",
    .opts = options,
};

static int
on_option(void *ctx, int id, const char *value, struct err *e)
{
	struct settings *s = ctx;

	(void)e;
	switch (id) {
	case OPT_EXPECT:
		s->expect = value;
		break;
	case OPT_SYNC:
		s->sync = true;
		break;
	case OPT_BUILDS:
		s->builds = value;
		break;
	case OPT_PREVIOUS:
		s->mode = MODE_PREVIOUS;
		s->n_modes++;
		break;
	case OPT_TO:
		s->mode = MODE_TO;
		s->to = value;
		s->n_modes++;
		break;
	case OPT_PRINT:
		s->mode = MODE_PRINT;
		s->n_modes++;
		break;
	case OPT_JSON:
		s->json = true;
		break;
	case OPT_VERBOSE:
		s->verbose = true;
		break;
	}
	return 0;
}

static int
check_usage(const struct settings *s, int n_operands, struct err *e)
{
	int wanted = s->mode == MODE_TARGET ? 2 : 1;

	if (s->n_modes > 1)
		return err_set(e, ERR_USAGE, "only one of them at a time",
		    "--previous, --to, --print-previous");
	if ((s->builds != NULL) != (s->mode != MODE_TARGET))
		return err_set(e, ERR_USAGE, "one is of no use without the other",
		    "--builds and --previous, --to or --print-previous");
	if (n_operands != wanted) {
		(void)err_set(e, ERR_USAGE, wanted == 2 ? "expected TARGET LINK" : "expected LINK",
		    "%d operands", n_operands);
		return err_hint(e, "atomic-link --help");
	}
	return 0;
}

/* {"link":…,"target":…,"previous":…,"changed":…} */
static int
print_json(const char *link, const char *text, const char *before, bool changed, struct err *e)
{
	struct buf out = {0};
	int ret = -1;

	if (buf_str(&out, "{\"link\":", e) == 0 && text_json(&out, link, strlen(link), e) == 0 &&
	    buf_str(&out, ",\"target\":", e) == 0 && text_json(&out, text, strlen(text), e) == 0 &&
	    buf_str(&out, ",\"previous\":", e) == 0 &&
	    (before == NULL ? buf_str(&out, "null", e)
			    : text_json(&out, before, strlen(before), e)) == 0 &&
	    buf_fmt(&out, e, ",\"changed\":%s}\n", changed ? "true" : "false") == 0)
		ret = 0;
	if (ret == 0)
		cli_print(&out);
	buf_free(&out);
	return ret;
}

static int
report(const struct settings *s, const struct link_place *p, const char *text, bool changed,
    struct err *e)
{
	if (s->verbose && changed)
		(void)fprintf(stderr, "atomic-link: %s -> %s (was %s)\n", p->path, text,
		    p->text != NULL ? p->text : "not there");
	if (s->verbose && !changed)
		(void)fprintf(stderr, "atomic-link: %s -> %s already\n", p->path, text);
	return s->json ? print_json(p->path, text, p->text, changed, e) : 0;
}

static int
print_previous(const struct settings *s, const struct link_place *p, struct err *e)
{
	char *name = link_builds_previous(s->builds, p, e);

	if (name == NULL)
		return -1;
	(void)printf(s->json ? "{\"previous\":\"%s\"}\n" : "%s\n", name);
	free(name);
	return 0;
}

/* The absolute path of the target, malloc'ed; NULL if there is none that will do. */
static char *
find_target(
    const struct settings *s, const char *operand, const struct link_place *p, struct err *e)
{
	char *name;
	char *path;

	if (s->mode == MODE_TARGET)
		return link_target_check(operand, e);
	if (s->mode == MODE_TO)
		return link_builds_named(s->builds, s->to, e);
	name = link_builds_previous(s->builds, p, e);
	path = name == NULL ? NULL : link_builds_named(s->builds, name, e);
	free(name);
	return path;
}

/* The target must be durable before the lock is taken, as that may last; and is looked at again
 * under the lock. */
static int
sync_target(const struct settings *s, const char *operand, struct err *e)
{
	char *path;
	int ret;

	if (!s->sync || s->mode == MODE_PRINT)
		return 0;
	if (s->mode != MODE_TARGET)
		return link_target_sync(s->builds, e);
	path = link_target_check(operand, e);
	ret = path == NULL ? -1 : link_target_sync(path, e);
	free(path);
	return ret;
}

static int
run(const struct settings *s, char **operands, struct err *e)
{
	const char *operand = s->mode == MODE_TARGET ? operands[0] : NULL;
	const char *link = s->mode == MODE_TARGET ? operands[1] : operands[0];
	struct link_place place = {.dir_fd = -1};
	struct buf text = {0};
	char *target = NULL;
	bool changed;
	int ret = -1;

	if (sync_target(s, operand, e) == -1 || link_place_open(&place, link, e) == -1)
		goto out;
	if (s->expect != NULL && link_place_expect(&place, s->expect, e) == -1)
		goto out;
	if (s->mode == MODE_PRINT) {
		ret = print_previous(s, &place, e);
		goto out;
	}
	target = find_target(s, operand, &place, e);
	if (target == NULL || link_place_swap(&place, target, s->sync, &text, &changed, e) == -1)
		goto out;
	ret = report(s, &place, (const char *)text.bytes, changed, e);
out:
	link_place_free(&place);
	buf_free(&text);
	free(target);
	return ret;
}

int
main(int argc, char **argv)
{
	struct settings s = {0};
	struct err e = {0};
	int first = argc;
	int ret = cli_parse(&command, argc, argv, on_option, &s, &first, &e);

	if (ret == 0)
		ret = check_usage(&s, argc - first, &e);
	if (ret == 0)
		ret = run(&s, argv + first, &e);
	if (ret == -1) {
		err_print(stderr, command.tool, NULL, &e);
		return cli_finish(command.tool, err_exit_status(e.kind));
	}
	return cli_finish(command.tool, 0);
}
