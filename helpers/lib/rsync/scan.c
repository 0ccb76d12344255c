/* SPDX-License-Identifier: MIT */
#include "lib/rsync/scan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/text.h"

#define DIR_FLAGS (O_RDONLY | O_DIRECTORY | O_CLOEXEC)
/* O_NONBLOCK: a FIFO that took the file's place must not hold us. */
#define FILE_FLAGS (O_RDONLY | O_NONBLOCK | O_CLOEXEC)

/* Open `name` below root, following no link in any component. */
static int
open_below(int root, const char *name, int flags)
{
	int fd = -1;

	for (;;) {
		const char *slash = strchr(name, '/');
		size_t len = slash == NULL ? strlen(name) : (size_t)(slash - name);
		char part[FLIST_NAME_MAX + 1];
		int next;

		if (len > FLIST_NAME_MAX) {
			errno = ENAMETOOLONG;
			next = -1;
		} else {
			memcpy(part, name, len);
			part[len] = '\0';
			next = openat(fd == -1 ? root : fd, part,
			              (slash == NULL ? flags : DIR_FLAGS) | O_NOFOLLOW);
		}
		if (fd != -1) {
			int saved = errno;

			(void)close(fd);
			errno = saved;
		}
		if (next == -1 || slash == NULL)
			return next;
		fd = next;
		name = slash + 1;
	}
}

static uint32_t
sent_mode(const struct stat *st, bool perms)
{
	uint32_t type = FLIST_LINK;

	if (S_ISLNK(st->st_mode))
		return FLIST_LINK | 0777;
	if (S_ISREG(st->st_mode))
		type = FLIST_REG;
	else if (S_ISDIR(st->st_mode))
		type = FLIST_DIR;
	if (perms)
		return type | (uint32_t)(st->st_mode & 07777);
	return type | (S_ISDIR(st->st_mode) || (st->st_mode & S_IXUSR) != 0 ? 0755 : 0644);
}

/* Add the entry `name` of root number `root`, which stands as `leaf` in directory dirfd. */
static int
add_entry(struct scan *s, const struct scan_options *o, uint32_t root, const char *name, int dirfd,
          const char *leaf, uint8_t marks, struct err *e)
{
	struct flist_entry entry = { .name = name, .root = root };
	bool is_top = strcmp(name, ".") == 0;
	char *target = NULL;
	struct stat st;
	int ret;

	if (fstatat(dirfd, leaf, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return err_set(e, ERR_LOCAL, NULL, "stat %s%s", s->roots[root].path, name);
	if (!is_top && !filter_allows(o->filter, name, S_ISDIR(st.st_mode)))
		return 0;
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode) && !S_ISLNK(st.st_mode)) {
		if (o->skipped != NULL)
			o->skipped(o->ctx, name);
		return 0;
	}
	if (S_ISLNK(st.st_mode) && (target = fs_read_link(dirfd, leaf, e)) == NULL)
		return -1;
	entry.target = target;
	entry.mode = sent_mode(&st, o->perms);
	entry.mtime = st.st_mtim.tv_sec;
	entry.nsec = (uint32_t)st.st_mtim.tv_nsec;
	entry.size = st.st_size;
	entry.marks = S_ISDIR(st.st_mode) ? marks : 0;
	ret = flist_add(&s->list, &entry, e);
	free(target);
	return ret;
}

/* Add what is in the directory `parent` of the list. */
static int
add_content(struct scan *s, const struct scan_options *o, const struct flist_entry *parent,
            struct err *e)
{
	const char *dir = parent->name;
	uint32_t root = parent->root;
	const char *prefix = strcmp(dir, ".") == 0 ? "" : dir;
	int fd = open_below(s->roots[root].fd, dir, DIR_FLAGS);
	char **names = NULL;
	int ret = -1;
	size_t n, i;

