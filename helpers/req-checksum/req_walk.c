/* SPDX-License-Identifier: MIT */
#include "req-checksum/req_walk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/base/fs.h"
#include "lib/base/text.h"
#include "req-checksum/req_line.h"
#include "req-checksum/req_lines.h"
#include "req-checksum/req_spec.h"
#include "req-checksum/req_tree.h"

#define FILE_MAX (16u << 20) /* bytes of a requirements file */
#define DEPTH_MAX 64u        /* includes within includes */
#define STDIN "-"

/* A file that is being read. */
struct frame {
	const struct frame *above; /* the file that includes it, or NULL */
	const char *path;
	size_t line; /* the line being read */
	struct req_file id;
	unsigned depth;
};

static int read_requirements(struct req_walk *w, const struct frame *above, const char *path,
    bool constraint, struct err *e);

void
req_walk_free(struct req_walk *w)
{
	req_set_free(&w->entries);
	req_set_free(&w->files);
	free(w->seen);
	*w = (struct req_walk){0};
}

/* Errors that know no place get this one. */
static int
place(const struct frame *f, struct err *e)
{
	(void)snprintf(e->what, sizeof e->what, "%s:%zu", f->path, f->line);
	return -1;
}

static int
add_entry(struct req_walk *w, struct err *e, const char *kind, const char *text, const char *more)
{
	char *entry = text_fmt(e, "%s %s%s", kind, text, more);
	int ret = entry == NULL ? -1 : req_set_add(&w->entries, entry, e);

	free(entry);
	return ret;
}

/* ---- local paths ---- */

