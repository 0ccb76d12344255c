/* SPDX-License-Identifier: MIT */
#include "rsync-push/push_options.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/cli.h"
#include "lib/base/text.h"
#include "rsync-push/push_format.h"

#define TIMEOUT_S 60
#define TIMEOUT_MAX_S 86400

enum {
	OPT_CHECKSUM = 1,
	OPT_QUICK_CHECK,
	OPT_TIMES,
	OPT_PERMS,
	OPT_EXCLUDE,
	OPT_INCLUDE,
	OPT_EXCLUDE_FROM,
	OPT_INCLUDE_FROM,
	OPT_DELETE,
	OPT_MAX_DELETE,
	OPT_LINK_DEST,
	OPT_COPY_DEST,
	OPT_MKPATH,
	OPT_DRY_RUN,
	OPT_ITEMIZE,
	OPT_OUT_FORMAT,
	OPT_COMPRESS,
	OPT_COMPRESS_CHOICE,
	OPT_CHECKSUM_CHOICE,
	OPT_PROTOCOL,
	OPT_HOSTS,
	OPT_LIMIT,
	OPT_FAILURES,
	OPT_RSH,
	OPT_RSYNC_PATH,
	OPT_BECOME,
	OPT_TIMEOUT,
	OPT_STATS,
	OPT_JSON,
	OPT_PROGRESS,
	OPT_VERBOSE,
	OPT_QUIET
};

static const struct cli_opt table[] = {
	{'c', "checksum", NULL, "compare files by content (the default)", OPT_CHECKSUM},
	{0, "quick-check", NULL, "compare files by size and time, as rsync without -c", OPT_QUICK_CHECK},
	{'t', "times", NULL, "keep modification times", OPT_TIMES},
	{'p', "perms", NULL, "keep permissions (default: 0755 and 0644, by the executable bit)",
	 OPT_PERMS},
	{0, "exclude", "PATTERN", "leave out what matches (rsync's pattern rules)", OPT_EXCLUDE},
	{0, "include", "PATTERN", "keep what a later --exclude would leave out", OPT_INCLUDE},
	{0, "exclude-from", "FILE", "read exclude patterns from FILE (- is stdin)", OPT_EXCLUDE_FROM},
	{0, "include-from", "FILE", "read include patterns from FILE (- is stdin)", OPT_INCLUDE_FROM},
	{0, "delete", NULL, "remove from DEST what SRC does not have", OPT_DELETE},
	{0, "max-delete", "N", "with --delete: remove at most N entries", OPT_MAX_DELETE},
	{0, "link-dest", "DIR", "hard-link unchanged files from DIR on the host (may be repeated)",
	 OPT_LINK_DEST},
	{0, "copy-dest", "DIR", "copy unchanged files from DIR on the host (may be repeated)",
	 OPT_COPY_DEST},
	{0, "mkpath", NULL, "make DEST's missing parent directories (rsync 3.2.3 on the host)",
	 OPT_MKPATH},
	{'n', "dry-run", NULL, "change nothing, say what would change", OPT_DRY_RUN},
	{'i', "itemize-changes", NULL, "print a line for each change, with rsync's letters; -ii: each entry",
	 OPT_ITEMIZE},
	{0, "out-format", "FORMAT", "print a line for each change: %i %n %L %l %o %h %%",
	 OPT_OUT_FORMAT},
	{'z', "compress", NULL, "compress file contents on the way", OPT_COMPRESS},
	{0, "compress-choice", "NAME", "compress with zstd or zlibx, or none", OPT_COMPRESS_CHOICE},
	{0, "checksum-choice", "NAME", "sum files with xxh128 or md5 (default: what the host has)",
	 OPT_CHECKSUM_CHOICE},
	{0, "protocol", "N", "speak rsync's protocol version N at most, 30 to 32", OPT_PROTOCOL},
	{0, "hosts", "FILE[:GROUP]", "push to all hosts of an inventory, or to HOST,HOST,...",
	 OPT_HOSTS},
	{0, "limit", "NAME,...", "with --hosts: only these of them", OPT_LIMIT},
	{0, "failures", "FILE", "also write which hosts failed, and how, to FILE", OPT_FAILURES},
	{'e', "rsh", "COMMAND", "connect by COMMAND [-l USER] HOST instead of the built-in SSH", OPT_RSH},
	{0, "rsync-path", "PROGRAM", "the rsync on the host (default rsync)", OPT_RSYNC_PATH},
	{0, "become", NULL, "run the host's rsync by sudo -n", OPT_BECOME},
	{0, "timeout", "SECONDS", "give up when nothing moves for so long (default 60, 0: never)",
	 OPT_TIMEOUT},
	{0, "stats", NULL, "print each host's counters to stdout", OPT_STATS},
	{0, "json", NULL, "print one JSON object for each host to stdout; -i: each line too", OPT_JSON},
	{0, "progress", NULL, "report progress each second (default: on a terminal)", OPT_PROGRESS},
	{'v', "verbose", NULL, "print changed names; messages of the host's rsync; how we are connected",
	 OPT_VERBOSE},
	{'q', "quiet", NULL, "print errors only", OPT_QUIET},
	SSH_SETTINGS_OPTS,
	{0, NULL, NULL, NULL, 0},
};