	if (fd == -1)
		return err_set(e, ERR_LOCAL, NULL, "open %s%s", s->roots[root].path, dir);
	if ((names = fs_list(fd, &n, e)) == NULL)
		goto out;
	for (i = 0; i < n; i++) {
		char *name = text_fmt(e, "%s%s%s", prefix, *prefix == '\0' ? "" : "/", names[i]);
		int added = name == NULL ? -1 : add_entry(s, o, root, name, fd, names[i], 0, e);

		free(name);
		if (added == -1)
			goto out;
	}
	ret = 0;
out:
	fs_free_names(names);
	(void)close(fd);
	return ret;
}

/* Where the last component of an operand begins, or its end if it names a directory's content. */
static size_t
leaf_start(const char *operand)
{
	size_t len = strlen(operand);
	size_t at = len;

	while (at > 0 && operand[at - 1] != '/')
		at--;
	if (strcmp(operand + at, ".") == 0 || strcmp(operand + at, "..") == 0)
		return len;
	return at;
}

static int
add_operand(struct scan *s, const struct scan_options *o, const char *operand, struct err *e)
{
	size_t at = leaf_start(operand);
	bool content = operand[at] == '\0';
	struct scan_root *r = &s->roots[s->n_roots];

	if (*operand == '\0')
		return err_set(e, ERR_USAGE, "it is empty", "read the source operand");
	r->path = content && operand[at - 1] != '/' ? text_fmt(e, "%s/", operand)
	                                            : text_dup(operand, at, e);
	if (r->path == NULL)
		return -1;
	r->fd = open(*r->path == '\0' ? "." : r->path, DIR_FLAGS);
	if (r->fd == -1) {
		(void)err_set(e, ERR_LOCAL, NULL, "open %s", r->path);
		free(r->path);
		return -1;
	}
	s->n_roots++;
	return add_entry(s, o, (uint32_t)(s->n_roots - 1), content ? "." : operand + at, r->fd,
	                 content ? "." : operand + at, FLIST_TOP_DIR, e);
}

int
scan_tree(const char *const *operands, size_t n, const struct scan_options *o, struct scan *out,
          struct err *e)
{
	size_t i;

	*out = (struct scan){ 0 };
	out->roots = calloc(n, sizeof(out->roots[0]));
	if (out->roots == NULL)
		return err_set(e, ERR_LOCAL, NULL, "allocate the source list");
	for (i = 0; i < n; i++)
		if (add_operand(out, o, operands[i], e) == -1)
			goto fail;
	/* The list grows while it is walked: directories add their content behind. */
	for (i = 0; i < out->list.n; i++) {
		struct flist_entry parent = out->list.entries[i];

		if (flist_is_dir(&parent) && add_content(out, o, &parent, e) == -1)
			goto fail;
	}
	if (flist_seal(&out->list, FLIST_SORTED, e) == 0)
		return 0;
fail:
	scan_free(out);
	return -1;
}

void
scan_free(struct scan *s)
{
	size_t i;

	for (i = 0; i < s->n_roots; i++) {
		(void)close(s->roots[i].fd);
		free(s->roots[i].path);
	}
	free(s->roots);
	flist_free(&s->list);
	*s = (struct scan){ 0 };
}

int
scan_open(const struct scan *s, size_t index)
{
	const struct flist_entry *entry = &s->list.entries[index];
	int fd = open_below(s->roots[entry->root].fd, entry->name, FILE_FLAGS);
	struct stat st;

	if (fd == -1) {
		if (errno == ELOOP || errno == ENOTDIR)
			errno = ENOENT; /* the file is gone, a link stands in its place or on its way */
		return -1;
	}
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		return fd;
	(void)close(fd);
	errno = ENOENT;
	return -1;
}

bool
scan_unchanged(const struct flist_entry *entry, const struct stat *st)
{
	return st->st_size == entry->size && st->st_mtim.tv_sec == entry->mtime &&
	       st->st_mtim.tv_nsec == (long)entry->nsec;
}

char *
scan_path(const struct scan *s, const struct flist_entry *entry, struct err *e)
{
	return text_fmt(e, "%s%s", s->roots[entry->root].path, entry->name);
}
