/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/rsync/sender_private.h"

#define EVENTS_PER_STEP 16u /* literals or blocks; then other hosts have their turn */

/* A local file could not be sent as listed: say so, and remember for the verdict. */
static int
report_local(struct sender *s, size_t index, const char *verb, const char *why, uint32_t flag,
             struct err *e)
{
	const char *name = s->list->entries[index].name;
	struct buf text = {0};
	int ret = -1;

	s->io_errors |= flag;
	if (buf_fmt(&text, e, "%s '", verb) == 0 &&
	    text_escape(&text, name, strlen(name), false, e) == 0 &&
	    buf_fmt(&text, e, "': %s", why) == 0)
		ret = 0;
	if (ret == 0 && s->calls->text != NULL)
		s->calls->text(s->ctx, MUX_NO_SEND, text.bytes, text.len);
	buf_free(&text);
	return ret;
}

static void
tell_item(struct sender *s, const struct request *q)
{
	struct item it = {
		.index = (size_t)q->index,
		.entry = &s->list->entries[q->index],
		.iflags = q->iflags,
		.basis = q->basis,
		.xname = q->xname,
		.xname_len = q->xname_len,
	};

	if (q->iflags & ITEM_TRANSFER) {
		s->stats.n_wanted++;
		s->stats.wanted_bytes += (uint64_t)it.entry->size;
	}
	if (q->iflags & ITEM_NEW)
		s->stats.n_new++;
	if (q->iflags & ITEM_LOCAL)
		s->stats.n_local++;
	if ((q->iflags & ITEM_LOCAL) && (q->iflags & ITEM_XNAME_FOLLOWS) &&
	    flist_is_reg(it.entry))
		s->stats.n_hard_links++;
	if ((q->iflags & (ITEM_NEW | ITEM_LOCAL | ITEM_TRANSFER)) == 0 && !itemize_silent(&it))
		s->stats.n_attrs++;
	if (s->calls->item != NULL)
		s->calls->item(s->ctx, &it);
}

static const char *
request_fault(struct sender *s, const struct request *q)
{
	if ((size_t)q->index >= s->list->n)
		return "an index that was not listed";
	if ((q->iflags & ITEM_TRANSFER) == 0)
		return NULL;
	if (!flist_is_reg(&s->list->entries[q->index]))
		return "content was asked of what is not a file";
	if (s->phase >= LAST_PHASE)
		return "a transfer in the last phase";
	if (s->n_transfers[q->index]++ >= LAST_PHASE)
		return "a file was asked for too often";
	return NULL;
}

static int
on_item(struct sender *s, struct err *e)
{
	const struct request *q = &s->request;
	const char *why = request_fault(s, q);

	if (why != NULL)
		return sender_broke(s, why, e);
	if (q->has_head) {
		blocks_begin(&s->blocks, &q->head);
		s->state = AWAIT_BLOCKS;
		return 1;
	}
	if (request_write(q, &s->ndx_out, &s->frame, e) == -1)
		return -1;
	tell_item(s, q);
	return 1;
}

/* The server's NDX_DONE in the phases: echo it, and after the last say what went wrong here. */
static int
on_phase_end(struct sender *s, struct buf *out, struct err *e)
{
	s->phase++;
	if (s->phase <= LAST_PHASE)
		return wire_put_ndx(&s->frame, &s->ndx_out, NDX_DONE, e) == -1 ? -1 : 1;
	if ((s->io_errors & ~s->io_errors_sent) != 0 &&
	    sender_message(s, MUX_IO_ERROR, s->io_errors, out, e) == -1)
		return -1;
	if (wire_put_ndx(&s->frame, &s->ndx_out, NDX_DONE, e) == -1 || sender_flush(s, out, e) == -1)
		return -1;
	s->goodbyes = s->hs.protocol >= 31 ? 2 : 1;
	s->state = AWAIT_GOODBYE;
	return 1;
}

static int
on_goodbye(struct sender *s, struct buf *out, struct err *e)
{
	s->goodbyes--;
	if (s->goodbyes == 0) {
		s->state = AWAIT_EOF;
		return s->queue.len > 0 || s->frame_left > 0 ? sender_broke(s, "data after the end", e) : 1;
	}
	if (wire_put_ndx(&s->frame, &s->ndx_out, NDX_DONE, e) == -1)
		return -1;
	return sender_flush(s, out, e) == -1 ? -1 : 1;
}

