/* SPDX-License-Identifier: MIT */
/* unit.h: the unit tests' harness. One program per module, TAP on stdout.
 *
 *	TEST(adds_two_numbers)
 *	{
 *		CHECK(1 + 1 == 2);
 *		CHECK_INT(add(1, 1), 2);
 *	}
 *	int
 *	main(void)
 *	{
 *		RUN(adds_two_numbers);
 *		return unit_done();
 *	}
 *
 * A failed CHECK prints where and what, and the test goes on; a failed REQUIRE
 * ends the test. A TEST that main does not RUN is a compiler warning. */
#ifndef TESTS_UNIT_H
#define TESTS_UNIT_H
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static int unit_n_run;
static int unit_n_failed;
static int unit_this_failed;
static const char *unit_skip_reason;

#define TEST(name) static void name(void)
#define RUN(name) unit_run(#name, name)

#define CHECK(expr) ((void)((expr) || unit_fail(__FILE__, __LINE__, "%s", #expr)))
#define CHECK_INT(got, want) unit_check_int(__FILE__, __LINE__, #got, (long long)(got), (long long)(want))
#define CHECK_STR(got, want) unit_check_str(__FILE__, __LINE__, #got, (got), (want))
#define CHECK_MEM(got, want, len) unit_check_mem(__FILE__, __LINE__, #got, (got), (want), (len))
#define REQUIRE(expr)                                               \
	do {                                                        \
		if (!(expr)) {                                      \
			unit_fail(__FILE__, __LINE__, "%s", #expr); \
			return;                                     \
		}                                                   \
	} while (0)
/* End the test here; it counts as skipped, not as passed. */
#define SKIP(reason)                         \
	do {                                 \
		unit_skip_reason = (reason); \
		return;                      \
	} while (0)

__attribute__((format(printf, 3, 4))) static inline int
unit_fail(const char *file, int line, const char *fmt, ...)
{
	va_list ap;

	unit_this_failed = 1;
	printf("# %s:%d: ", file, line);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	return 0;
}

static inline void
unit_check_int(const char *file, int line, const char *what, long long got, long long want)
{
	if (got != want)
		unit_fail(file, line, "%s is %lld, expected %lld", what, got, want);
}

static inline void
unit_check_str(const char *file, int line, const char *what, const char *got, const char *want)
{
	if (got == NULL || want == NULL || strcmp(got, want) != 0)
		unit_fail(file, line, "%s is \"%s\", expected \"%s\"", what,
		    got == NULL ? "(null)" : got, want == NULL ? "(null)" : want);
}

static inline void
unit_check_mem(const char *file, int line, const char *what, const void *got, const void *want,
    size_t len)
{
	const unsigned char *g = got;
	const unsigned char *w = want;
	size_t i;

	for (i = 0; i < len; i++)
		if (g[i] != w[i]) {
			unit_fail(file, line, "%s differs at byte %zu of %zu: 0x%02x, expected 0x%02x",
			    what, i, len, g[i], w[i]);
			return;
		}
}

static inline void
unit_run(const char *name, void (*test)(void))
{
	unit_this_failed = 0;
	unit_skip_reason = NULL;
	test();
	unit_n_run++;
	unit_n_failed += unit_this_failed;
	printf("%sok %d - %s%s%s\n", unit_this_failed ? "not " : "", unit_n_run, name,
	    unit_skip_reason != NULL ? " # SKIP " : "",
	    unit_skip_reason != NULL ? unit_skip_reason : "");
	fflush(stdout); /* a later crash must not swallow this line */
}

/* Print the plan. Returns main's exit status. */
static inline int
unit_done(void)
{
	printf("1..%d\n", unit_n_run);
	if (fflush(stdout) != 0)
		return 1;
	return unit_n_failed != 0 || unit_n_run == 0;
}

#endif
