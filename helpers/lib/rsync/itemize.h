/* SPDX-License-Identifier: MIT */
/* lib/rsync/itemize.h: the 11 letters of rsync -i, from the flags of a request. Source: rsync(1),
 * --itemize-changes; captured output (README). Pure. */
#ifndef RSYNC_ITEMIZE_H
#define RSYNC_ITEMIZE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/rsync/flist.h"

#define ITEM_ATIME 0x0001u
#define ITEM_CONTENT 0x0002u
#define ITEM_SIZE 0x0004u
#define ITEM_TIME 0x0008u
#define ITEM_PERMS 0x0010u
#define ITEM_OWNER 0x0020u
#define ITEM_GROUP 0x0040u
#define ITEM_ACL 0x0080u
#define ITEM_XATTR 0x0100u
#define ITEM_CRTIME 0x0400u
#define ITEM_BASIS_FOLLOWS 0x0800u
#define ITEM_XNAME_FOLLOWS 0x1000u
#define ITEM_NEW 0x2000u
#define ITEM_LOCAL 0x4000u
#define ITEM_TRANSFER 0x8000u

#define ITEMIZE_LEN 12u /* bytes with NUL */

/* One thing that the server did or wants. */
struct item {
	size_t index;
	const struct flist_entry *entry;
	uint16_t iflags;
	int basis;            /* the basis byte, or -1 */
	const uint8_t *xname; /* xname_len opaque bytes of the server; valid during the callback */
	size_t xname_len;
};

/* "<f.st......". times: whether -t is on ("T" otherwise). */
void itemize(const struct item *it, bool times, char out[ITEMIZE_LEN]);
/* What rsync prints after the letters: the name, "/" after directories, " -> target", " => xname".
 * Unprintable bytes are escaped. */
int itemize_name(const struct item *it, struct buf *out, struct err *e);
/* The item says nothing (only a repeated request, no letter set): rsync prints no line for it. */
bool itemize_silent(const struct item *it);

#endif
