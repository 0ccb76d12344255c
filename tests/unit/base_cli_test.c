/* SPDX-License-Identifier: MIT */
#include "lib/base/cli.h"

#include "lib/base/text.h"
#include "unit.h"

enum { OPT_FLAG = 1, OPT_VALUE, OPT_LONG };

static const struct cli_opt opts[] = {
	{'f', "flag", NULL, "a flag", OPT_FLAG},
	{'n', "number", "N", "a value", OPT_VALUE},
	{0, "long-only", "X", "no letter", OPT_LONG},
	{0, NULL, NULL, NULL, 0},
};

static struct err e;
static char seen[256]; /* what the callback got, in order */
static int first;
static int argc_of;

static int
on_option(void *ctx, int id, const char *value, struct err *err)
{
	size_t at = strlen(seen);

	(void)ctx;
	if (value != NULL && strcmp(value, "bad") == 0)
		return err_set(err, ERR_USAGE, "refused", "value");
	(void)snprintf(seen + at, sizeof seen - at, "%d=%s ", id, value != NULL ? value : "-");
	return 0;
}

/* Parse up to six words. */
static int
parse(bool stop, char *words[8])
{
	struct cli c = {.tool = "t", .usage = "t", .summary = "s", .opts = opts, .stop_at_operand = stop};

	seen[0] = '\0';
	e = (struct err){0};
	for (argc_of = 0; words[argc_of] != NULL; argc_of++)
		continue;
	first = -1;
	return cli_parse(&c, argc_of, words, on_option, NULL, &first, &e);
}

#define WORDS(...) ((char *[8]){(char[]){"t"}, __VA_ARGS__})
#define W(s) ((char[]){s})

TEST(all_spellings)
{
	CHECK_INT(parse(false, WORDS(W("--number=1"), W("--number"), W("2"), W("-n3"), W("-fn"), W("4"))), 0);
	CHECK_STR(seen, "2=1 2=2 2=3 1=- 2=4 ");
	CHECK_INT(first, argc_of);
	CHECK_INT(parse(false, WORDS(W("--long-only="), W("-ff"))), 0);
	CHECK_STR(seen, "3= 1=- 1=- ");
}

TEST(operands_and_options_mix)
{
	char **words = WORDS(W("a"), W("-f"), W("b"), W("-"), W("--"), W("-f"));

	CHECK_INT(parse(false, words), 0);
	CHECK_STR(seen, "1=- ");
	CHECK_INT(argc_of - first, 4);
	CHECK_STR(words[first], "a");
	CHECK_STR(words[first + 1], "b");
	CHECK_STR(words[first + 2], "-");
	CHECK_STR(words[first + 3], "-f");
}

TEST(options_end_at_the_first_operand_if_asked)
{
	char **words = WORDS(W("-f"), W("cmd"), W("-f"), W("--"), W("x"));

	CHECK_INT(parse(true, words), 0);
	CHECK_STR(seen, "1=- ");
	CHECK_INT(argc_of - first, 4);
	CHECK_STR(words[first], "cmd");
	CHECK_STR(words[first + 2], "--");
}

TEST(mistakes_are_named)
{
	CHECK_INT(parse(false, WORDS(W("--numbr"), W("1"))), -1);
	CHECK_INT(e.kind, ERR_USAGE);
	CHECK_STR(e.hint, "did you mean --number?");
	CHECK_INT(parse(false, WORDS(W("-x"))), -1);
	CHECK_STR(e.what, "-x");
	CHECK_INT(parse(false, WORDS(W("--number"))), -1);
	CHECK_STR(e.why, "needs a value");
	CHECK_INT(parse(false, WORDS(W("-fn"))), -1);
	CHECK_INT(parse(false, WORDS(W("--flag=1"))), -1);
	CHECK_STR(e.why, "takes no value");
	CHECK_INT(parse(false, WORDS(W("-n"), W("bad"))), -1);
	CHECK_STR(e.why, "refused");
}

TEST(numbers_are_whole_and_in_range)
{
	static const char *const bad[] = {"", "-", "1x", " 1", "+1", "0x1", "11", "-6",
	                                  "99999999999999999999", NULL};
	int64_t n = 7;

	CHECK(cli_int("--n", "10", -5, 10, &n, &e) == 0 && n == 10);
	CHECK(cli_int("--n", "-5", -5, 10, &n, &e) == 0 && n == -5);
	for (size_t i = 0; bad[i] != NULL; i++) {
		CHECK_INT(cli_int("--n", bad[i], -5, 10, &n, &e), -1);
		CHECK_INT(e.kind, ERR_USAGE);
	}
	CHECK_INT(n, -5);
}

int
main(void)
{
	RUN(all_spellings);
	RUN(operands_and_options_mix);
	RUN(options_end_at_the_first_operand_if_asked);
	RUN(mistakes_are_named);
	RUN(numbers_are_whole_and_in_range);
	return unit_done();
}
