/* SPDX-License-Identifier: MIT */
#include "req-checksum/req_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/text.h"

#define READ_STEP 65536u
#define DEPTH_MAX 200u

bool
req_tree_skips(const char *name)
{
	static const char *const names[] = {".git", ".hg", ".svn", ".bzr", "CVS", "__pycache__",
	    ".pytest_cache", ".mypy_cache", ".ruff_cache", ".tox", ".nox", ".eggs", ".venv",
	    ".DS_Store", NULL};

	for (size_t i = 0; names[i] != NULL; i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return text_ends_with(name, ".pyc") || text_ends_with(name, ".pyo") ||
	       text_ends_with(name, ".egg-info");
}

int
req_tree_fd_hex(int fd, const char *path, enum digest_kind kind, char out[2 * DIGEST_MAX_LEN + 1],
    struct err *e)
{
	uint8_t bytes[READ_STEP];
	uint8_t digest[DIGEST_MAX_LEN];
	struct digest d;

	digest_init(&d, kind);
	for (;;) {
		ssize_t n = read(fd, bytes, sizeof bytes);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return err_set(e, ERR_LOCAL, NULL, "read %s", path);
		if (n == 0)
			break;
		digest_add(&d, bytes, (size_t)n);
	}
	text_hex(digest, digest_end(&d, digest), out);
	return 0;
}

/* Add strings with their NUL bytes, so that no two lists of strings give the same bytes. */
static void
add_strings(struct digest *d, const char *const strings[])
{
	for (size_t i = 0; strings[i] != NULL; i++)
		digest_add(d, strings[i], strlen(strings[i]) + 1);
}

static int
add_file(struct digest *d, int dirfd, const char *name, const char *path, struct err *e)
{
	int fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	char hex[2 * DIGEST_MAX_LEN + 1];
	struct stat st;
	int ret;

	if (fd == -1)
		return err_set(e, ERR_LOCAL, NULL, "open %s", path);
	if (fstat(fd, &st) == -1)
		ret = err_set(e, ERR_LOCAL, NULL, "stat %s", path);
	else
		ret = req_tree_fd_hex(fd, path, DIGEST_SHA256, hex, e);
	(void)close(fd);
	if (ret == 0) {
		const char *const strings[] = {
		    (st.st_mode & S_IXUSR) != 0 ? "x" : "f", path, hex, NULL};

		add_strings(d, strings);
	}
	return ret;
}

static int
add_link(struct digest *d, int dirfd, const char *name, const char *path, struct err *e)
{
	char *target = fs_read_link(dirfd, name, e);
	const char *const strings[] = {"l", path, target, NULL};

	if (target == NULL)
		return -1;
	add_strings(d, strings);
	free(target);
	return 0;
}

static int add_dir(struct digest *d, int fd, const char *path, unsigned depth, struct err *e);

static int
add_entry(
    struct digest *d, int dirfd, const char *name, const char *path, unsigned depth, struct err *e)
{
	struct stat st;
	int ret;
	int fd;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return err_set(e, ERR_LOCAL, NULL, "stat %s", path);
	if (S_ISREG(st.st_mode))
		return add_file(d, dirfd, name, path, e);
	if (S_ISLNK(st.st_mode))
		return add_link(d, dirfd, name, path, e);
	if (!S_ISDIR(st.st_mode))
		return 0; /* sockets, pipes, devices: pip takes none */
	fd = fs_open_dir(dirfd, name, e);
	if (fd == -1)
		return -1;
	ret = add_dir(d, fd, path, depth + 1, e);
	(void)close(fd);
	return ret;
}

/* Add the entries of directory fd in order of their names; path: from the tree's root, "" there. */
static int
add_dir(struct digest *d, int fd, const char *path, unsigned depth, struct err *e)
{
	size_t n;
	char **names;
	int ret = 0;

	if (depth > DEPTH_MAX)
		return err_set(e, ERR_LOCAL, "too many levels of directories", "read %s", path);
	names = fs_list(fd, &n, e);
	if (names == NULL)
		return -1;
	for (size_t i = 0; i < n && ret == 0; i++) {
		char *below;

		if (req_tree_skips(names[i]))
			continue;
		below = text_fmt(e, "%s%s%s", path, *path == '\0' ? "" : "/", names[i]);
		ret = below == NULL ? -1 : add_entry(d, fd, names[i], below, depth, e);
		free(below);
	}
	fs_free_names(names);
	return ret;
}

int
req_tree_hex(const char *path, char out[2 * DIGEST_SHA256_LEN + 1], struct err *e)
{
	uint8_t digest[DIGEST_MAX_LEN];
	struct digest d;
	struct stat st;
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	int ret;

	if (fd == -1)
		return err_set(e, ERR_LOCAL, NULL, "open %s", path);
	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
		digest_init(&d, DIGEST_SHA256);
		ret = add_dir(&d, fd, "", 0, e);
		if (ret == 0)
			text_hex(digest, digest_end(&d, digest), out);
	} else {
		ret = req_tree_fd_hex(fd, path, DIGEST_SHA256, out, e);
	}
	(void)close(fd);
	return ret;
}
