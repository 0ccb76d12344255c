/* SPDX-License-Identifier: MIT */
/* deploy-lock: one deploy at a time, and no lock that outlives its owner. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "deploy-lock/lock_break.h"
#include "deploy-lock/lock_file.h"
#include "deploy-lock/lock_hold.h"
#include "deploy-lock/lock_process.h"
#include "deploy-lock/lock_record.h"
#include "lib/base/buf.h"
#include "lib/base/cli.h"
#include "lib/base/err.h"
#include "lib/base/text.h"

#define SECONDS_MAX 86400

enum { OPT_OWNER = 1, OPT_URL, OPT_TOKEN, OPT_LEASE, OPT_WAIT, OPT_GRACE, OPT_JSON };

struct settings {
	struct lock_hold hold; /* path and token serve the other verbs too */
	int64_t grace_s;
	bool json;
};

static const struct cli_opt hold_options[] = {
    {0, "owner", "TEXT", "who is deploying (default: the user's name)", OPT_OWNER},
    {0, "url", "URL", "the job that is deploying", OPT_URL},
    {0, "token", "TOKEN", "use this token (default: a random one)", OPT_TOKEN},
    {0, "lease", "S", "let go S seconds after the last heartbeat (default 60)", OPT_LEASE},
    {0, "wait", "S", "wait up to S seconds for the lock (default 0)", OPT_WAIT},
    {0, NULL, NULL, NULL, 0},
};
static const struct cli_opt check_options[] = {
    {0, "token", "TOKEN", "the token that hold printed", OPT_TOKEN},
    {0, NULL, NULL, NULL, 0},
};
static const struct cli_opt show_options[] = {
    {0, "json", NULL, "print the holder as JSON", OPT_JSON},
    {0, NULL, NULL, NULL, 0},
};
static const struct cli_opt break_options[] = {
    {0, "grace", "S", "kill the holder if it has not ended in S seconds (default 5)", OPT_GRACE},
    {0, NULL, NULL, NULL, 0},
};
static const struct cli_opt no_options[] = {{0, NULL, NULL, NULL, 0}};

static int
on_option(void *ctx, int id, const char *value, struct err *e)
{
	struct settings *s = ctx;

	switch (id) {
	case OPT_OWNER:
		s->hold.owner = value;
		return 0;
	case OPT_URL:
		s->hold.url = value;
		return 0;
	case OPT_TOKEN:
		s->hold.token = value;
		if (lock_token_valid(value))
			return 0;
		(void)err_set(e, ERR_USAGE, "not a token", "--token \"%s\"", value);
		return err_hint(
		    e, "1 to %u letters, digits, dots, dashes and underscores", LOCK_TOKEN_MAX);
	case OPT_LEASE:
		return cli_int("--lease", value, 1, SECONDS_MAX, &s->hold.lease_s, e);
	case OPT_WAIT:
		return cli_int("--wait", value, 0, SECONDS_MAX, &s->hold.wait_s, e);
	case OPT_GRACE:
		return cli_int("--grace", value, 0, SECONDS_MAX, &s->grace_s, e);
	case OPT_JSON:
		s->json = true;
		return 0;
	}
	return 0;
}

/* ---- the verbs ---- */

static int
run_hold(const struct settings *s, struct err *e)
{
	return lock_hold(&s->hold, e);
}

/* Look at the lock without changing it. 1: held, *r says by whom; 0: free; -1. */
static int
look(const char *path, struct lock_record *r, struct err *e)
{
	int fd;
	int held;

	*r = (struct lock_record){0};
	if (lock_file_look(path, &fd, e) == -1)
		return -1;
	if (fd == -1)
		return 0;
	held = lock_file_held(fd, path, e);
	if (held == 1 && lock_file_read(fd, path, r, e) == -1)
		held = -1;
	(void)close(fd);
	return held;
}

static int
run_check(const struct settings *s, struct err *e)
{
	struct lock_record r;
	int held;

	if (s->hold.token == NULL)
		return err_set(e, ERR_USAGE, "needs --token TOKEN", "check");
	held = look(s->hold.path, &r, e);
	if (held == -1)
		return -1;
	if (held == 1 && strcmp(r.token, s->hold.token) == 0)
		return 0;
	if (held == 0)
		return err_set(e, ERR_NO, "nobody holds it", "lock %s", s->hold.path);
	(void)err_set(e, ERR_NO, "", "lock %s", s->hold.path);
	return err_why(
	    e, "it is no longer yours: %s", r.owner[0] != '\0' ? r.owner : "another has it");
}

static int
run_show(const struct settings *s, struct err *e)
{
	struct lock_record r;
	struct buf out = {0};
	int held = look(s->hold.path, &r, e);
	int64_t silent_ms = held == 1 ? lock_process_silent_ms(&r) : -1;
	int64_t silent_s = silent_ms == -1 ? -1 : silent_ms / 1000;
	int ret = held;

	if (held != -1 && s->json)
		ret = lock_record_json(&out, &r, held == 1, silent_s, e);
	else if (held != -1)
		ret = held == 1 ? lock_record_show(&out, &r, silent_s, e)
				: buf_str(&out, "free\n", e);
	if (ret != -1)
		cli_print(&out);
	buf_free(&out);
	if (ret == -1)
		return -1;
	return held == 1 ? 0 : 1;
}

