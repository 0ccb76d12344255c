/* SPDX-License-Identifier: MIT */
/* req-checksum: the key of a Python requirement set. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/cli.h"
#include "lib/base/err.h"
#include "lib/base/text.h"
#include "req-checksum/req_raw.h"
#include "req-checksum/req_set.h"
#include "req-checksum/req_walk.h"

#define SALTS_MAX 32u

enum { OPT_COMPARE = 1, OPT_SALT, OPT_RAW, OPT_ALGORITHM, OPT_EXPLAIN, OPT_JSON };

struct settings {
	bool compare;
	bool raw;
	bool explain;
	bool json;
	const char *algorithm; /* NULL: not given */
	const char *salts[SALTS_MAX];
	size_t n_salts;
};

static const struct cli_opt options[] = {
    {0, "compare", NULL, "compare OLD and NEW: status 0 if they are the same, 1 if not",
	OPT_COMPARE},
    {0, "salt", "TEXT", "let the key depend on TEXT too; repeatable", OPT_SALT},
    {0, "raw", NULL, "print what md5sum or sha256sum prints", OPT_RAW},
    {'a', "algorithm", "NAME", "with --raw: md5 or sha256 (default sha256)", OPT_ALGORITHM},
    {0, "explain", NULL, "print the canonical form; with --compare what differs", OPT_EXPLAIN},
    {0, "json", NULL, "print the result as JSON", OPT_JSON},
    {0, NULL, NULL, NULL, 0},
};

static const struct cli command = {
    .tool = "req-checksum",
    .usage = "req-checksum [OPTIONS] [FILE...]\n"
	     "req-checksum [OPTIONS] --compare OLD NEW\n"
	     "req-checksum --raw [-a md5|sha256] [FILE...]",
    .summary = "Print the key of the Python requirement set in FILE (default requirements.txt): it "
	       "changes\n"
	       "when what pip would be asked for changes, and only then.",
    .tail =
	"exit status: 0 done, or the same; 1 not the same; 2 wrong usage; 3 a file cannot be read",
    .opts = options,
};

static int
on_option(void *ctx, int id, const char *value, struct err *e)
{
	struct settings *s = ctx;

	switch (id) {
	case OPT_COMPARE:
		s->compare = true;
		break;
	case OPT_SALT:
		if (s->n_salts == SALTS_MAX)
			return err_set(e, ERR_USAGE, "given too often", "--salt");
		s->salts[s->n_salts++] = value;
		break;
	case OPT_RAW:
		s->raw = true;
		break;
	case OPT_ALGORITHM:
		if (strcmp(value, "md5") != 0 && strcmp(value, "sha256") != 0)
			return err_set(
			    e, ERR_USAGE, "neither md5 nor sha256", "--algorithm \"%s\"", value);
		s->algorithm = value;
		break;
	case OPT_EXPLAIN:
		s->explain = true;
		break;
	case OPT_JSON:
		s->json = true;
		break;
	}
	return 0;
}

static int
check_usage(const struct settings *s, int n_files, struct err *e)
{
	if (s->raw && (s->compare || s->explain || s->json || s->n_salts > 0))
		return err_set(e, ERR_USAGE, "it goes with --algorithm only", "--raw");
	if (s->algorithm != NULL && !s->raw)
		return err_set(e, ERR_USAGE, "needs --raw", "--algorithm");
	if (s->compare && n_files != 2)
		return err_set(e, ERR_USAGE, "expected OLD and NEW", "--compare");
	return 0;
}

/* Read n files and the salts into a sorted set, and its key. */
static int
read_set(const struct settings *s, char **files, int n, struct req_walk *w,
    char key[REQ_KEY_LEN + 1], struct err *e)
{
	int ret = 0;

	for (int i = 0; i < n && ret == 0; i++)
		ret = req_walk_file(w, files[i], e);
	for (size_t i = 0; i < s->n_salts && ret == 0; i++) {
		char *entry = text_fmt(e, "salt %s", s->salts[i]);

		ret = entry == NULL ? -1 : req_set_add(&w->entries, entry, e);
		free(entry);
	}
	if (ret == -1)
		return -1;
	req_set_sort(&w->entries);
	req_set_sort(&w->files);
	return req_set_key(&w->entries, key, e);
}

/* ---- one set ---- */

static int
add_json_array(struct buf *out, const char *key, const struct req_set *set, struct err *e)
{
	if (buf_fmt(out, e, ",\"%s\":[", key) == -1)
		return -1;
	for (size_t i = 0; i < set->n; i++)
		if ((i > 0 && buf_byte(out, ',', e) == -1) ||
		    text_json(out, set->at[i], strlen(set->at[i]), e) == -1)
			return -1;
	return buf_byte(out, ']', e);
}

