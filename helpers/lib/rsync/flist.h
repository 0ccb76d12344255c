/* SPDX-License-Identifier: MIT */
/* lib/rsync/flist.h: the list of what is sent. Built once by scan, sealed, then shared read-only by
 * the senders of all hosts. Each session encodes it for itself (flist_wire.h), since flags and sums
 * differ by protocol. Pure but for memory. */
#ifndef RSYNC_FLIST_H
#define RSYNC_FLIST_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/rsync/checksum.h"

#define FLIST_NAME_MAX 4095u /* bytes of a path or a link target; PATH_MAX of the receiver */

/* Marks of directories. Safety: with a delete mode the receiver removes what the list lacks inside
 * every directory without FLIST_NO_CONTENT. */
#define FLIST_TOP_DIR 1u    /* named on the command line */
#define FLIST_NO_CONTENT 2u /* its content is not part of the list: nothing in it is deleted */

/* Bits of flist.io_errors, as they go over the wire: with any of them the receiver deletes nothing. */
#define FLIST_IO_GENERAL 1u
#define FLIST_IO_VANISHED 2u

/* POSIX file types as in st_mode, on the wire whatever the machine's own values are. */
#define FLIST_TYPE 0170000u
#define FLIST_REG 0100000u
#define FLIST_DIR 0040000u
#define FLIST_LINK 0120000u

struct flist_entry {
	const char *name;   /* from the transfer's root, no leading or trailing slash; "." the root */
	const char *target; /* symbolic links: what they hold; else NULL */
	uint32_t mode;      /* type and permission bits as they are to be sent */
	uint32_t nsec;      /* of mtime, 0..999999999 */
	int64_t mtime;      /* seconds since 1970 */
	int64_t size;       /* bytes */
	uint32_t root;      /* the caller's number of the directory that `name` is below */
	uint8_t marks;      /* FLIST_TOP_DIR, FLIST_NO_CONTENT */
};

/* In which order the entries go over the wire. Indices are always those of the sorted list. */
enum flist_order {
	FLIST_SORTED,  /* best compressed names */
	FLIST_AS_ADDED /* as flist_add was called: what rsync does; for comparison with captures */
};

/* A zeroed struct is an empty list. */
struct flist {
	struct flist_entry *entries; /* n, in the protocol's order once sealed: index = place */
	size_t n;
	size_t cap;          /* private */
	uint32_t *order;     /* n indices in transmission order, or NULL: 0, 1, 2 ... (after seal) */
	uint32_t io_errors;  /* FLIST_IO_*: what happened while scanning */
	uint8_t (*sums[CHECKSUM_KINDS])[CHECKSUM_LEN]; /* n, or NULL until flist_need_sums */
};

void flist_free(struct flist *l);

/* NULL if the name may be sent, else the reason why not ("has an empty component", ...). */
const char *flist_name_fault(const char *name);

/* Copy one entry (with its strings) into an unsealed list. -1: ERR_LOCAL with the reason if its
 * name or target may not be sent or its type is not regular, directory or link. The caller decides
 * whether that ends the run; the list is unchanged. */
int flist_add(struct flist *l, const struct flist_entry *entry, struct err *e);

/* Sort, and drop all but one of those with the same name (a directory beats others, else the first
 * added stays; marks of directories: TOP_DIR is kept, NO_CONTENT only if all have it). */
int flist_seal(struct flist *l, enum flist_order order, struct err *e);

/* The protocol's order (README, "Order"): <0, 0, >0. */
int flist_compare(const struct flist_entry *a, const struct flist_entry *b);
bool flist_is_reg(const struct flist_entry *entry);
bool flist_is_dir(const struct flist_entry *entry);
bool flist_is_link(const struct flist_entry *entry);

/* Make room for the sums of one kind; does nothing if there is. The caller then writes the sum of
 * each regular file to l->sums[kind][index] before any sender reads it. */
int flist_need_sums(struct flist *l, enum checksum_kind kind, struct err *e);

#endif