static const struct cli command = {
	.tool = "rsync-push",
	.usage = "rsync-push [OPTION]... SRC... [USER@]HOST:DEST\n"
	         "rsync-push [OPTION]... --hosts FILE[:GROUP] SRC... DEST",
	.summary = "Push directories to the stock rsync of one or more hosts, over SSH.\n"
	           "SRC/ is the content of SRC, SRC the entry itself.",
	.tail = "exit status: 0 done, 2 usage, 3 local files, 4 no connection, 5 transfer broke,\n"
	        "6 some hosts failed (all failed: the highest of theirs), 70 a bug",
	.opts = table,
};

static int
bad_choice(const char *option, const char *value, const char *known, struct err *e)
{
	(void)err_set(e, ERR_USAGE, "no such choice", "read %s %s", option, value);
	return err_hint(e, "choices are %s", known);
}

static int
take_compress_choice(struct rsync_options *r, const char *value, struct err *e)
{
	if (strcmp(value, "zstd") == 0)
		r->use_compress = USE_COMPRESS_ZSTD;
	else if (strcmp(value, "zlibx") == 0)
		r->use_compress = USE_COMPRESS_ZLIBX;
	else if (strcmp(value, "none") == 0)
		r->use_compress = USE_COMPRESS_NONE;
	else
		return bad_choice("--compress-choice", value, "zstd zlibx none", e);
	return 0;
}

static int
take_checksum_choice(struct rsync_options *r, const char *value, struct err *e)
{
	if (strcmp(value, "xxh128") == 0)
		r->use_checksum = USE_CHECKSUM_XXH128;
	else if (strcmp(value, "md5") == 0)
		r->use_checksum = USE_CHECKSUM_MD5;
	else
		return bad_choice("--checksum-choice", value, "xxh128 md5", e);
	return 0;
}

static int
take_basis(struct push_options *o, enum options_basis basis, const char *dir, struct err *e)
{
	struct rsync_options *r = &o->rsync;
	const char **more;

	if (r->basis != BASIS_NONE && r->basis != basis)
		return err_set(e, ERR_USAGE, "only one of the two may be used",
		               "combine --link-dest and --copy-dest");
	if (*dir == '\0')
		return err_set(e, ERR_USAGE, "it is empty", "read the directory of --%s-dest",
		               basis == BASIS_LINK ? "link" : "copy");
	more = realloc(o->basis_dirs, (r->n_basis_dirs + 1) * sizeof(more[0]));
	if (more == NULL)
		return err_set(e, ERR_LOCAL, NULL, "allocate directories");
	r->basis = basis;
	o->basis_dirs = more;
	more[r->n_basis_dirs++] = dir;
	return 0;
}