static int
show_set(const struct settings *s, const struct req_walk *w, const char *key, struct buf *out,
    struct err *e)
{
	if (s->json) {
		if (buf_fmt(out, e, "{\"key\":\"%s\"", key) == -1 ||
		    add_json_array(out, "files", &w->files, e) == -1 ||
		    add_json_array(out, "entries", &w->entries, e) == -1)
			return -1;
		return buf_str(out, "}\n", e);
	}
	return s->explain ? req_set_text(&w->entries, out, e) : buf_fmt(out, e, "%s\n", key);
}

static int
run_key(const struct settings *s, char **files, int n, struct err *e)
{
	struct req_walk w = {0};
	struct buf out = {0};
	char key[REQ_KEY_LEN + 1];
	int ret = read_set(s, files, n, &w, key, e);

	if (ret == 0)
		ret = show_set(s, &w, key, &out, e);
	if (ret == 0)
		cli_print(&out);
	buf_free(&out);
	req_walk_free(&w);
	return ret;
}

/* ---- two sets ---- */

/* Append "- ENTRY" and "+ ENTRY" for what only one of two sorted sets has. */
static int
show_difference(
    const struct req_set *old, const struct req_set *new, struct buf *out, struct err *e)
{
	size_t i = 0;
	size_t j = 0;

	while (i < old->n || j < new->n) {
		int order = i == old->n ? 1 : j == new->n ? -1 : strcmp(old->at[i], new->at[j]);

		if (order < 0 && buf_fmt(out, e, "- %s\n", old->at[i]) == -1)
			return -1;
		if (order > 0 && buf_fmt(out, e, "+ %s\n", new->at[j]) == -1)
			return -1;
		i += order <= 0;
		j += order >= 0;
	}
	return 0;
}

/* 0 the same, 1 not, -1. */
static int
run_compare(const struct settings *s, char **files, struct err *e)
{
	struct req_walk sets[2] = {{.n_seen = 0}, {.n_seen = 0}};
	char keys[2][REQ_KEY_LEN + 1];
	struct buf out = {0};
	bool same = false;
	int ret = 0;

	for (int i = 0; i < 2 && ret == 0; i++)
		ret = read_set(s, files + i, 1, &sets[i], keys[i], e);
	if (ret == 0) {
		same = strcmp(keys[0], keys[1]) == 0;
		if (s->json)
			ret = buf_fmt(&out, e, "{\"same\":%s,\"old\":\"%s\",\"new\":\"%s\"}\n",
			    same ? "true" : "false", keys[0], keys[1]);
		else if (s->explain)
			ret = show_difference(&sets[0].entries, &sets[1].entries, &out, e);
	}
	if (ret == 0)
		cli_print(&out);
	buf_free(&out);
	req_walk_free(&sets[0]);
	req_walk_free(&sets[1]);
	return ret == -1 ? -1 : !same;
}

static int
run_raw(const struct settings *s, char **files, int n, struct err *e)
{
	bool md5 = s->algorithm != NULL && strcmp(s->algorithm, "md5") == 0;
	struct buf out = {0};
	int ret = 0;

	for (int i = 0; i < n && ret == 0; i++)
		ret = req_raw_file(&out, files[i], md5 ? DIGEST_MD5 : DIGEST_SHA256, e);
	cli_print(&out); /* also what came before a file that cannot be read */
	buf_free(&out);
	return ret;
}

int
main(int argc, char **argv)
{
	static char default_file[] = "requirements.txt";
	char *default_files[] = {default_file, NULL};
	struct settings s = {0};
	struct err e = {0};
	int first = argc;
	int ret = cli_parse(&command, argc, argv, on_option, &s, &first, &e);
	bool given = first < argc;
	char **files = given ? argv + first : default_files;
	int n = given ? argc - first : 1;

	if (ret == 1)
		return cli_finish(command.tool, 0);
	if (ret == 0)
		ret = check_usage(&s, argc - first, &e);
	if (ret == 0)
		ret = s.raw       ? run_raw(&s, files, n, &e)
		      : s.compare ? run_compare(&s, files, &e)
				  : run_key(&s, files, n, &e);
	if (ret == -1)
		err_print(stderr, command.tool, NULL, &e);
	return cli_finish(command.tool, ret == -1 ? err_exit_status(e.kind) : ret);
}
