/* SPDX-License-Identifier: MIT */
/* lib/rsync/options.h: what a push is asked to do. One struct feeds both the server's command line
 * (command.h) and the sender (sender.h), so that the two cannot disagree. */
#ifndef RSYNC_OPTIONS_H
#define RSYNC_OPTIONS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RSYNC_PROTOCOL_MIN 30
#define RSYNC_PROTOCOL_MAX 32

enum options_checksum {
	USE_CHECKSUM_NEGOTIATED = 0, /* the best both have; md5 with servers before 3.2 */
	USE_CHECKSUM_MD5,            /* --checksum-choice: servers before 3.2 do not know it */
	USE_CHECKSUM_XXH128
};

enum options_compress {
	USE_COMPRESS_NONE = 0,
	USE_COMPRESS_NEGOTIATED, /* zstd or zlibx; servers before 3.2 refuse: see command.h */
	USE_COMPRESS_ZSTD,
	USE_COMPRESS_ZLIBX /* servers since 3.1.1 */
};

enum options_basis { BASIS_NONE = 0, BASIS_COPY, BASIS_LINK };

/* A zeroed struct with `dest` set is a push of the listed files, content only, but for max_delete:
 * options_init sets it to -1. */
struct rsync_options {
	const char *rsync_path; /* the server's program, for its shell as it is; NULL: "rsync" */
	const char *dest;       /* path on the server */
	int protocol;           /* version to announce, 30..32; 0: 32 */
	bool recurse;           /* -r */
	bool links;             /* -l: link targets are in the list */
	bool perms;             /* -p */
	bool times;             /* -t */
	bool checksum;          /* -c: sums are in the list */
	bool dry_run;           /* -n */
	bool mkpath;            /* servers since 3.2.3 */
	bool itemize;           /* --log-format=%i: name what only differs in attributes too */
	bool itemize_all;       /* --log-format=%i%I: name what needed but a hard link or copy too,
	                         * so that it can be counted */
	int64_t max_delete;     /* -1: no limit. 0 means none may be deleted */
	uint32_t timeout_s;     /* the server's I/O timeout; 0: none */
	bool del;               /* --delete: the server chooses when (during, for us) */
	enum options_basis basis;
	const char *const *basis_dirs; /* n_basis_dirs paths, relative ones to dest */
	size_t n_basis_dirs;
	enum options_checksum use_checksum;
	enum options_compress use_compress;
	const char *const *rules; /* n_rules filter rules in wire form ("- *.pyc"), sent when deleting */
	size_t n_rules;
	/* Names offered in a negotiation, space-separated, best first; NULL: what this library has.
	 * For comparison with captures. */
	const char *offer_checksums;
	const char *offer_compress;
};

/* Zero it and set the few values whose "nothing" is not zero. */
void options_init(struct rsync_options *o);

#endif
