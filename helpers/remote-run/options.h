/* SPDX-License-Identifier: MIT */
/* remote-run/options.h: the command line of remote-run. */
#ifndef REMOTE_RUN_OPTIONS_H
#define REMOTE_RUN_OPTIONS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/ssh/settings.h"

/* Strings are argv's; ssh is the struct's own. */
struct options {
	const char *hosts;
	const char *limit;    /* NULL: all hosts */
	const char *failures; /* file for them; NULL: none */
	const char *record;   /* file for how each host ended; NULL: none */
	const char *script;
	bool pass_stdin;
	bool become;
	bool any_errors_fatal;
	bool fold;
	bool json;
	bool no_prefix;
	bool list;
	bool verbose;
	size_t serial; /* 0: all hosts are one batch */
	int64_t timeout_ms;
	struct ssh_settings ssh;
};

/* Parse argv, with the environment for what no option gave. 0: the operands are argv[*first..argc);
 * 1: --help or --version was printed; -1 with *e. */
int options_parse(int argc, char **argv, struct options *o, int *first, struct err *e);
/* An error of the command line: "command line: why", with a hint at --help. Returns -1. */
int options_error(const char *why, struct err *e);
void options_free(struct options *o);

#endif