static int
take_protocol(struct rsync_options *r, const char *value, struct err *e)
{
	int64_t n;

	if (cli_int("--protocol", value, RSYNC_PROTOCOL_MIN, RSYNC_PROTOCOL_MAX, &n, e) == -1)
		return -1;
	r->protocol = (int)n;
	return 0;
}

static int
on_option(void *ctx, int id, const char *value, struct err *e)
{
	struct push_options *o = ctx;
	struct rsync_options *r = &o->rsync;

	switch (id) {
	case OPT_CHECKSUM:
		r->checksum = true;
		return 0;
	case OPT_QUICK_CHECK:
		r->checksum = false;
		return 0;
	case OPT_TIMES:
		r->times = true;
		return 0;
	case OPT_PERMS:
		o->perms = true;
		return 0;
	case OPT_EXCLUDE:
		return filter_add(&o->filter, FILTER_EXCLUDE, value, e);
	case OPT_INCLUDE:
		return filter_add(&o->filter, FILTER_INCLUDE, value, e);
	case OPT_EXCLUDE_FROM:
		return filter_add_file(&o->filter, FILTER_EXCLUDE, value, e);
	case OPT_INCLUDE_FROM:
		return filter_add_file(&o->filter, FILTER_INCLUDE, value, e);
	case OPT_DELETE:
		r->del = true;
		return 0;
	case OPT_MAX_DELETE:
		return cli_int("--max-delete", value, 0, INT32_MAX, &r->max_delete, e);
	case OPT_LINK_DEST:
		return take_basis(o, BASIS_LINK, value, e);
	case OPT_COPY_DEST:
		return take_basis(o, BASIS_COPY, value, e);
	case OPT_MKPATH:
		r->mkpath = true;
		return 0;
	case OPT_DRY_RUN:
		r->dry_run = true;
		return 0;
	case OPT_ITEMIZE:
		o->n_itemize++;
		o->format = PUSH_FORMAT_ITEMIZE;
		return 0;
	case OPT_OUT_FORMAT:
		o->format = value;
		return push_format_check(value, e);
	case OPT_COMPRESS:
		if (r->use_compress == USE_COMPRESS_NONE) /* a choice made before stands */
			r->use_compress = USE_COMPRESS_NEGOTIATED;
		return 0;
	case OPT_COMPRESS_CHOICE:
		return take_compress_choice(r, value, e);
	case OPT_CHECKSUM_CHOICE:
		return take_checksum_choice(r, value, e);
	case OPT_PROTOCOL:
		return take_protocol(r, value, e);
	case OPT_HOSTS:
		o->hosts = value;
		return 0;
	case OPT_LIMIT:
		o->limit = value;
		return 0;
	case OPT_FAILURES:
		o->failures = value;
		return 0;
	case OPT_RSH:
		o->rsh = value;
		return 0;
	case OPT_RSYNC_PATH:
		r->rsync_path = value;
		return 0;
	case OPT_BECOME:
		o->become = true;
		return 0;
	case OPT_TIMEOUT:
		return cli_int("--timeout", value, 0, TIMEOUT_MAX_S, &o->timeout_s, e);
	case OPT_STATS:
		o->stats = true;
		return 0;
	case OPT_JSON:
		o->json = true;
		return 0;
	case OPT_PROGRESS:
		o->progress = true;
		return 0;
	case OPT_VERBOSE:
		o->verbose++;
		return 0;
	case OPT_QUIET:
		o->quiet = true;
		return 0;
	default:
		return ssh_settings_option(&o->ssh, id, value, e);
	}
}