static void
on_del_stats(struct sender *s)
{
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < sizeof s->request.deleted / sizeof s->request.deleted[0]; i++)
		n += s->request.deleted[i];
	if (n > s->stats.n_deleted) /* names came only if the server was asked to itemise */
		s->stats.n_deleted = n;
}

int
sender_take_request(struct sender *s, struct buf *out, struct err *e)
{
	struct rd r = rd_of(s->queue.bytes, s->queue.len);
	struct request *q = &s->request;
	const char *why = NULL;
	int got = request_read(&r, &s->ndx_in, !s->o->dry_run, q, &why);

	if (got == -1)
		return sender_broke(s, why, e);
	if (got == 0)
		return 0;
	if (q->xname_len > 0) {
		memcpy(s->xname, q->xname, q->xname_len);
		q->xname = s->xname;
	}
	buf_consume(&s->queue, s->queue.len - r.left);
	if (q->index >= 0)
		return on_item(s, e);
	if (q->index == NDX_DEL_STATS) {
		on_del_stats(s);
		return 1;
	}
	return s->state == AWAIT_GOODBYE ? on_goodbye(s, out, e) : on_phase_end(s, out, e);
}

static int
open_file(struct sender *s, struct buf *out, struct err *e)
{
	size_t index = (size_t)s->request.index;
	int64_t size;

	if (s->calls->open(s->ctx, index, &size) == -1) {
		int cause = errno;

		s->stats.n_skipped++;
		s->state = AWAIT_REQUEST;
		if (report_local(s, index, "open", strerror(cause),
		                 cause == ENOENT ? FLIST_IO_VANISHED : FLIST_IO_GENERAL, e) == -1)
			return -1;
		return sender_message(s, MUX_NO_SEND, (uint32_t)index, out, e) == -1 ? -1 : 1;
	}
	s->state = SENDING_FILE;
	if (request_write(&s->request, &s->ndx_out, &s->frame, e) == -1 ||
	    token_begin(s->token, e) == -1)
		return -1;
	tell_item(s, &s->request);
	checksum_reset(s->checksum);
	match_begin(s->match, &s->blocks, &s->how, size, s->calls->read, s->ctx);
	return 1;
}

int
sender_take_blocks(struct sender *s, struct buf *out, struct err *e)
{
	size_t before = s->queue.len;
	int got = blocks_read(&s->blocks, &s->queue, e);

	if (got == 1)
		return open_file(s, out, e);
	return got == 0 ? s->queue.len != before : -1;
}

/* All is sent, or the file could not be read to its end: then a sum that cannot be right makes the
 * server drop what it got. */
static int
end_file(struct sender *s, struct err *e)
{
	size_t index = (size_t)s->request.index;
	const char *fault = match_fault(s->match);
	uint8_t sum[CHECKSUM_LEN] = {0};
	bool same = s->calls->close(s->ctx);

	s->state = AWAIT_REQUEST;
	s->stats.n_files++;
	if (fault == NULL)
		checksum_end(s->checksum, sum);
	else if (report_local(s, index, "read", fault, FLIST_IO_GENERAL, e) == -1)
		return -1;
	if (fault == NULL && !same &&
	    report_local(s, index, "send", "it changed meanwhile", FLIST_IO_GENERAL, e) == -1)
		return -1;
	if (token_end(s->token, &s->frame, e) == -1)
		return -1;
	return buf_add(&s->frame, sum, sizeof sum, e) == -1 ? -1 : 1;
}

int
sender_send_file(struct sender *s, struct buf *out, struct err *e)
{
	struct match_event ev;
	unsigned n;

	for (n = 0; n < EVENTS_PER_STEP && out->len < SENDER_OUT_MAX; n++) {
		match_next(s->match, &ev);
		switch (ev.kind) {
		case MATCH_END:
			return end_file(s, e);
		case MATCH_LITERAL:
			s->stats.literal_bytes += ev.len;
			if (token_literal(s->token, ev.bytes, ev.len, &s->frame, e) == -1)
				return -1;
			break;
		case MATCH_BLOCK:
			s->stats.matched_bytes += ev.len;
			if (token_block(s->token, ev.block, &s->frame, e) == -1)
				return -1;
			break;
		}
		checksum_add(s->checksum, ev.bytes, ev.len);
		if (sender_flush_full(s, out, e) == -1)
			return -1;
	}
	return 1;
}

