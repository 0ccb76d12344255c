/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "lib/base/text.h"
#include "lib/rsync/sender_private.h"

#define IO_TIMEOUT_MAX 86400u /* seconds */

static void
note_error(struct sender *s, const uint8_t *text, size_t n)
{
	struct buf line = {0};
	struct err ignored;
	const char *shown;

	s->has_error = true;
	if (s->first_error[0] != '\0')
		return;
	while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\r'))
		n--;
	if (text_escape(&line, text, n, false, &ignored) == 0 &&
	    (shown = buf_cstr(&line, &ignored)) != NULL) {
		size_t len = line.len < sizeof s->first_error ? line.len : sizeof s->first_error - 1;

		memcpy(s->first_error, shown, len);
		s->first_error[len] = '\0';
	}
	buf_free(&line);
}

static void
on_deleted(struct sender *s, const uint8_t *name, size_t n)
{
	bool is_dir = name[n - 1] == '\0';

	s->stats.n_deleted++;
	if (s->calls->deleted != NULL)
		s->calls->deleted(s->ctx, name, is_dir ? n - 1 : n, is_dir);
}

static int
on_error_exit(struct sender *s, const uint8_t *p, size_t n, struct buf *out, struct err *e)
{
	struct rd r = rd_of(p, n);
	uint32_t code;

	if (s->state == SENDING_FILE)
		(void)s->calls->close(s->ctx);
	s->state = REFUSED;
	s->refusal = rd_le32(&r, &code) ? (int)(code & 0xff) : 0;
	buf_clear(&s->frame);
	buf_clear(&s->queue);
	return s->hs.protocol >= 31 ? mux_add(out, MUX_ERROR_EXIT, NULL, 0, e) : 0;
}

static int
on_message(struct sender *s, const struct mux_hdr *h, const uint8_t *p, struct buf *out,
           struct err *e)
{
	struct rd r = rd_of(p, h->len);
	uint32_t number = 0;

	if (h->len == 4)
		(void)rd_le32(&r, &number);
	switch (h->kind) {
	case MUX_ERROR_XFER:
	case MUX_ERROR:
		note_error(s, p, h->len);
		/* fallthrough */
	case MUX_INFO:
	case MUX_WARNING:
	case MUX_ERROR_UTF8:
		if (s->calls->text != NULL)
			s->calls->text(s->ctx, (enum mux_kind)h->kind, p, h->len);
		return 0;
	case MUX_DELETED:
		on_deleted(s, p, h->len);
		return 0;
	case MUX_IO_ERROR:
		s->io_errors |= number;
		return 0;
	case MUX_IO_TIMEOUT: /* daemons' only; the caller has its own deadline */
		return number >= 1 && number <= IO_TIMEOUT_MAX ? 0 : sender_broke(s, "bad timeout", e);
	case MUX_NOOP:
		if (sender_flush(s, out, e) == -1)
			return -1;
		return mux_add(out, MUX_DATA, NULL, 0, e);
	case MUX_SUCCESS:
		return number < s->list->n ? 0 : sender_broke(s, "success of a file that is not listed", e);
	case MUX_ERROR_EXIT:
		return on_error_exit(s, p, h->len, out, e);
	default: /* mux_fault refused it */
		return sender_broke(s, "unknown kind of message", e);
	}
}

/* Take what there is of one frame. 1, 0 or -1. */
int
sender_take_frame(struct sender *s, struct buf *in, struct buf *out, struct err *e)
{
	struct mux_hdr h;
	const char *why;

	if (s->frame_left > 0) {
		size_t n = in->len < s->frame_left ? in->len : s->frame_left;

		if (n == 0)
			return 0;
		if (buf_add(&s->queue, in->bytes, n, e) == -1)
			return -1;
		s->frame_left -= (uint32_t)n;
		buf_consume(in, n);
		return 1;
	}
	switch (mux_decode(in->bytes, in->len, &h)) {
	case 0:
		return 0;
	case 1:
		break;
	default:
		return sender_broke(s, "what came is not a frame", e);
	}
	why = mux_fault(&h);
	if (why != NULL)
		return sender_broke(s, why, e);
	if (h.kind == MUX_DATA) {
		if (sender_rules[s->state].data == DATA_NONE && h.len > 0)
			return sender_broke(s, "data that nobody asked for", e);
		s->frame_left = h.len;
		buf_consume(in, MUX_HDR_LEN);
		return 1;
	}
	if (in->len < MUX_HDR_LEN + h.len)
		return 0;
	if (on_message(s, &h, in->bytes + MUX_HDR_LEN, out, e) == -1)
		return -1;
	buf_consume(in, MUX_HDR_LEN + h.len);
	return 1;
}