/* Refuse what cannot be had together: an option that does nothing misleads. */
static int
check_combinations(const struct push_options *o, struct err *e)
{
	const struct ssh_settings *s = &o->ssh;

	if (o->rsync.max_delete != -1 && !o->rsync.del)
		return err_set(e, ERR_USAGE, "it needs --delete", "use --max-delete");
	if (o->limit != NULL && o->hosts == NULL)
		return err_set(e, ERR_USAGE, "it needs --hosts", "use --limit");
	if (o->json && ((o->format != NULL && o->n_itemize == 0) || o->stats))
		return err_set(e, ERR_USAGE, "each writes its own kind of lines to stdout",
		               "combine --json with --out-format, -v or --stats");
	if (o->quiet && (o->verbose > 0 || o->progress))
		return err_set(e, ERR_USAGE, "one asks for more, one for less",
		               "combine --quiet with --verbose or --progress");
	if (o->rsh != NULL && (s->port != 0 || s->identity != NULL || s->n_known_hosts > 0 ||
	                       s->n_host_keys > 0 || s->config_file != NULL ||
	                       s->connect_timeout_ms != 0))
		return err_set(e, ERR_USAGE, "the external shell makes the connection its own way",
		               "combine --rsh with options of the built-in SSH");
	return 0;
}

static int
take_operands(struct push_options *o, int n, char **operands, struct err *e)
{
	if (n < 2) {
		(void)err_set(e, ERR_USAGE, "SRC and a destination are needed", "read the operands");
		return err_hint(e, "rsync-push --help shows the usage");
	}
	o->sources = (const char *const *)operands;
	o->n_sources = (size_t)n - 1;
	o->target = operands[n - 1];
	return 0;
}

int
push_options_parse(int argc, char **argv, struct push_options *o, struct err *e)
{
	struct rsync_options *r = &o->rsync;
	int first;
	int ret;

	*o = (struct push_options){ .timeout_s = TIMEOUT_S };
	options_init(r);
	r->recurse = r->links = r->perms = r->checksum = true;
	if ((ret = cli_parse(&command, argc, argv, on_option, o, &first, e)) != 0)
		return ret;
	if (o->verbose > 0 && o->format == NULL)
		o->format = PUSH_FORMAT_NAMES;
	if (check_combinations(o, e) == -1 || take_operands(o, argc - first, argv + first, e) == -1 ||
	    (o->rules = filter_texts(&o->filter, e)) == NULL)
		return -1;
	r->itemize = o->format != NULL && push_format_itemizes(o->format);
	/* Told of each link, the summary can count them: a few bytes for each. */
	r->itemize_all = o->n_itemize > 1 ||
	                 (r->basis == BASIS_LINK && (!o->quiet || o->stats || o->json));
	r->timeout_s = (uint32_t)o->timeout_s;
	r->basis_dirs = o->basis_dirs;
	r->rules = o->rules;
	r->n_rules = o->filter.n_rules;
	return ssh_settings_finish(&o->ssh, e);
}

int
push_options_anchor(struct push_options *o, struct err *e)
{
	const char *dest = o->rsync.dest;
	size_t i;

	if (*dest != '/' || o->rsync.dry_run || o->rsync.n_basis_dirs == 0)
		return 0;
	o->anchored = calloc(o->rsync.n_basis_dirs, sizeof(o->anchored[0]));
	if (o->anchored == NULL)
		return err_set(e, ERR_LOCAL, NULL, "allocate directories");
	for (i = 0; i < o->rsync.n_basis_dirs; i++) {
		if (*o->basis_dirs[i] == '/')
			continue;
		o->anchored[i] = text_fmt(e, "%s/%s", dest, o->basis_dirs[i]);
		if (o->anchored[i] == NULL)
			return -1;
		o->basis_dirs[i] = o->anchored[i];
	}
	return 0;
}

void
push_options_free(struct push_options *o)
{
	size_t i;

	for (i = 0; o->anchored != NULL && i < o->rsync.n_basis_dirs; i++)
		free(o->anchored[i]);
	free(o->anchored);
	filter_free(&o->filter);
	ssh_settings_free(&o->ssh);
	free(o->basis_dirs);
	free(o->rules);
	*o = (struct push_options){ 0 };
}
