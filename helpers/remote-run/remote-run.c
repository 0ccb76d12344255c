/* SPDX-License-Identifier: MIT */
/* remote-run: a command or script on many hosts at once, over SSH. remote-run(1). */
#include <stdio.h>

#include "lib/base/cli.h"
#include "lib/base/err.h"
#include "remote-run/options.h"
#include "remote-run/run.h"
#include "remote-run/stop.h"

int
main(int argc, char **argv)
{
	struct options options = {0};
	struct err e = {0};
	int first;
	int status = 0;
	int got = options_parse(argc, argv, &options, &first, &e);

	if (got == 0)
		status = run_hosts(&options, argv + first, argc - first, &e);
	if (got == -1 || status == -1) {
		err_print(stderr, RUN_TOOL, NULL, &e);
		status = err_exit_status(e.kind);
	}
	options_free(&options);
	status = cli_finish(RUN_TOOL, status);
	stop_die();
	return status;
}
