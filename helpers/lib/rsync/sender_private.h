/* SPDX-License-Identifier: MIT */
/* lib/rsync/sender_private.h: the inside of struct sender, for the files sender*.c alone.
 * Reading order: sender.c (life, handshake, list, the step), sender_input.c (frames and messages
 * from the server), sender_serve.c (requests and file content), sender_verdict.c (the end). */
#ifndef RSYNC_SENDER_PRIVATE_H
#define RSYNC_SENDER_PRIVATE_H
#include "lib/rsync/blocks.h"
#include "lib/rsync/flist_wire.h"
#include "lib/rsync/handshake.h"
#include "lib/rsync/match.h"
#include "lib/rsync/request.h"
#include "lib/rsync/sender.h"
#include "lib/rsync/token.h"
#include "lib/rsync/wire.h"

#define LAST_PHASE 2 /* phases 0 and 1 transfer, 2 is for late renames */

struct sender {
	const struct rsync_options *o;
	struct flist *list;
	const struct sender_calls *calls;
	void *ctx;

	enum sender_state state;
	bool started;
	bool broken;     /* a step failed */
	bool sums_ready;
	bool has_error;  /* ERROR or ERROR_XFER came */
	int phase;
	int goodbyes;    /* NDX_DONEs that are still awaited, in AWAIT_GOODBYE */
	int refusal;     /* the exit code in ERROR_EXIT, or -1 */
	uint32_t io_errors;      /* FLIST_IO_* and 4 (delete limit) of both sides */
	uint32_t io_errors_sent; /* those of ours that the server knows */

	struct handshake hs;
	struct buf queue;        /* stream data from the server, without frames */
	uint32_t frame_left;     /* bytes of the current data frame still to come */
	struct buf frame;        /* stream data to the server, not yet framed */
	struct wire_ndx ndx_in;
	struct wire_ndx ndx_out;

	struct flist_writer writer;
	size_t n_listed;
	uint8_t *n_transfers;    /* per index: how often its content was asked for */

	struct request request;  /* being served; its xname is in `xname` */
	uint8_t xname[REQUEST_XNAME_MAX];
	struct blocks blocks;
	struct block_sums how;
	struct match *match;
	struct token *token;
	struct checksum *checksum;
	char first_error[256];   /* the first error text from the server, escaped */
	struct sender_stats stats;
};

/* What is legal in a state. Messages are, in every one after the handshake. */
enum sender_data {
	DATA_RAW,    /* the handshake: no frames yet */
	DATA_NONE,   /* stream data would be a breach */
	DATA_QUEUED, /* requests may arrive, and wait */
	DATA_TAKEN   /* requests are acted on */
};
struct sender_rule {
	const char *name; /* "..., while <name>" */
	enum sender_data data;
};
extern const struct sender_rule sender_rules[];

/* Fill *e: the server broke the protocol. -1. */
int sender_broke(const struct sender *s, const char *why, struct err *e);

/* Stream data for the server collects in s->frame. It goes out as frames when it is long enough
 * (sender_flush_full), or when nothing more is to be said for now (sender_flush). */
int sender_flush(struct sender *s, struct buf *out, struct err *e);
int sender_flush_full(struct sender *s, struct buf *out, struct err *e);
/* A message with a number, after the stream data so far. */
int sender_message(struct sender *s, enum mux_kind kind, uint32_t value, struct buf *out,
                   struct err *e);

/* Each: 1 progress, 0 more input is needed, -1 with *e. */
int sender_take_frame(struct sender *s, struct buf *in, struct buf *out, struct err *e);
int sender_take_request(struct sender *s, struct buf *out, struct err *e);
int sender_take_blocks(struct sender *s, struct buf *out, struct err *e);
int sender_send_file(struct sender *s, struct buf *out, struct err *e);

#endif
