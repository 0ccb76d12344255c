/* SPDX-License-Identifier: MIT */
#include "remote-run/sudo.h"

#include <stdbool.h>
#include <string.h>

#define SAID_MAX 2048u /* bytes */

int
sudo_listen(struct buf *said, const void *bytes, size_t n, struct err *e)
{
	size_t room = SAID_MAX - said->len;

	return buf_add(said, bytes, n < room ? n : room, e);
}

static bool
says(const struct buf *said, const char *text)
{
	size_t len = strlen(text);
	size_t i;

	for (i = 0; i + len <= said->len; i++)
		if (memcmp(said->bytes + i, text, len) == 0)
			return true;
	return false;
}

int
sudo_hint(const struct buf *said, struct err *e)
{
	if (says(said, "sudo: not found") || says(said, "sudo: command not found"))
		return err_hint(e, "sudo is not installed there: log in as root, or leave --become out");
	if (says(said, "sudo: a password is required") ||
	    says(said, "sudo: a terminal is required") || says(said, "not in the sudoers file") ||
	    says(said, "is not allowed to"))
		return err_hint(e, "sudo asks for a password: allow it without one by a line in "
		    "/etc/sudoers.d/ on the host: USER ALL=(root) NOPASSWD: ALL");
	return -1;
}
