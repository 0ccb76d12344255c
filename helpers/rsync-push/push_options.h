/* SPDX-License-Identifier: MIT */
/* push_options.h: the command line of rsync-push as one struct. No I/O but reading the files that
 * --exclude-from and --include-from name. */
#ifndef PUSH_OPTIONS_H
#define PUSH_OPTIONS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/rsync/filter.h"
#include "lib/rsync/options.h"
#include "lib/ssh/settings.h"

struct push_options {
	struct rsync_options rsync; /* the same for every host, but for sudo */
	struct filter filter;
	struct ssh_settings ssh;
	const char *const *sources; /* borrowed from argv */
	size_t n_sources;
	const char *target;   /* the last operand: [USER@]HOST:DEST, or DEST with --hosts */
	const char *hosts;    /* NULL: not given */
	const char *limit;    /* of hosts; NULL: all of them */
	const char *failures; /* file for them; NULL: none */
	const char *rsh;      /* NULL: our own SSH */
	const char *format;   /* a line for each changed entry; NULL: none */
	int n_itemize;        /* how often -i was given; twice: entries without a change have one too */
	int64_t timeout_s;
	int verbose;
	bool become;
	bool perms;
	bool quiet;
	bool progress;
	bool stats;
	bool json;
	/* What rsync's pointers stand in. */
	const char **basis_dirs;
	char **anchored; /* of those, NULL where they stay as they are */
	const char **rules;
};

/* Fill *o. 0; 1 when --help or --version was printed; -1 with ERR_USAGE or ERR_LOCAL. In every case
 * push_options_free is due. */
int push_options_parse(int argc, char **argv, struct push_options *o, struct err *e);
/* Once rsync.dest is known: make relative --link-dest and --copy-dest directories absolute where DEST
 * is. Servers with the fixes of May 2026 (3.4.3; 3.2.7 as patched by Debian and Ubuntu) do not open
 * a basis file through "..", and then fail on every file that changed. Not for a dry run, in which
 * DEST may not be there to start from, and no basis file is opened. */
int push_options_anchor(struct push_options *o, struct err *e);
void push_options_free(struct push_options *o);

#endif
