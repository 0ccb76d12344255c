/* SPDX-License-Identifier: MIT */
#include "lib/base/err.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

/* What err_print writes. */
static const char *
printed(const char *host, const struct err *e)
{
	static char text[4096];
	FILE *f = fmemopen(text, sizeof text, "w");

	if (f == NULL)
		return "?";
	err_print(f, "tool", host, e);
	(void)fclose(f);
	return text;
}

TEST(fills_from_errno)
{
	struct err e = {.hint = "old"};

	errno = ENOENT;
	CHECK_INT(err_set(&e, ERR_LOCAL, NULL, "open %s", "x"), -1);
	CHECK_STR(printed(NULL, &e), "tool: open x: No such file or directory\n");
	CHECK_STR(e.hint, "");
	CHECK_INT(errno, ENOENT);
}

TEST(prints_host_and_hint)
{
	struct err e = {0};

	(void)err_set(&e, ERR_CONNECT, "refused", "connect");
	(void)err_why(&e, "refused %d times", 3);
	CHECK_INT(err_hint(&e, "is %s up?", "it"), -1);
	CHECK_STR(printed("web1", &e), "tool: web1: connect: refused 3 times\ntool: hint: is it up?\n");
}

TEST(escapes_what_is_not_printable)
{
	struct err e = {0};

	(void)err_set(&e, ERR_LOCAL, "\x1b[31m\xff\xc2\x9b", "a\nb \xc3\xa4");
	CHECK_STR(printed("h\r", &e), "tool: h\\x0d: a\\x0ab \xc3\xa4: \\x1b[31m\\xff\\xc2\\x9b\n");
}

TEST(cuts_what_is_too_long)
{
	struct err e = {0};
	char text[600];

	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	(void)err_set(&e, ERR_LOCAL, text, "%s", text);
	CHECK_INT(strlen(e.what), sizeof e.what - 1);
	CHECK_INT(strlen(e.why), sizeof e.why - 1);
}

TEST(each_kind_has_its_status)
{
	static const int want[] = {0, 1, 2, 3, 4, 5, 6, 70};

	for (int kind = ERR_NONE; kind <= ERR_INTERNAL; kind++)
		CHECK_INT(err_exit_status((enum err_kind)kind), want[kind]);
}

int
main(void)
{
	RUN(fills_from_errno);
	RUN(prints_host_and_hint);
	RUN(escapes_what_is_not_printable);
	RUN(cuts_what_is_too_long);
	RUN(each_kind_has_its_status);
	return unit_done();
}
