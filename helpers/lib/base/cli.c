/* SPDX-License-Identifier: MIT */
#include "lib/base/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"

#define HELP_COLUMN 30  /* where the help texts start */
#define OPTIONS_MAX 64u /* long names considered for a hint */
#define ID_HELP (-1)
#define ID_VERSION (-2)

const char cli_version[] = SLIPWAY_VERSION;

static const struct cli_opt own_opts[] = {
    {'h', "help", NULL, "print this help and exit", ID_HELP},
    {0, "version", NULL, "print the version and exit", ID_VERSION},
    {0, NULL, NULL, NULL, 0},
};

/* Where cli_parse is in the command line. */
struct walk {
	const struct cli *cli;
	int argc;
	char **argv;
	int at; /* index of the next word */
	cli_on_option *on;
	void *ctx;
};

static const struct cli_opt *
find_long_in(const struct cli_opt *opt, const char *name, size_t len)
{
	for (; opt->name != NULL; opt++)
		if (strlen(opt->name) == len && memcmp(opt->name, name, len) == 0)
			return opt;
	return NULL;
}

static const struct cli_opt *
find_short_in(const struct cli_opt *opt, char letter)
{
	for (; opt->name != NULL; opt++)
		if (opt->letter == letter)
			return opt;
	return NULL;
}

static int
unknown_long(const struct cli *c, const char *name, size_t len, struct err *e)
{
	const char *names[OPTIONS_MAX + 3];
	const char *nearest;
	char word[64];
	size_t n = 0;

	(void)err_set(e, ERR_USAGE, "no such option", "--%.*s", (int)len, name);
	for (const struct cli_opt *opt = c->opts; opt->name != NULL && n < OPTIONS_MAX; opt++)
		names[n++] = opt->name;
	names[n++] = own_opts[0].name;
	names[n++] = own_opts[1].name;
	names[n] = NULL;
	(void)snprintf(word, sizeof word, "%.*s", (int)len, name);
	nearest = text_nearest(word, names);
	if (nearest != NULL)
		return err_hint(e, "did you mean --%s?", nearest);
	return err_hint(e, "%s --help lists the options", c->tool);
}

static void
print_option(const struct cli_opt *opt)
{
	int width = printf(opt->letter != 0 ? "  -%c, " : "      ", opt->letter);

	width += printf(
	    "--%s%s%s", opt->name, opt->arg != NULL ? " " : "", opt->arg != NULL ? opt->arg : "");
	if (width >= HELP_COLUMN)
		width = printf("\n") - 1;
	(void)printf("%*s%s\n", HELP_COLUMN - width, "", opt->help);
}

static void
print_help(const struct cli *c)
{
	const char *line = c->usage;
	const char *prefix = "usage: ";

	while (*line != '\0') {
		size_t len = strcspn(line, "\n");

		(void)printf("%s%.*s\n", prefix, (int)len, line);
		prefix = "       ";
		line += len + (line[len] == '\n');
	}
	(void)printf("\n%s\n\noptions:\n", c->summary);
	for (const struct cli_opt *opt = c->opts; opt->name != NULL; opt++)
		print_option(opt);
	for (const struct cli_opt *opt = own_opts; opt->name != NULL; opt++)
		print_option(opt);
	if (c->tail != NULL)
		(void)printf("\n%s\n", c->tail);
}

/* Act on one option. 0, 1 after --help or --version, or -1. */
static int
take(struct walk *w, const struct cli_opt *opt, const char *value, struct err *e)
{
	if (opt->id == ID_HELP) {
		print_help(w->cli);
		return 1;
	}
	if (opt->id == ID_VERSION) {
		(void)printf("%s %s\n", w->cli->tool, cli_version);
		return 1;
	}
	return w->on(w->ctx, opt->id, value, e);
}

/* The next word as the value of `opt`, or NULL with *e. */
static const char *
next_value(struct walk *w, const struct cli_opt *opt, struct err *e)
{
	if (w->at < w->argc)
		return w->argv[w->at++];
	(void)err_set(e, ERR_USAGE, "needs a value", "--%s", opt->name);
	(void)err_hint(e, "--%s %s", opt->name, opt->arg);
	return NULL;
}

static int
parse_long(struct walk *w, const char *word, struct err *e)
{
	size_t len = strcspn(word, "=");
	const struct cli_opt *opt = find_long_in(w->cli->opts, word, len);
	const char *value = word[len] == '=' ? word + len + 1 : NULL;

	if (opt == NULL)
		opt = find_long_in(own_opts, word, len);
	if (opt == NULL)
		return unknown_long(w->cli, word, len, e);
	if (opt->arg == NULL && value != NULL)
		return err_set(e, ERR_USAGE, "takes no value", "--%s", opt->name);
	if (opt->arg != NULL && value == NULL) {
		value = next_value(w, opt, e);
		if (value == NULL)
			return -1;
	}
	return take(w, opt, value, e);
}

