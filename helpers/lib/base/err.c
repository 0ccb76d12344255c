/* SPDX-License-Identifier: MIT */
#include "lib/base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include "lib/base/text.h"

int
err_set(struct err *e, enum err_kind kind, const char *why, const char *fmt, ...)
{
	int saved = errno;
	va_list ap;

	e->kind = kind;
	e->hint[0] = '\0';
	(void)err_why(e, "%s", why != NULL ? why : strerror(saved));
	va_start(ap, fmt);
	(void)vsnprintf(e->what, sizeof e->what, fmt, ap);
	va_end(ap);
	errno = saved;
	return -1;
}

int
err_why(struct err *e, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(e->why, sizeof e->why, fmt, ap);
	va_end(ap);
	return -1;
}

int
err_hint(struct err *e, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(e->hint, sizeof e->hint, fmt, ap);
	va_end(ap);
	return -1;
}

int
err_exit_status(enum err_kind kind)
{
	switch (kind) {
	case ERR_NONE:
		return 0;
	case ERR_NO:
		return 1;
	case ERR_USAGE:
		return 2;
	case ERR_LOCAL:
		return 3;
	case ERR_CONNECT:
		return 4;
	case ERR_PROTO:
		return 5;
	case ERR_REMOTE:
		return 6;
	case ERR_INTERNAL:
		return 70;
	}
	return 70;
}

static void
print_escaped(FILE *out, const char *s)
{
	const uint8_t *p = (const uint8_t *)s;
	size_t left = strlen(s);

	while (left > 0) {
		size_t n = text_printable_len(p, left);

		if (n == 0) {
			(void)fprintf(out, "\\x%02x", *p);
			n = 1;
		} else {
			(void)fwrite(p, 1, n, out);
		}
		p += n;
		left -= n;
	}
}

void
err_print(FILE *out, const char *tool, const char *host, const struct err *e)
{
	(void)fprintf(out, "%s: ", tool);
	if (host != NULL) {
		print_escaped(out, host);
		(void)fputs(": ", out);
	}
	print_escaped(out, e->what);
	(void)fputs(": ", out);
	print_escaped(out, e->why);
	(void)fputc('\n', out);
	if (e->hint[0] != '\0') {
		(void)fprintf(out, "%s: hint: ", tool);
		print_escaped(out, e->hint);
		(void)fputc('\n', out);
	}
}
