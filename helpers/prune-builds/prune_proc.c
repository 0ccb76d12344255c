/* SPDX-License-Identifier: MIT */
#include "prune-builds/prune_proc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/base/fs.h"

#define FILE_MAX (16u << 20) /* bytes of one /proc file */
#define PATH_MAX_LEN 4096u

void
prune_proc_search(
    const char *text, size_t n, const char *root, prune_proc_found *found, void *ctx, long pid)
{
	size_t root_len = strlen(root);

	for (size_t i = 0; i + root_len + 1 < n; i++) {
		const char *name = text + i + root_len + 1;
		size_t left = n - i - root_len - 1;
		size_t len = 0;

		if (text[i] != '/' || memcmp(text + i, root, root_len) != 0 || name[-1] != '/')
			continue;
		while (len < left && name[len] != '/' && name[len] != '\0' && name[len] != '\n')
			len++;
		if (len > 0)
			found(ctx, name, len, pid);
		i += root_len;
	}
}

struct scan {
	const char *root;
	prune_proc_found *found;
	void *ctx;
	struct buf text; /* reused from file to file */
};

static void
search_link(struct scan *s, int fd, const char *name, long pid)
{
	char target[PATH_MAX_LEN];
	ssize_t n = readlinkat(fd, name, target, sizeof target);

	if (n > 0)
		prune_proc_search(target, (size_t)n, s->root, s->found, s->ctx, pid);
}

/* What cannot be read (it ended, it is another's) says nothing. */
static void
search_file(struct scan *s, int fd, const char *name, long pid)
{
	struct err ignored = {0};

	buf_clear(&s->text);
	if (fs_read_file(fd, name, false, FILE_MAX, &s->text, &ignored) == 0)
		prune_proc_search(
		    (const char *)s->text.bytes, s->text.len, s->root, s->found, s->ctx, pid);
}

/* Returns false if the process hides its working directory from this user. */
static bool
search_process(struct scan *s, int proc, const char *name)
{
	long pid = strtol(name, NULL, 10);
	int fd = openat(proc, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char probe[1];
	bool seen;

	if (fd == -1)
		return true; /* it has ended */
	seen = readlinkat(fd, "cwd", probe, sizeof probe) != -1 || errno != EACCES;
	search_link(s, fd, "cwd", pid);
	search_link(s, fd, "exe", pid);
	search_file(s, fd, "maps", pid);
	search_file(s, fd, "cmdline", pid);
	(void)close(fd);
	return seen;
}

int
prune_proc_scan(
    const char *root, prune_proc_found *found, void *ctx, size_t *n_hidden, struct err *e)
{
	struct scan s = {.root = root, .found = found, .ctx = ctx};
	int proc = fs_open_dir(AT_FDCWD, "/proc", e);
	char **names;
	size_t n;

	*n_hidden = 0;
	if (proc == -1)
		return -1;
	names = fs_list(proc, &n, e);
	for (size_t i = 0; names != NULL && i < n; i++) {
		if (names[i][strspn(names[i], "0123456789")] != '\0')
			continue;
		if (strtol(names[i], NULL, 10) != (long)getpid() &&
		    !search_process(&s, proc, names[i]))
			++*n_hidden;
	}
	(void)close(proc);
	buf_free(&s.text);
	fs_free_names(names);
	return names == NULL ? -1 : 0;
}
