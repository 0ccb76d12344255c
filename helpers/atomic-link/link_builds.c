/* SPDX-License-Identifier: MIT */
#include "atomic-link/link_builds.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "atomic-link/link_choice.h"
#include "lib/base/build_dir.h"
#include "lib/base/build_name.h"
#include "lib/base/fs.h"
#include "lib/base/text.h"

/* The name of the build in builds_path (absolute) that the link leads to or into; malloc'ed. */
static char *
present_build(const char *dir, const char *builds_path, const struct link_place *p, struct err *e)
{
	size_t len = strlen(builds_path);
	char *target = link_place_target(p, e);
	char *name = NULL;

	if (target == NULL)
		return NULL;
	if (strncmp(target, builds_path, len) == 0 && target[len] == '/')
		name = text_dup(target + len + 1, strcspn(target + len + 1, "/"), e);
	else
		(void)err_set(
		    e, ERR_LOCAL, "it does not lead to a build", "link %s into %s", p->path, dir);
	free(target);
	if (name != NULL && !build_name_valid(name)) {
		(void)err_set(
		    e, ERR_LOCAL, "not 14 digits", "build \"%s\" that %s leads to", name, p->path);
		free(name);
		return NULL;
	}
	return name;
}

/* Which of names[0..n) are usable; malloc'ed. */
static bool *
find_usable(int fd, char *const *names, size_t n, struct err *e)
{
	bool *usable = calloc(n + 1, sizeof *usable);

	if (usable == NULL)
		(void)err_set(e, ERR_LOCAL, "out of memory", "list builds");
	for (size_t i = 0; usable != NULL && i < n; i++) {
		enum build_state state;

		if (!build_name_valid(names[i]))
			continue;
		if (build_dir_state(fd, names[i], &state, e) == -1) {
			free(usable);
			return NULL;
		}
		usable[i] = state == BUILD_COMPLETE;
	}
	return usable;
}

static char *
choose(int fd, const char *dir, const char *current, struct err *e)
{
	size_t n = 0;
	char **names = fs_list(fd, &n, e);
	bool *usable = names == NULL ? NULL : find_usable(fd, names, n, e);
	const char *best;
	char *name = NULL;

	if (usable != NULL) {
		best = link_choice_previous((const char *const *)names, usable, n, current);
		if (best != NULL)
			name = text_dup(best, strlen(best), e);
		else
			(void)err_set(e, ERR_NO, "there is none",
			    "complete build older than %s in %s", current, dir);
	}
	free(usable);
	fs_free_names(names);
	return name;
}

char *
link_builds_previous(const char *dir, const struct link_place *p, struct err *e)
{
	char *path = fs_real_path(dir, e);
	char *current = NULL;
	char *name = NULL;
	int fd;

	if (path == NULL)
		return NULL;
	fd = fs_open_dir(AT_FDCWD, path, e);
	if (fd != -1)
		current = present_build(dir, path, p, e);
	if (current != NULL)
		name = choose(fd, dir, current, e);
	if (fd != -1)
		(void)close(fd);
	free(path);
	free(current);
	return name;
}

static int
check_state(const char *dir, const char *name, enum build_state state, struct err *e)
{
	switch (state) {
	case BUILD_COMPLETE:
		return 0;
	case BUILD_IS_INCOMPLETE:
		return err_set(
		    e, ERR_LOCAL, "it is marked " BUILD_INCOMPLETE, "build %s in %s", name, dir);
	case BUILD_IS_FAILED:
		return err_set(
		    e, ERR_LOCAL, "it is marked " BUILD_FAILED, "build %s in %s", name, dir);
	case BUILD_ABSENT:
		return err_set(e, ERR_LOCAL, "there is no such build", "build %s in %s", name, dir);
	case BUILD_NOT_A_DIR:
		return err_set(e, ERR_LOCAL, "it is no directory", "build %s in %s", name, dir);
	}
	return -1;
}

char *
link_builds_named(const char *dir, const char *name, struct err *e)
{
	enum build_state state;
	char *builds = NULL;
	char *path = NULL;
	int fd = -1;

	if (!build_name_valid(name)) {
		(void)err_set(e, ERR_USAGE, "not 14 digits", "build \"%s\"", name);
		return NULL;
	}
	builds = fs_real_path(dir, e);
	if (builds != NULL)
		fd = fs_open_dir(AT_FDCWD, builds, e);
	if (fd != -1 && build_dir_state(fd, name, &state, e) == 0 &&
	    check_state(dir, name, state, e) == 0)
		path = text_fmt(e, "%s/%s", builds, name);
	if (fd != -1)
		(void)close(fd);
	free(builds);
	return path;
}
