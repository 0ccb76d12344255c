/* SPDX-License-Identifier: MIT */
/* req-checksum/req_tree.h: a digest of what is at a local path: of a file's bytes, or of a tree's
 * names, bytes, links and executable bits, without version control and caches. Times, owners and
 * the path itself do not count. */
#ifndef REQ_CHECKSUM_REQ_TREE_H
#define REQ_CHECKSUM_REQ_TREE_H
#include <stdbool.h>
#include <stddef.h>

#include "lib/base/digest.h"
#include "lib/base/err.h"

/* Whether a file or directory of that name is passed over. Pure. */
bool req_tree_skips(const char *name);
/* Hex of the SHA-256 of what is at path (a link is followed, those below it are not). ERR_LOCAL. */
int req_tree_hex(const char *path, char out[2 * DIGEST_SHA256_LEN + 1], struct err *e);
/* Digest of all that fd gives, in hex. `path` is for messages. */
int req_tree_fd_hex(int fd, const char *path, enum digest_kind kind,
    char out[2 * DIGEST_MAX_LEN + 1], struct err *e);

#endif