static int
parse_short(struct walk *w, const char *letters, struct err *e)
{
	for (; *letters != '\0'; letters++) {
		const struct cli_opt *opt = find_short_in(w->cli->opts, *letters);
		const char *value = NULL;
		int ret;

		if (opt == NULL)
			opt = find_short_in(own_opts, *letters);
		if (opt == NULL) {
			(void)err_set(e, ERR_USAGE, "no such option", "-%c", *letters);
			return err_hint(e, "%s --help lists the options", w->cli->tool);
		}
		if (opt->arg != NULL) {
			value = letters[1] != '\0' ? letters + 1 : next_value(w, opt, e);
			if (value == NULL)
				return -1;
		}
		ret = take(w, opt, value, e);
		if (ret != 0 || opt->arg != NULL)
			return ret;
	}
	return 0;
}

/* Walk the words; operands are collected in operands[0..*n). */
static int
walk_words(struct walk *w, char **operands, int *n, struct err *e)
{
	while (w->at < w->argc) {
		char *word = w->argv[w->at++];
		int ret = 0;

		if (strcmp(word, "--") == 0)
			break;
		if (word[0] != '-' || word[1] == '\0') {
			operands[(*n)++] = word;
			if (w->cli->stop_at_operand)
				break;
		} else if (word[1] == '-') {
			ret = parse_long(w, word + 2, e);
		} else {
			ret = parse_short(w, word + 1, e);
		}
		if (ret != 0)
			return ret;
	}
	while (w->at < w->argc)
		operands[(*n)++] = w->argv[w->at++];
	return 0;
}

/* A closed 0, 1 or 2 would be the number of the next file that is opened, and be taken for what it
 * is not. 1 is replaced by something that cannot be written, so that lost results are noticed. */
static int
fill_standard_descriptors(struct err *e)
{
	static const int modes[] = {O_RDONLY, O_RDONLY, O_WRONLY};

	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) == -1 && errno == EBADF &&
		    open("/dev/null", modes[fd]) != fd)
			return err_set(e, ERR_LOCAL, NULL, "open /dev/null");
	return 0;
}

int
cli_parse(const struct cli *c, int argc, char **argv, cli_on_option *on, void *ctx,
    int *first_operand, struct err *e)
{
	struct walk w = {.cli = c, .argc = argc, .argv = argv, .at = 1, .on = on, .ctx = ctx};
	char **operands = calloc((size_t)argc + 1, sizeof *operands);
	int n = 0;
	int ret;

	if (operands == NULL)
		return err_set(e, ERR_LOCAL, "out of memory", "parse the command line");
	ret = fill_standard_descriptors(e);
	if (ret == 0)
		ret = walk_words(&w, operands, &n, e);
	if (ret == 0) {
		*first_operand = argc - n;
		memcpy(argv + *first_operand, operands, (size_t)n * sizeof *operands);
	}
	free(operands);
	return ret;
}

int
cli_int(const char *name, const char *value, int64_t min, int64_t max, int64_t *out, struct err *e)
{
	char *end;
	long long n;
	bool digits = value[value[0] == '-'] >= '0' && value[value[0] == '-'] <= '9';

	errno = 0;
	n = strtoll(value, &end, 10);
	if (!digits || *end != '\0')
		return err_set(e, ERR_USAGE, "not a whole number", "%s \"%s\"", name, value);
	if (errno == ERANGE || n < min || n > max) {
		(void)err_set(e, ERR_USAGE, "out of range", "%s \"%s\"", name, value);
		return err_hint(e, "%lld to %lld", (long long)min, (long long)max);
	}
	*out = n;
	return 0;
}

void
cli_print(const struct buf *text)
{
	if (text->len > 0)
		(void)fwrite(text->bytes, 1, text->len, stdout);
}

int
cli_finish(const char *tool, int status)
{
	struct err e = {0};
	bool failed = ferror(stdout) != 0;

	if (fflush(stdout) == 0 && !failed && fclose(stdout) == 0)
		return status;
	(void)err_set(
	    &e, ERR_LOCAL, failed ? "some of it was not written" : NULL, "write standard output");
	err_print(stderr, tool, NULL, &e);
	return err_exit_status(ERR_LOCAL);
}
