/* SPDX-License-Identifier: MIT */
/* ssh_keys.h: real keys for the unit tests of lib/ssh, made at run time by ssh-keygen in a directory
 * of their own. */
#ifndef TESTS_SSH_KEYS_H
#define TESTS_SSH_KEYS_H
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/fs.h"

#include <fcntl.h>

static char keys_dir[] = "/tmp/slipway-unit-XXXXXX";

/* Make the directory; false if that fails. */
static inline int
keys_begin(void)
{
	return mkdtemp(keys_dir) != NULL;
}

static inline void
keys_end(void)
{
	char command[100];

	(void)snprintf(command, sizeof(command), "rm -rf %s", keys_dir);
	if (system(command) != 0)
		(void)fprintf(stderr, "%s stays\n", keys_dir);
}

/* The path of a file there. */
static inline const char *
keys_path(const char *name)
{
	static char path[100];

	(void)snprintf(path, sizeof(path), "%s/%s", keys_dir, name);
	return path;
}

/* Make a key pair NAME, NAME.pub by ssh-keygen with these options; false if that fails. */
static inline int
keys_make(const char *name, const char *options)
{
	char command[300];

	(void)snprintf(command, sizeof(command), "ssh-keygen -q -N '%s' %s -C test -f %s/%s",
	    strstr(name, "locked") != NULL ? "secret" : "", options, keys_dir, name);
	return system(command) == 0;
}

/* The content of a file there; freed by the caller. */
static inline struct buf
keys_read(const char *name)
{
	struct buf out = {0};
	struct err e;

	if (fs_read_file(AT_FDCWD, keys_path(name), true, 1 << 20, &out, &e) == -1)
		buf_free(&out);
	return out;
}

#endif
