/* SPDX-License-Identifier: MIT */
#include "remote-run/command.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"

#define SUDO "sudo -n -- "

/* One quoted word. text_shell_quote refuses line feeds; inside single quotes they are safe. */
static int
quote(struct buf *out, const char *word, struct err *e)
{
	const char *end;

	while ((end = strchr(word, '\n')) != NULL) {
		char *part = text_dup(word, (size_t)(end - word), e);
		int ret = part == NULL ? -1 : text_shell_quote(out, part, e);

		free(part);
		if (ret == -1 || buf_str(out, "'\n'", e) == -1)
			return -1;
		word = end + 1;
	}
	return text_shell_quote(out, word, e);
}

int
command_of_words(char *const *words, size_t n, bool become, struct buf *out, struct err *e)
{
	size_t i;

	if (n == 1 && !become)
		return buf_add(out, words[0], strlen(words[0]) + 1, e);
	if (become && buf_str(out, n == 1 ? SUDO "sh -c " : SUDO, e) == -1)
		return -1;
	for (i = 0; i < n; i++) {
		if (i > 0 && buf_byte(out, ' ', e) == -1)
			return -1;
		if (quote(out, words[i], e) == -1)
			return -1;
	}
	return buf_byte(out, 0, e);
}

/* The shell that a "#!" line names: the path's last part, also after "env". */
static int
choose_shell(const char *script, size_t n, const char **shell, struct err *e)
{
	static const char *const shells[] = {"sh", "bash", "dash", "ksh", "zsh"};
	const char *end = memchr(script, '\n', n);
	char line[128];
	char *name;
	size_t len = end != NULL ? (size_t)(end - script) : n;
	size_t i;

	*shell = "sh";
	if (n < 2 || memcmp(script, "#!", 2) != 0)
		return 0;
	if (len >= sizeof(line))
		len = sizeof(line) - 1;
	memcpy(line, script, len);
	line[len] = '\0';
	name = line + 2 + strspn(line + 2, " \t");
	if (text_starts_with(name, "/usr/bin/env "))
		name += strlen("/usr/bin/env ");
	name[strcspn(name, " \t\r")] = '\0';
	if (strrchr(name, '/') != NULL)
		name = strrchr(name, '/') + 1;
	for (i = 0; i < sizeof(shells) / sizeof(shells[0]); i++)
		if (strcmp(name, shells[i]) == 0) {
			*shell = shells[i];
			return 0;
		}
	return err_set(e, ERR_USAGE, "not a shell", "script's first line: %s", name);
}

int
command_of_script(const char *script, size_t script_len, char *const *args, size_t n,
    bool more_stdin, bool become, struct buf *out, struct err *e)
{
	struct buf reader = {0};
	const char *shell;
	const char *inner;
	size_t i;
	int ret = -1;

	if (script_len > COMMAND_SCRIPT_MAX)
		return err_set(e, ERR_USAGE, "larger than 131071 bytes", "run the script");
	if (memchr(script, '\0', script_len) != NULL)
		return err_set(e, ERR_USAGE, "it holds a NUL byte", "run the script");
	if (choose_shell(script, script_len, &shell, e) == -1)
		return -1;
	/* dd reads from a pipe byte by byte, so it leaves what is not the script's. */
	ret = more_stdin
	    ? buf_fmt(&reader, e, "exec %s -c \"$(dd bs=1 count=%zu 2>/dev/null)\" slipway \"$@\"", shell,
	          script_len)
	    : buf_fmt(&reader, e, "exec %s -c \"$(cat)\" slipway \"$@\"", shell);
	inner = ret == 0 ? buf_cstr(&reader, e) : NULL;
	ret = inner == NULL ? -1 : buf_str(out, become ? SUDO "sh -c " : "exec sh -c ", e);
	if (ret == 0)
		ret = quote(out, inner, e);
	if (ret == 0)
		ret = buf_str(out, " sh", e);
	for (i = 0; i < n && ret == 0; i++) {
		ret = buf_byte(out, ' ', e);
		if (ret == 0)
			ret = quote(out, args[i], e);
	}
	buf_free(&reader);
	return ret == 0 ? buf_byte(out, 0, e) : -1;
}
