/* SPDX-License-Identifier: MIT */
#include "lib/rsync/command.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"

/* What this library can do, as letters (README, "Capabilities"). No `i`: no incremental recursion. */
#define CAPABILITIES "e.LsfxCIvu"

struct args {
	char **at; /* NULL-terminated */
	size_t n;
};

static int
arg_take(struct args *a, char *word, struct err *e)
{
	char **more;

	if (word == NULL)
		return -1;
	more = realloc(a->at, (a->n + 2) * sizeof *more);
	if (more == NULL) {
		free(word);
		return err_set(e, ERR_LOCAL, NULL, "build a command line");
	}
	a->at = more;
	a->at[a->n++] = word;
	a->at[a->n] = NULL;
	return 0;
}

static int
arg(struct args *a, const char *word, struct err *e)
{
	return arg_take(a, text_dup(word, strlen(word), e), e);
}

static int
arg_if(struct args *a, bool on, const char *word, struct err *e)
{
	return on ? arg(a, word, e) : 0;
}

static int
arg_number(struct args *a, bool on, const char *name, int64_t value, struct err *e)
{
	return on ? arg_take(a, text_fmt(e, "%s%lld", name, (long long)value), e) : 0;
}

static int
add_letters(struct args *a, const struct rsync_options *o, struct err *e)
{
	const struct {
		bool on;
		char letter;
	} letters[] = {
		{o->dry_run, 'n'}, {o->links, 'l'},   {o->times, 't'},
		{o->perms, 'p'},   {o->recurse, 'r'}, {o->checksum, 'c'},
		{o->use_compress == USE_COMPRESS_NEGOTIATED, 'z'},
	};
	char word[32] = "-";
	size_t n = 1;
	size_t i;

	for (i = 0; i < sizeof letters / sizeof letters[0]; i++)
		if (letters[i].on)
			word[n++] = letters[i].letter;
	memcpy(word + n, CAPABILITIES, sizeof CAPABILITIES);
	return arg(a, word, e);
}

static int
add_deletion(struct args *a, const struct rsync_options *o, struct err *e)
{
	/* a limit of none at all goes over the wire as -1 */
	if (arg_number(a, o->del && o->max_delete >= 0, "--max-delete=",
	               o->max_delete == 0 ? -1 : o->max_delete, e) == -1)
		return -1;
	return arg_if(a, o->del, "--delete", e);
}

static const char *
checksum_option(const struct rsync_options *o)
{
	switch (o->use_checksum) {
	case USE_CHECKSUM_NEGOTIATED:
		return NULL;
	case USE_CHECKSUM_MD5:
		return "--checksum-choice=md5";
	case USE_CHECKSUM_XXH128:
		return "--checksum-choice=xxh128";
	}
	return NULL;
}

static const char *
compress_option(const struct rsync_options *o)
{
	switch (o->use_compress) {
	case USE_COMPRESS_NONE:
	case USE_COMPRESS_NEGOTIATED: /* the letter z */
		return NULL;
	case USE_COMPRESS_ZSTD:
		return "--compress-choice=zstd";
	case USE_COMPRESS_ZLIBX:
		return "--new-compress"; /* the name that servers before 3.2 know too */
	}
	return NULL;
}

static const char *
basis_option(const struct rsync_options *o)
{
	switch (o->basis) {
	case BASIS_NONE:
		return NULL;
	case BASIS_COPY:
		return "--copy-dest";
	case BASIS_LINK:
		return "--link-dest";
	}
	return NULL;
}

static int
add_flags(struct args *a, const struct rsync_options *o, struct err *e)
{
	const char *checksum = checksum_option(o);
	const char *compress = compress_option(o);
	const char *format = o->itemize_all ? "--log-format=%i%I" : "--log-format=%i";

	if (arg_if(a, o->itemize || o->itemize_all, format, e) == -1 || add_deletion(a, o, e) == -1 ||
	    arg_if(a, o->mkpath, "--mkpath", e) == -1 ||
	    arg_number(a, o->timeout_s != 0, "--timeout=", o->timeout_s, e) == -1)
		return -1;
	if (arg_if(a, checksum != NULL, checksum, e) == -1)
		return -1;
	return arg_if(a, compress != NULL, compress, e);
}

static int
add_basis(struct args *a, const struct rsync_options *o, struct err *e)
{
	const char *option = basis_option(o);
	size_t i;

	if (option == NULL)
		return 0;
	for (i = 0; i < o->n_basis_dirs; i++)
		if (arg(a, option, e) == -1 || arg(a, o->basis_dirs[i], e) == -1)
			return -1;
	return 0;
}

/* An empty destination is the login directory; one that looks like an option must not be taken for
 * one. */
static int
add_dest(struct args *a, const char *dest, struct err *e)
{
	if (*dest == '\0')
		return arg(a, ".", e);
	if (*dest == '-')
		return arg_take(a, text_fmt(e, "./%s", dest), e);
	return arg(a, dest, e);
}

static int
options_check(const struct rsync_options *o, struct err *e)
{
	if (o->dest == NULL)
		return err_set(e, ERR_USAGE, "no destination", "push");
	if (o->protocol != 0 &&
	    (o->protocol < RSYNC_PROTOCOL_MIN || o->protocol > RSYNC_PROTOCOL_MAX))
		return err_set(e, ERR_USAGE, "must be 30, 31 or 32", "protocol %d", o->protocol);
	return 0;
}

char **
command_argv(const struct rsync_options *o, struct err *e)
{
	struct args a = {0};

	if (options_check(o, e) == 0 && arg(&a, o->rsync_path != NULL ? o->rsync_path : "rsync", e) == 0 &&
	    arg(&a, "--server", e) == 0 && add_letters(&a, o, e) == 0 && add_flags(&a, o, e) == 0 &&
	    add_basis(&a, o, e) == 0 && arg(&a, ".", e) == 0 && add_dest(&a, o->dest, e) == 0)
		return a.at;
	command_free_argv(a.at);
	return NULL;
}

void
command_free_argv(char **argv)
{
	size_t i;

	if (argv == NULL)
		return;
	for (i = 0; argv[i] != NULL; i++)
		free(argv[i]);
	free(argv);
}

/* Bytes of a leading "~", "~/" or "~user/" that the shell is to expand: a quoted slash would hinder
 * it. */
static size_t
tilde_len(const char *path)
{
	size_t n;

	if (path[0] != '~')
		return 0;
	n = 1 + strspn(path + 1, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-");
	if (path[n] == '/')
		return n + 1;
	return path[n] == '\0' ? n : 0;
}

static int
quote_path(struct buf *out, const char *path, struct err *e)
{
	size_t n = tilde_len(path);

	if (buf_add(out, path, n, e) == -1)
		return -1;
	if (n > 0 && path[n] == '\0')
		return 0;
	return text_shell_quote(out, path + n, e);
}

int
command_line(const struct rsync_options *o, struct buf *out, struct err *e)
{
	char **argv = command_argv(o, e);
	size_t i;
	int ret = -1;

	if (argv == NULL)
		return -1;
	if (buf_str(out, argv[0], e) == -1) /* a command, for the shell as it is: "sudo -n rsync" */
		goto out;
	for (i = 1; argv[i] != NULL; i++) {
		bool is_last = argv[i + 1] == NULL;

		if (buf_byte(out, ' ', e) == -1 ||
		    (is_last ? quote_path(out, argv[i], e) : text_shell_quote(out, argv[i], e)) == -1)
			goto out;
	}
	ret = 0;
out:
	command_free_argv(argv);
	return ret;
}
