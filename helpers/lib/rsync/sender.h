/* SPDX-License-Identifier: MIT */
/* lib/rsync/sender.h: one session with one server, as a state machine over two byte buffers. It does
 * no socket I/O and never blocks; files are read through callbacks, one open at a time, in pieces.
 *
 * The caller's loop, for each host:
 *   read what the server's stdout gives into `in` while sender_wants_input(); call sender_step()
 *   until it gives 0; write `out` to the server's stdin; when sender_wants_close() and `out` is
 *   empty, close the server's stdin; at end of its stdout call sender_eof(); when its exit status
 *   is known call sender_finish() for the verdict. stderr is the caller's.
 * Everything that comes from the server is bounded and checked (README, "Limits"). */
#ifndef RSYNC_SENDER_H
#define RSYNC_SENDER_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/rsync/flist.h"
#include "lib/rsync/itemize.h"
#include "lib/rsync/mux.h"
#include "lib/rsync/options.h"

#define SENDER_OUT_MAX (256u * 1024u) /* a step adds no more once `out` holds this many bytes */

struct sender_calls {
	/* Open list entry `index` (a regular file) for reading from its start; there is at most one
	 * open file per sender. 0 with *size its size now; -1 with errno set (ENOENT: vanished). Must
	 * not follow links and must refuse what is not a regular file. */
	int (*open)(void *ctx, size_t index, int64_t *size);
	/* The next up to n bytes into p: > 0, 0 at the end of the file, -1 with errno. */
	int64_t (*read)(void *ctx, uint8_t *p, size_t n);
	/* Close it. false if its size or mtime is no longer that of the list entry. */
	bool (*close)(void *ctx);
	/* The server did or will do this; called when the reply goes out. May be NULL. */
	void (*item)(void *ctx, const struct item *it);
	/* The server removed this (dry run: would). name is n bytes, opaque. May be NULL. */
	void (*deleted)(void *ctx, const uint8_t *name, size_t n, bool is_dir);
	/* Text from the server (INFO, WARNING, ERROR, ERROR_XFER), opaque bytes; or, with kind
	 * NO_SEND, from this library about a local file, escaped. May be NULL. */
	void (*text)(void *ctx, enum mux_kind kind, const uint8_t *text, size_t n);
};

struct sender_stats {
	uint64_t n_wanted;    /* files whose content the server asked for; in a dry run too */
	uint64_t wanted_bytes; /* their sizes */
	uint64_t n_files;     /* files whose content was sent (first pass and redo) */
	uint64_t n_new;       /* items that did not exist on the server */
	uint64_t n_local;     /* items that the server made without us: links, copies, directories */
	uint64_t n_hard_links; /* of those, files hard-linked from a --link-dest directory */
	uint64_t n_attrs;     /* items of which only attributes changed */
	uint64_t n_deleted;
	uint64_t literal_bytes; /* file content sent as such, before compression */
	uint64_t matched_bytes; /* file content that the server had */
	uint64_t n_skipped;   /* files that could not be opened here */
};

/* What is awaited. sender_state_rule(): what may arrive then. */
enum sender_state {
	AWAIT_VERSION,
	AWAIT_COMPAT,
	AWAIT_OFFERS,   /* the server's algorithm names */
	AWAIT_SEED,
	AWAIT_SUMS,     /* from the caller: sender_sums_ready() */
	SENDING_LIST,   /* room in `out` */
	AWAIT_REQUEST,
	AWAIT_BLOCKS,   /* block sums of a request */
	SENDING_FILE,   /* room in `out` */
	AWAIT_GOODBYE,  /* the server's last NDX_DONEs */
	AWAIT_EOF,      /* all is said */
	REFUSED         /* the server gave up (ERROR_EXIT); its exit status and stderr say why */
};

struct sender;

/* Borrows all for its lifetime; list must be sealed. NULL with *e. */
struct sender *sender_new(const struct rsync_options *o, struct flist *list,
                          const struct sender_calls *calls, void *ctx, struct err *e);
void sender_free(struct sender *s);

/* Go on with what `in` holds (consuming it) and append to `out`. 1 progress was made: call again;
 * 0 it needs more input, or `out` drained, or sums; -1 the session is broken, *e says why
 * (ERR_PROTO, ERR_LOCAL): flush `out` if you can (it may end with a farewell), then close. */
int sender_step(struct sender *s, struct buf *in, struct buf *out, struct err *e);

enum sender_state sender_state(const struct sender *s);
const char *sender_state_name(enum sender_state state);
/* False while so much is queued inside that reading on would only cost memory. */
bool sender_wants_input(const struct sender *s);
/* Nothing more will be written once `out` is empty: close the server's stdin. */
bool sender_wants_close(const struct sender *s);

/* In AWAIT_SUMS (option checksum; possible only once the handshake is over): the kind of sums
 * that this host wants. The caller fills list->sums[kind] (flist_need_sums), then says ready. */
enum checksum_kind sender_sum_kind(const struct sender *s);
void sender_sums_ready(struct sender *s);

/* The server's stdout ended. 0 if it was time for that, -1 with ERR_PROTO if not (the exit status
 * and stderr then say more: sender_finish). `in` must have been stepped through. */
int sender_eof(struct sender *s, struct err *e);
/* The verdict, after sender_eof (whatever it gave): 0 only if the whole sequence was seen, the
 * remote status is 0, and no error was reported by either side. remote_status as stream_wait gives
 * it, -1 if there is none. */
int sender_finish(struct sender *s, int remote_status, struct err *e);
/* Tell the server that we give up (a signal, a failed sibling): appends what the protocol has for
 * it, if anything. */
int sender_abort(struct sender *s, struct buf *out, struct err *e);

const struct sender_stats *sender_stats(const struct sender *s);
/* What was agreed on: the version in force (0 before), the compression's name. */
int sender_protocol(const struct sender *s);
const char *sender_compression(const struct sender *s);

#endif
