/* SPDX-License-Identifier: MIT */
/* atomic-link/link_path.h: the text of a link. Pure. */
#ifndef ATOMIC_LINK_LINK_PATH_H
#define ATOMIC_LINK_LINK_PATH_H
#include "lib/base/buf.h"
#include "lib/base/err.h"

/* Append the text that a link in directory `from` needs to reach `to`: relative if the two have
 * more than "/" in common, so that the tree survives bind mounts and chroots; else `to` as it is.
 * Both are absolute and free of links, "." and "..". 0, or -1 on lack of memory. */
int link_path_text(struct buf *out, const char *from, const char *to, struct err *e);

#endif
