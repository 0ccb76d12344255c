/* SPDX-License-Identifier: MIT */
#include "lib/rsync/sender.h"

#include <stdlib.h>
#include <string.h>

#include "lib/rsync/sender_private.h"

#define FRAME_MAX 32768u        /* bytes of stream data in one frame */
#define QUEUE_MAX (16u << 20)   /* bytes of stream data not yet acted on */
#define ENTRIES_PER_STEP 256u   /* of the list; then other hosts have their turn */
#define EXIT_PROTOCOL 2         /* rsync(1), EXIT VALUES */
#define EXIT_STOPPED 20

/* The table of states. */
const struct sender_rule sender_rules[] = {
	[AWAIT_VERSION] = {"waiting for the server's rsync to answer", DATA_RAW},
	[AWAIT_COMPAT] = {"waiting for the server's capabilities", DATA_RAW},
	[AWAIT_OFFERS] = {"waiting for the server's algorithms", DATA_RAW},
	[AWAIT_SEED] = {"waiting for the checksum seed", DATA_RAW},
	[AWAIT_SUMS] = {"waiting for checksums of the files here", DATA_NONE},
	[SENDING_LIST] = {"sending the file list", DATA_NONE},
	[AWAIT_REQUEST] = {"waiting for requests", DATA_TAKEN},
	[AWAIT_BLOCKS] = {"reading block sums", DATA_TAKEN},
	[SENDING_FILE] = {"sending a file", DATA_QUEUED},
	[AWAIT_GOODBYE] = {"waiting for the server to finish", DATA_TAKEN},
	[AWAIT_EOF] = {"waiting for the server to exit", DATA_NONE},
	[REFUSED] = {"after the server gave up", DATA_NONE},
};

struct sender *
sender_new(const struct rsync_options *o, struct flist *list, const struct sender_calls *calls,
           void *ctx, struct err *e)
{
	struct sender *s = calloc(1, sizeof *s);

	if (s == NULL) {
		(void)err_set(e, ERR_LOCAL, NULL, "allocate %zu bytes", sizeof *s);
		return NULL;
	}
	s->o = o;
	s->list = list;
	s->calls = calls;
	s->ctx = ctx;
	s->state = AWAIT_VERSION;
	s->refusal = -1;
	s->io_errors = list->io_errors;
	wire_ndx_init(&s->ndx_in);
	wire_ndx_init(&s->ndx_out);
	s->n_transfers = calloc(list->n + 1, 1);
	if (s->n_transfers == NULL)
		(void)err_set(e, ERR_LOCAL, NULL, "allocate %zu bytes", list->n + 1);
	else
		s->match = match_new(e);
	if (s->match == NULL) {
		sender_free(s);
		return NULL;
	}
	return s;
}

void
sender_free(struct sender *s)
{
	if (s == NULL)
		return;
	if (s->state == SENDING_FILE)
		(void)s->calls->close(s->ctx);
	checksum_free(s->checksum);
	token_free(s->token);
	match_free(s->match);
	blocks_free(&s->blocks);
	free(s->n_transfers);
	buf_free(&s->frame);
	buf_free(&s->queue);
	free(s);
}

int
sender_broke(const struct sender *s, const char *why, struct err *e)
{
	return err_set(e, ERR_PROTO, why, "rsync protocol, %s", sender_rules[s->state].name);
}

int
sender_flush(struct sender *s, struct buf *out, struct err *e)
{
	while (s->frame.len > 0) {
		size_t n = s->frame.len < FRAME_MAX ? s->frame.len : FRAME_MAX;

		if (mux_add(out, MUX_DATA, s->frame.bytes, n, e) == -1)
			return -1;
		buf_consume(&s->frame, n);
	}
	return 0;
}

int
sender_flush_full(struct sender *s, struct buf *out, struct err *e)
{
	return s->frame.len >= FRAME_MAX ? sender_flush(s, out, e) : 0;
}

int
sender_message(struct sender *s, enum mux_kind kind, uint32_t value, struct buf *out, struct err *e)
{
	uint8_t b[4] = {(uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16),
	                (uint8_t)(value >> 24)};

	if (sender_flush(s, out, e) == -1)
		return -1;
	return mux_add(out, kind, b, sizeof b, e);
}

static int
add_rules(struct sender *s, struct err *e)
{
	size_t i;

	if (!s->o->del)
		return 0;
	for (i = 0; i < s->o->n_rules; i++) {
		size_t n = strlen(s->o->rules[i]);

		if (wire_put_le32(&s->frame, (uint32_t)n, e) == -1 ||
		    buf_add(&s->frame, s->o->rules[i], n, e) == -1)
			return -1;
	}
	return wire_put_le32(&s->frame, 0, e);
}

/* The handshake is over: set up what depends on it. */
static int
agreed(struct sender *s, struct err *e)
{
	s->how.kind = s->hs.checksum;
	s->how.seed = s->hs.seed;
	s->how.seed_first = (s->hs.compat & COMPAT_SEED_FIRST) != 0;
	s->writer.list = s->list;
	s->writer.protocol = s->hs.protocol;
	s->writer.varint_flags = (s->hs.compat & COMPAT_VARINT_FLAGS) != 0;
	s->writer.safe_end = s->hs.protocol >= 31 || (s->hs.compat & COMPAT_SAFE_FLIST) != 0;
	s->writer.links = s->o->links;
	s->writer.sums = s->o->checksum;
	s->writer.kind = s->hs.checksum;
	s->checksum = checksum_new(s->hs.checksum, e);
	if (s->checksum == NULL)
		return -1;
	s->token = token_new(s->hs.compress, e);
	if (s->token == NULL || add_rules(s, e) == -1)
		return -1;
	s->state = s->o->checksum ? AWAIT_SUMS : SENDING_LIST;
	return 1;
}

