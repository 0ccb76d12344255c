/* SPDX-License-Identifier: MIT */
/* lib/rsync/handshake.h: the unframed bytes at the start: versions, what the server can do, which
 * algorithms are used, the seed. Sources: openrsync rsyncd(5) and rsync(5); captured sessions
 * (README, "Handshake"). Pure. */
#ifndef RSYNC_HANDSHAKE_H
#define RSYNC_HANDSHAKE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/rsync/checksum.h"
#include "lib/rsync/options.h"

#define HANDSHAKE_OFFER_MAX 255u /* bytes of the server's list of names */

/* The server's answer to our capability letters (options.h: "LsfxCIvu"). */
#define COMPAT_INC_RECURSE 0x001u
#define COMPAT_SAFE_FLIST 0x008u
#define COMPAT_SEED_FIRST 0x020u
#define COMPAT_VARINT_FLAGS 0x080u
#define COMPAT_KNOWN 0x1ffu

enum handshake_state { HS_VERSION, HS_COMPAT, HS_CHECKSUMS, HS_COMPRESSIONS, HS_SEED, HS_DONE };

enum compress_kind { COMPRESS_NONE, COMPRESS_ZSTD, COMPRESS_ZLIBX };

struct handshake {
	enum handshake_state state; /* what is awaited */
	int announced;              /* our version */
	int protocol;               /* the version in force, once past HS_VERSION */
	uint32_t compat;            /* COMPAT_* */
	enum checksum_kind checksum;
	enum compress_kind compress;
	int32_t seed;
};

/* Set up, and append our version. */
int handshake_start(struct handshake *h, const struct rsync_options *o, struct buf *out,
                    struct err *e);
/* Take one item from `in` (consumed on 1), appending what is to be said in answer.
 * 1 progress; 0 more bytes needed (or HS_DONE); -1 with ERR_PROTO. */
int handshake_step(struct handshake *h, const struct rsync_options *o, struct buf *in,
                   struct buf *out, struct err *e);

/* The name in both lists that stands first in `ours` (space-separated, any case), copied into out;
 * false if there is none. theirs is n opaque bytes. */
#define HANDSHAKE_NAME_MAX 16u /* bytes with NUL */
bool handshake_choose(const char *ours, const uint8_t *theirs, size_t n,
                      char out[HANDSHAKE_NAME_MAX]);

#endif
