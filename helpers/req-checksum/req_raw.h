/* SPDX-License-Identifier: MIT */
/* req-checksum/req_raw.h: what md5sum and sha256sum print. */
#ifndef REQ_CHECKSUM_REQ_RAW_H
#define REQ_CHECKSUM_REQ_RAW_H
#include "lib/base/buf.h"
#include "lib/base/digest.h"
#include "lib/base/err.h"

/* Append "HEX  NAME\n", or "\HEX  NAME\n" with \\, \n and \r where the name holds such (GNU
 * coreutils 9, "md5sum invocation"). Pure. */
int req_raw_line(struct buf *out, const char *hex, const char *name, struct err *e);
/* Append the line of a file ("-": standard input). */
int req_raw_file(struct buf *out, const char *path, enum digest_kind kind, struct err *e);

#endif