static int
shake_hands(struct sender *s, struct buf *in, struct buf *out, struct err *e)
{
	int got;

	if (!s->started) {
		s->started = true;
		return handshake_start(&s->hs, s->o, out, e) == -1 ? -1 : 1;
	}
	got = handshake_step(&s->hs, s->o, in, out, e);
	switch (s->hs.state) {
	case HS_VERSION:
		s->state = AWAIT_VERSION;
		break;
	case HS_COMPAT:
		s->state = AWAIT_COMPAT;
		break;
	case HS_CHECKSUMS:
	case HS_COMPRESSIONS:
		s->state = AWAIT_OFFERS;
		break;
	case HS_SEED:
		s->state = AWAIT_SEED;
		break;
	case HS_DONE:
		return agreed(s, e);
	}
	return got;
}

static int
send_list(struct sender *s, struct buf *out, struct err *e)
{
	size_t n;

	for (n = 0; n < ENTRIES_PER_STEP && s->n_listed < s->list->n; n++) {
		size_t at = s->n_listed++;

		if (flist_write_entry(&s->writer, s->list->order != NULL ? s->list->order[at] : at,
		                      &s->frame, e) == -1 ||
		    sender_flush_full(s, out, e) == -1)
			return -1;
	}
	if (s->n_listed < s->list->n)
		return 1;
	if (flist_write_end(&s->writer, &s->frame, e) == -1 || sender_flush(s, out, e) == -1)
		return -1;
	if (!s->writer.safe_end && s->list->io_errors != 0 &&
	    sender_message(s, MUX_IO_ERROR, s->list->io_errors, out, e) == -1)
		return -1;
	s->io_errors_sent = s->list->io_errors;
	s->state = AWAIT_REQUEST;
	return 1;
}

/* What the state itself can do now: 1, 0, -1. */
static int
act(struct sender *s, struct buf *out, struct err *e)
{
	bool room = out->len + s->frame.len < SENDER_OUT_MAX;

	switch (s->state) {
	case AWAIT_VERSION:
	case AWAIT_COMPAT:
	case AWAIT_OFFERS:
	case AWAIT_SEED:
		return 0;
	case AWAIT_SUMS:
		if (!s->sums_ready)
			return 0;
		s->state = SENDING_LIST;
		return 1;
	case SENDING_LIST:
		return room ? send_list(s, out, e) : 0;
	case AWAIT_REQUEST:
	case AWAIT_GOODBYE:
		return room ? sender_take_request(s, out, e) : 0;
	case AWAIT_BLOCKS:
		return room ? sender_take_blocks(s, out, e) : 0;
	case SENDING_FILE:
		return room ? sender_send_file(s, out, e) : 0;
	case AWAIT_EOF:
	case REFUSED:
		return 0;
	}
	return 0;
}

static int
step(struct sender *s, struct buf *in, struct buf *out, struct err *e)
{
	int framed = 0;
	int acted;

	if (sender_rules[s->state].data == DATA_RAW)
		return shake_hands(s, in, out, e);
	if (s->state == REFUSED) {
		buf_clear(in);
		return 0;
	}
	if (sender_wants_input(s))
		framed = sender_take_frame(s, in, out, e);
	if (framed == -1)
		return -1;
	acted = act(s, out, e);
	if (acted == -1)
		return -1;
	if (framed == 0 && acted == 0)
		return sender_flush(s, out, e);
	return 1;
}

/* End the session from our side, with an exit code for the server where there is a way to say it. */
static int
farewell(struct sender *s, uint32_t code, struct buf *out, struct err *e)
{
	bool framed = sender_rules[s->state].data != DATA_RAW;
	bool over = s->broken || s->state == AWAIT_EOF || s->state == REFUSED;

	s->broken = true;
	buf_clear(&s->frame);
	return framed && !over && s->hs.protocol >= 31 ? sender_message(s, MUX_ERROR_EXIT, code, out, e)
	                                               : 0;
}

int
sender_step(struct sender *s, struct buf *in, struct buf *out, struct err *e)
{
	struct err ignored;
	int ret;

	if (s->broken)
		return err_set(e, ERR_INTERNAL, "the session is broken", "go on with rsync");
	ret = step(s, in, out, e);
	if (ret == -1)
		(void)farewell(s, EXIT_PROTOCOL, out, &ignored);
	return ret;
}

int
sender_abort(struct sender *s, struct buf *out, struct err *e)
{
	return farewell(s, EXIT_STOPPED, out, e);
}

enum sender_state
sender_state(const struct sender *s)
{
	return s->state;
}

const char *
sender_state_name(enum sender_state state)
{
	return sender_rules[state].name;
}

bool
sender_wants_input(const struct sender *s)
{
	return !s->broken && s->queue.len < QUEUE_MAX;
}

bool
sender_wants_close(const struct sender *s)
{
	return s->broken || s->state == AWAIT_EOF || s->state == REFUSED;
}

enum checksum_kind
sender_sum_kind(const struct sender *s)
{
	return s->hs.checksum;
}

void
sender_sums_ready(struct sender *s)
{
	s->sums_ready = true;
}

const struct sender_stats *
sender_stats(const struct sender *s)
{
	return &s->stats;
}

int
sender_protocol(const struct sender *s)
{
	return s->hs.protocol;
}

const char *
sender_compression(const struct sender *s)
{
	switch (s->hs.compress) {
	case COMPRESS_NONE:
		return "none";
	case COMPRESS_ZSTD:
		return "zstd";
	case COMPRESS_ZLIBX:
		return "zlibx";
	}
	return "?";
}
