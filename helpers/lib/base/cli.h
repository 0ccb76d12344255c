/* SPDX-License-Identifier: MIT */
/* lib/base/cli.h: command lines. One table of options drives parsing and --help, so that the two
 * cannot differ. GNU habits: --name VALUE and --name=VALUE, -x VALUE and -xVALUE, bundled short
 * flags, `--` ends the options, options and operands may mix unless `stop_at_operand`. */
#ifndef BASE_CLI_H
#define BASE_CLI_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"

struct cli_opt {
	char letter;      /* 'n', or 0 */
	const char *name; /* "dry-run", without dashes; NULL ends the table */
	const char *arg;  /* "FILE": takes a value; NULL: a flag */
	const char *help; /* one line for --help, in the words of the man page */
	int id;           /* what the callback gets; 0 is reserved */
};

struct cli {
	const char *tool;    /* "atomic-link" */
	const char *usage;   /* lines after "usage: ", each starting with the tool's name */
	const char *summary; /* one or two sentences */
	const char *tail; /* printed after the options in --help (exit status, example), or NULL */
	const struct cli_opt *opts; /* --help/-h and --version are added by cli_parse */
	bool stop_at_operand; /* what follows the first operand is all operands (remote-run) */
};

/* Called for each option in the order given. value is NULL for flags. 0, or -1 with *e. */
typedef int cli_on_option(void *ctx, int id, const char *value, struct err *e);

/* Parse argv[1..]. Returns 0 with the operands left in argv[*first_operand .. argc) (moved there),
 * 1 when --help or --version was printed to stdout (the caller exits 0), -1 with ERR_USAGE: an
 * unknown option names the nearest known one in the hint. Closed descriptors 0, 1, 2 are opened. */
int cli_parse(const struct cli *c, int argc, char **argv, cli_on_option *on, void *ctx,
    int *first_operand, struct err *e);

/* Whole decimal number in min..max, no sign but '-', no blanks. -1 with ERR_USAGE naming `name`. */
int cli_int(
    const char *name, const char *value, int64_t min, int64_t max, int64_t *out, struct err *e);

/* Write the content of a buffer to stdout; cli_finish sees a failure. */
void cli_print(const struct buf *text);

/* Flush and close stdout, so that a full disk is not lost. Returns the exit status to use:
 * `status`, or 3 after printing an error when the output could not be written. */
int cli_finish(const char *tool, int status);

/* The version of all helpers, "1.2.3". */
extern const char cli_version[];

#endif