static int
run_break(const struct settings *s, struct err *e)
{
	struct lock_record was;
	struct buf text = {0};
	const char *sentence;
	int ret = lock_break(s->hold.path, s->grace_s, &was, e);

	if (ret == 0)
		(void)printf("%s was free\n", s->hold.path);
	if (ret == 1) {
		sentence = lock_record_sentence(&text, &was, e) == 0 ? buf_cstr(&text, e) : NULL;
		(void)printf(
		    "%s is free, it was %s\n", s->hold.path, sentence != NULL ? sentence : "held");
		buf_free(&text);
	}
	return ret == -1 ? -1 : 0;
}

/* ---- the command line ---- */

struct verb {
	const char *name;
	int (*run)(const struct settings *s, struct err *e); /* 0, 1 ("no", said already) or -1 */
	struct cli cli;
};

#define TAIL "exit status: 0 done; 1 the answer is no; 2 wrong usage; 3 local problem"

static const struct verb verbs[] = {
    {"hold", run_hold,
	{.tool = "deploy-lock",
	    .usage = "deploy-lock hold [OPTIONS] FILE",
	    .summary =
		"Take the lock, print its token, keep it while bytes arrive on standard input;\n"
		"let go at end of file.",
	    .tail = TAIL,
	    .opts = hold_options}},
    {"check", run_check,
	{.tool = "deploy-lock",
	    .usage = "deploy-lock check --token TOKEN FILE",
	    .summary = "Exit 0 if the lock is held under TOKEN, else 1.",
	    .tail = TAIL,
	    .opts = check_options}},
    {"show", run_show,
	{.tool = "deploy-lock",
	    .usage = "deploy-lock show [--json] FILE",
	    .summary = "Print who holds the lock; exit 1 if it is free.",
	    .tail = TAIL,
	    .opts = show_options}},
    {"break", run_break,
	{.tool = "deploy-lock",
	    .usage = "deploy-lock break [--grace S] FILE",
	    .summary = "Void the holder's token, end the holder's process, leave the lock free.",
	    .tail = TAIL,
	    .opts = break_options}},
};

static const struct cli command = {
    .tool = "deploy-lock",
    .usage = "deploy-lock hold [OPTIONS] FILE\n"
	     "deploy-lock check --token TOKEN FILE\n"
	     "deploy-lock show [--json] FILE\n"
	     "deploy-lock break [--grace S] FILE",
    .summary = "One deploy at a time: a lock that dies with its owner.\n"
	       "deploy-lock VERB --help lists the options of each.",
    .tail = TAIL,
    .opts = no_options,
};

static const struct verb *
find_verb(const char *name, struct err *e)
{
	static const char *const names[] = {"hold", "check", "show", "break", NULL};
	const char *nearest;

	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	(void)err_set(e, ERR_USAGE, "no such verb", "\"%s\"", name);
	nearest = text_nearest(name, names);
	(void)err_hint(
	    e, nearest != NULL ? "did you mean %s?" : "hold, check, show or break", nearest);
	return NULL;
}

/* Parse all of it. *verb is NULL when --help or --version was printed. */
static int
parse(int argc, char **argv, struct settings *s, const struct verb **verb, struct err *e)
{
	int first;
	int ret;

	*verb = NULL;
	if (argc < 2)
		return err_set(e, ERR_USAGE, "expected hold, check, show or break", "verb");
	if (argv[1][0] == '-') {
		ret = cli_parse(&command, argc, argv, on_option, s, &first, e);
		return ret == 0 ? err_set(e, ERR_USAGE, "it comes first", "verb") : ret;
	}
	*verb = find_verb(argv[1], e);
	if (*verb == NULL)
		return -1;
	ret = cli_parse(&(*verb)->cli, argc - 1, argv + 1, on_option, s, &first, e);
	if (ret != 0) {
		*verb = NULL;
		return ret;
	}
	if (argc - 1 - first != 1)
		return err_set(e, ERR_USAGE, "expected one FILE", "%s", argv[1]);
	s->hold.path = argv[1 + first];
	return 0;
}

int
main(int argc, char **argv)
{
	struct settings s = {.hold = {.lease_s = 60}, .grace_s = 5};
	const struct verb *verb;
	struct err e = {0};
	int ret = parse(argc, argv, &s, &verb, &e);
	bool parsed = ret == 0;

	if (parsed)
		ret = verb->run(&s, &e);
	if (ret == -1)
		err_print(stderr, command.tool, NULL, &e);
	if (ret != -1)
		return cli_finish(command.tool, parsed ? ret : 0);
	return cli_finish(command.tool, err_exit_status(e.kind));
}
