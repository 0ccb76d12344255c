/* SPDX-License-Identifier: MIT */
#include "req-checksum/req_raw.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "req-checksum/req_tree.h"

static int
add_escaped(struct buf *out, const char *name, struct err *e)
{
	for (; *name != '\0'; name++) {
		int ret;

		if (*name == '\\')
			ret = buf_str(out, "\\\\", e);
		else if (*name == '\n')
			ret = buf_str(out, "\\n", e);
		else if (*name == '\r')
			ret = buf_str(out, "\\r", e);
		else
			ret = buf_byte(out, (uint8_t)*name, e);
		if (ret == -1)
			return -1;
	}
	return 0;
}

int
req_raw_line(struct buf *out, const char *hex, const char *name, struct err *e)
{
	if (strpbrk(name, "\\\n\r") != NULL && buf_byte(out, '\\', e) == -1)
		return -1;
	if (buf_fmt(out, e, "%s  ", hex) == -1 || add_escaped(out, name, e) == -1)
		return -1;
	return buf_byte(out, '\n', e);
}

int
req_raw_file(struct buf *out, const char *path, enum digest_kind kind, struct err *e)
{
	int fd = strcmp(path, "-") == 0 ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
	char hex[2 * DIGEST_MAX_LEN + 1];
	int ret;

	if (fd == -1)
		return err_set(e, ERR_LOCAL, NULL, "open %s", path);
	ret = req_tree_fd_hex(fd, path, kind, hex, e);
	(void)close(fd);
	return ret == -1 ? -1 : req_raw_line(out, hex, path, e);
}