/* Length of "${NAME}" at p, NAME being of [A-Z0-9_] as pip has it; 0 if there is none. */
static size_t
variable_len(const char *p)
{
	size_t n;

	if (p[0] != '$' || p[1] != '{')
		return 0;
	n = strspn(p + 2, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
	return n > 0 && p[2 + n] == '}' ? n + 3 : 0;
}

/* Replace variables that are set by their values; malloc'ed. */
static char *
expand(const char *path, struct err *e)
{
	struct buf out = {0};
	const char *text;
	char *result = NULL;

	while (*path != '\0') {
		size_t n = variable_len(path);
		char *name = n > 0 ? text_dup(path + 2, n - 3, e) : NULL;
		const char *value = name != NULL ? getenv(name) : NULL;

		free(name);
		if ((value != NULL ? buf_str(&out, value, e)
				   : buf_add(&out, path, n > 0 ? n : 1, e)) == -1)
			goto out;
		path += n > 0 ? n : 1;
	}
	text = buf_cstr(&out, e);
	result = text == NULL ? NULL : text_dup(text, strlen(text), e);
out:
	buf_free(&out);
	return result;
}

/* `name` as seen from the directory of the file `from`; malloc'ed. */
static char *
beside(const char *from, const char *name, struct err *e)
{
	const char *slash = strrchr(from, '/');

	if (slash == NULL || *name == '/')
		return text_dup(name, strlen(name), e);
	return text_fmt(e, "%.*s%s", (int)(slash - from) + 1, from, name);
}

/* Digest of a local path: as pip, from the working directory; if it is not there, from the
 * directory of the file that names it. */
static int
path_hex(
    const struct frame *f, const char *path, char hex[2 * DIGEST_SHA256_LEN + 1], struct err *e)
{
	char *here = expand(path, e);
	char *there = here == NULL ? NULL : beside(f->path, here, e);
	struct stat st;
	int ret = -1;

	if (there != NULL && stat(here, &st) == 0) {
		ret = req_tree_hex(here, hex, e);
	} else if (there != NULL && stat(there, &st) == 0) {
		ret = req_tree_hex(there, hex, e);
	} else if (there != NULL) {
		(void)place(f, e);
		e->kind = ERR_LOCAL;
		e->hint[0] = '\0';
		(void)err_why(e, "local path %s: %s", path, strerror(errno));
	}
	free(here);
	free(there);
	return ret;
}

static int
add_requirement(
    struct req_walk *w, const struct frame *f, const struct req_part *part, struct err *e)
{
	const char *kind = f->id.constraint ? "constraint" : "requirement";
	char content[2 * DIGEST_SHA256_LEN + 32] = "";
	char hex[2 * DIGEST_SHA256_LEN + 1];

	if (part->path != NULL) {
		if (path_hex(f, part->path, hex, e) == -1)
			return -1;
		(void)snprintf(content, sizeof content, " content=%s", hex);
	}
	return add_entry(w, e, kind, part->text, content);
}

/* ---- lines ---- */

static int
add_option(struct req_walk *w, const struct req_part *part, struct err *e)
{
	char kind[64] = "option";

	if (part->ordered)
		(void)snprintf(kind, sizeof kind, "option %04zu", w->n_ordered++);
	return add_entry(w, e, kind, part->text, "");
}

static int
add_include(struct req_walk *w, const struct frame *f, const struct req_part *part, struct err *e)
{
	bool constraint = part->kind == REQ_CONSTRAINT;
	char *path;
	int ret;

	if (req_spec_is_url(part->text)) /* what it says cannot be seen from here */
		return add_entry(
		    w, e, constraint ? "constraint-include" : "include", part->text, "");
	path = beside(f->path, part->text, e);
	ret = path == NULL ? -1 : read_requirements(w, f, path, constraint, e);
	free(path);
	return ret;
}

static int
add_part(struct req_walk *w, const struct frame *f, const struct req_part *part, struct err *e)
{
	switch (part->kind) {
	case REQ_REQUIREMENT:
		return add_requirement(w, f, part, e);
	case REQ_OPTION:
		return add_option(w, part, e);
	case REQ_INCLUDE:
	case REQ_CONSTRAINT:
		return add_include(w, f, part, e);
	}
	return -1;
}

static int
add_line(struct req_walk *w, const struct frame *f, const char *text, struct err *e)
{
	struct req_line line;
	int ret = 0;

	if (req_line_parse(text, &line, e) == -1)
		return place(f, e);
	for (size_t i = 0; i < line.n && ret == 0; i++)
		ret = add_part(w, f, &line.at[i], e);
	req_line_free(&line);
	return ret;
}

static int
add_lines(struct req_walk *w, struct frame *f, const struct buf *text, struct err *e)
{
	struct req_lines lines;
	const char *line;
	int ret;

	req_lines_init(&lines, text->bytes, text->len);
	while ((ret = req_lines_next(&lines, &line, &f->line, e)) == 1)
		if (add_line(w, f, line, e) == -1) {
			req_lines_free(&lines);
			return -1;
		}
	if (ret == -1)
		(void)place(f, e);
	req_lines_free(&lines);
	return ret;
}

/* ---- files ---- */

static bool
same_file(const struct req_file *a, const struct req_file *b)
{
	return a->dev == b->dev && a->ino == b->ino;
}

/* Refuse a file that is being read already, by way of whatever includes. */
static int
check_loop(const struct frame *f, struct err *e)
{
	for (const struct frame *up = f->above; up != NULL; up = up->above)
		if (same_file(&up->id, &f->id)) {
			(void)err_set(e, ERR_LOCAL, "", "%s:%zu", f->above->path, f->above->line);
			return err_why(e, "%s includes itself", f->path);
		}
	if (f->depth > DEPTH_MAX)
		return err_set(e, ERR_LOCAL, "too many includes within includes", "%s", f->path);
	return 0;
}

/* 1: it was read before in the same way; 0: it is new, and noted; -1. */
static int
note_seen(struct req_walk *w, const struct req_file *id, struct err *e)
{
	struct req_file *seen;

	for (size_t i = 0; i < w->n_seen; i++)
		if (same_file(&w->seen[i], id) && w->seen[i].constraint == id->constraint)
			return 1;
	seen = realloc(w->seen, (w->n_seen + 1) * sizeof *seen);
	if (seen == NULL)
		return err_set(e, ERR_LOCAL, "out of memory", "read requirements");
	w->seen = seen;
	seen[w->n_seen++] = *id;
	return 0;
}

/* Open path and fill f->id. Returns the descriptor. */
static int
open_file(struct frame *f, struct err *e)
{
	int fd = strcmp(f->path, STDIN) == 0 ? dup(STDIN_FILENO)
					     : open(f->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	if (fd == -1 || fstat(fd, &st) == -1) {
		(void)err_set(e, ERR_LOCAL, NULL, "open %s", f->path);
	} else if (S_ISDIR(st.st_mode)) {
		(void)err_set(e, ERR_LOCAL, "it is a directory", "open %s", f->path);
	} else {
		f->id.dev = st.st_dev;
		f->id.ino = st.st_ino;
		return fd;
	}
	if (f->above != NULL)
		(void)err_hint(e, "it is included by %s:%zu", f->above->path, f->above->line);
	if (fd != -1)
		(void)close(fd);
	return -1;
}

static int
read_requirements(
    struct req_walk *w, const struct frame *above, const char *path, bool constraint, struct err *e)
{
	struct frame f = {.above = above,
	    .path = path,
	    .id = {.constraint = constraint},
	    .depth = above != NULL ? above->depth + 1 : 0};
	struct buf text = {0};
	int fd = open_file(&f, e);
	int ret = fd == -1 ? -1 : check_loop(&f, e);

	if (ret == 0)
		ret = note_seen(w, &f.id, e);
	if (ret == 0)
		ret = req_set_add(&w->files, path, e);
	else if (ret == 1)
		goto out; /* a set does not grow by what is in it */
	if (ret == 0 && buf_read_all(&text, fd, FILE_MAX, e) == -1) {
		(void)snprintf(e->what, sizeof e->what, "read %s", path);
		ret = -1;
	}
	if (ret == 0)
		ret = add_lines(w, &f, &text, e);
out:
	if (fd != -1)
		(void)close(fd);
	buf_free(&text);
	return ret == -1 ? -1 : 0;
}

/* A file whose form is its tool's own affair. */
static int
add_opaque(struct req_walk *w, const char *path, struct err *e)
{
	const char *slash = strrchr(path, '/');
	char hex[2 * DIGEST_MAX_LEN + 1];
	char more[sizeof hex + 1];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int ret;

	if (fd == -1)
		return err_set(e, ERR_LOCAL, NULL, "open %s", path);
	ret = req_tree_fd_hex(fd, path, DIGEST_SHA256, hex, e);
	(void)close(fd);
	if (ret == -1 || req_set_add(&w->files, path, e) == -1)
		return -1;
	(void)snprintf(more, sizeof more, " %s", hex);
	return add_entry(w, e, "lock", slash != NULL ? slash + 1 : path, more);
}

int
req_walk_file(struct req_walk *w, const char *path, struct err *e)
{
	if (text_ends_with(path, ".lock") || text_ends_with(path, ".toml"))
		return add_opaque(w, path, e);
	return read_requirements(w, NULL, path, false, e);
}
