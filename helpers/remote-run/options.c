/* SPDX-License-Identifier: MIT */
#include "remote-run/options.h"

#include <string.h>

#include "lib/base/cli.h"

enum { OPT_HOSTS = 1, OPT_SCRIPT, OPT_STDIN, OPT_SERIAL, OPT_TIMEOUT, OPT_BECOME, OPT_FATAL, OPT_FOLD,
	OPT_JSON, OPT_NO_PREFIX, OPT_LIST, OPT_LIMIT, OPT_FAILURES, OPT_RECORD, OPT_VERBOSE };

static const struct cli_opt opts[] = {
	{0, "hosts", "FILE[:GROUP]|HOST,...", "inventory, or hosts as [USER@]HOST[:PORT]", OPT_HOSTS},
	{0, "limit", "NAME,...", "only these hosts of the inventory", OPT_LIMIT},
	{0, "script", "FILE", "run this shell script (- for stdin) instead of a command", OPT_SCRIPT},
	{0, "stdin", NULL, "pass stdin on to the command on every host, as it comes", OPT_STDIN},
	{0, "become", NULL, "run as root, by sudo -n", OPT_BECOME},
	{0, "serial", "N", "in batches of N hosts, one batch after the other", OPT_SERIAL},
	{0, "timeout", "SECONDS", "end a command that has not ended by then", OPT_TIMEOUT},
	{0, "any-errors-fatal", NULL, "stop all hosts as soon as one fails", OPT_FATAL},
	{0, "fold", NULL, "at the end, print the output of equal hosts once", OPT_FOLD},
	{0, "json", NULL, "at the end, print one JSON object per host", OPT_JSON},
	{0, "no-prefix", NULL, "print output as it comes, no host name in front", OPT_NO_PREFIX},
	{0, "failures", "FILE", "also write who failed, and how, to FILE", OPT_FAILURES},
	{0, "record", "FILE", "also write how and when each host ended to FILE, as JSON", OPT_RECORD},
	{0, "list-hosts", NULL, "print the hosts, connect to none", OPT_LIST},
	SSH_SETTINGS_OPTS,
	{'v', "verbose", NULL, "say when hosts are logged in, and with which algorithms", OPT_VERBOSE},
	{0, NULL, NULL, NULL, 0}};

static const struct cli cli = {
	.tool = "remote-run",
	.usage = "remote-run --hosts HOSTS [OPTIONS] [--] COMMAND...\n"
	         "remote-run --hosts HOSTS [OPTIONS] --script FILE [--] [ARGUMENT...]",
	.summary = "Run a command on many hosts at once. One COMMAND word is a line for the remote shell; "
	           "several are quoted, so that each arrives as it is.",
	.tail = "Exit status: 0 done everywhere, 2 wrong usage, 3 local problem, 4 a host was not reached,\n"
	        "5 a connection broke, 6 a command failed or timed out.",
	.opts = opts,
	.stop_at_operand = true,
};

static int
on_option(void *ctx, int id, const char *value, struct err *e)
{
	struct options *o = ctx;
	int64_t n;

	switch (id) {
	case OPT_HOSTS:
		o->hosts = value;
		return 0;
	case OPT_LIMIT:
		o->limit = value;
		return 0;
	case OPT_FAILURES:
		o->failures = value;
		return 0;
	case OPT_RECORD:
		o->record = value;
		return 0;
	case OPT_SCRIPT:
		o->script = value;
		return 0;
	case OPT_STDIN:
		o->pass_stdin = true;
		return 0;
	case OPT_BECOME:
		o->become = true;
		return 0;
	case OPT_SERIAL:
		if (cli_int("--serial", value, 1, 100000, &n, e) == -1)
			return -1;
		o->serial = (size_t)n;
		return 0;
	case OPT_TIMEOUT:
		if (cli_int("--timeout", value, 1, 604800, &n, e) == -1)
			return -1;
		o->timeout_ms = n * 1000;
		return 0;
	case OPT_FATAL:
		o->any_errors_fatal = true;
		return 0;
	case OPT_FOLD:
		o->fold = true;
		return 0;
	case OPT_JSON:
		o->json = true;
		return 0;
	case OPT_NO_PREFIX:
		o->no_prefix = true;
		return 0;
	case OPT_LIST:
		o->list = true;
		return 0;
	case OPT_VERBOSE:
		o->verbose = true;
		return 0;
	default:
		return ssh_settings_option(&o->ssh, id, value, e);
	}
}

int
options_error(const char *why, struct err *e)
{
	(void)err_set(e, ERR_USAGE, why, "command line");
	return err_hint(e, "see remote-run --help");
}

static int
check_options(const struct options *o, int n_operands, struct err *e)
{
	if (o->hosts == NULL)
		return options_error("--hosts is missing", e);
	if (o->list)
		return n_operands > 0 ? options_error("--list-hosts runs no command", e) : 0;
	if (o->script == NULL && n_operands == 0)
		return options_error("no command", e);
	if (o->script != NULL && strcmp(o->script, "-") == 0 && o->pass_stdin)
		return options_error("--stdin and --script - both want stdin", e);
	if (o->pass_stdin && o->serial > 0)
		return options_error("--stdin reaches all hosts at once: leave --serial out", e);
	if (o->fold && o->json)
		return options_error("--fold and --json exclude each other", e);
	return 0;
}

int
options_parse(int argc, char **argv, struct options *o, int *first, struct err *e)
{
	int got = cli_parse(&cli, argc, argv, on_option, o, first, e);

	if (got != 0)
		return got;
	if (ssh_settings_finish(&o->ssh, e) == -1)
		return -1;
	return check_options(o, argc - *first, e);
}

void
options_free(struct options *o)
{
	ssh_settings_free(&o->ssh);
}
