/* SPDX-License-Identifier: MIT */
#include "lib/rsync/handshake.h"

#include <string.h>

#include "lib/base/text.h"
#include "lib/rsync/wire.h"

#define VERSION_MAX 40 /* beyond this, what came was not a version */

/* Best first; the relative order is that of rsync's own lists, because servers differ in whose
 * order they obey. */
static const char our_checksums[] = "xxh128 md5";
static const char our_compressions[] = "zstd zlibx";

static const char *
offered_checksums(const struct rsync_options *o)
{
	return o->offer_checksums != NULL ? o->offer_checksums : our_checksums;
}

static const char *
offered_compressions(const struct rsync_options *o)
{
	return o->offer_compress != NULL ? o->offer_compress : our_compressions;
}

int
handshake_start(struct handshake *h, const struct rsync_options *o, struct buf *out, struct err *e)
{
	memset(h, 0, sizeof *h);
	h->announced = o->protocol == 0 ? RSYNC_PROTOCOL_MAX : o->protocol;
	h->checksum = o->use_checksum == USE_CHECKSUM_XXH128 ? CHECKSUM_XXH128 : CHECKSUM_MD5;
	switch (o->use_compress) {
	case USE_COMPRESS_NONE:
	case USE_COMPRESS_NEGOTIATED:
		h->compress = COMPRESS_NONE;
		break;
	case USE_COMPRESS_ZSTD:
		h->compress = COMPRESS_ZSTD;
		break;
	case USE_COMPRESS_ZLIBX:
		h->compress = COMPRESS_ZLIBX;
		break;
	}
	return wire_put_le32(out, (uint32_t)h->announced, e);
}

/* What came instead of a version is mostly a shell's or a login script's text: show it. */
static int
not_a_version(const struct buf *in, struct err *e)
{
	struct buf shown = {0};
	const char *text;

	if (text_escape(&shown, in->bytes, in->len < 200 ? in->len : 200, false, e) == -1 ||
	    (text = buf_cstr(&shown, e)) == NULL) {
		buf_free(&shown);
		return -1;
	}
	(void)err_set(e, ERR_PROTO, text, "start rsync: the server's first bytes are not rsync's");
	(void)err_hint(e, "the remote shell must print nothing before it runs the command");
	buf_free(&shown);
	return -1;
}

static int
take_version(struct handshake *h, struct buf *in, struct err *e)
{
	struct rd r = rd_of(in->bytes, in->len);
	uint32_t theirs;

	if (!rd_le32(&r, &theirs))
		return 0;
	if (theirs < 20 || theirs > VERSION_MAX)
		return not_a_version(in, e);
	if (theirs < RSYNC_PROTOCOL_MIN) {
		(void)err_set(e, ERR_PROTO, "30 is needed", "the server speaks rsync protocol %lu",
		              (unsigned long)theirs);
		return err_hint(e, "the server needs rsync 3.0 or newer (openrsync does not do)");
	}
	h->protocol = (int)theirs < h->announced ? (int)theirs : h->announced;
	buf_consume(in, 4);
	h->state = HS_COMPAT;
	return 1;
}

static enum handshake_state
after_checksums(const struct handshake *h, const struct rsync_options *o)
{
	bool negotiates = (h->compat & COMPAT_VARINT_FLAGS) != 0;

	return negotiates && o->use_compress == USE_COMPRESS_NEGOTIATED ? HS_COMPRESSIONS : HS_SEED;
}

static const char *
compat_fault(uint32_t compat)
{
	if ((compat & ~COMPAT_KNOWN) != 0)
		return "it sets a compatibility flag that is not known";
	if ((compat & COMPAT_INC_RECURSE) != 0)
		return "it wants incremental recursion, which was not offered";
	return NULL;
}

static int
send_offer(const char *names, struct buf *out, struct err *e)
{
	return wire_put_vstring(out, names, strlen(names), e);
}

/* Both offers are sent before either of the server's is read: it sends its seed only after having
 * read ours. */
static int
take_compat(struct handshake *h, const struct rsync_options *o, struct buf *in, struct buf *out,
            struct err *e)
{
	struct rd r = rd_of(in->bytes, in->len);
	int got = wire_get_varint(&r, &h->compat);
	const char *fault;

	if (got == 0)
		return 0;
	fault = got == -1 ? "malformed compatibility flags" : compat_fault(h->compat);
	if (fault != NULL)
		return err_set(e, ERR_PROTO, fault, "agree with the server's rsync");
	buf_consume(in, in->len - r.left);
	h->state = after_checksums(h, o);
	if ((h->compat & COMPAT_VARINT_FLAGS) == 0) {
		if (o->use_compress != USE_COMPRESS_NEGOTIATED)
			return 1;
		(void)err_set(e, ERR_PROTO, "its rsync is older than 3.2",
		              "agree with the server on a compression");
		return err_hint(e, "leave compression off, or name zlibx (rsync 3.1.1 and newer)");
	}
	if (o->use_checksum == USE_CHECKSUM_NEGOTIATED) {
		if (send_offer(offered_checksums(o), out, e) == -1)
			return -1;
		h->state = HS_CHECKSUMS;
	}
	if (o->use_compress == USE_COMPRESS_NEGOTIATED &&
	    send_offer(offered_compressions(o), out, e) == -1)
		return -1;
	return 1;
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool
same_word(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t i;

	if (a_len != b_len)
		return false;
	for (i = 0; i < a_len; i++)
		if (lower(a[i]) != lower(b[i]))
			return false;
	return true;
}

static bool
has_word(const char *list, size_t n, const char *word, size_t len)
{
	size_t i = 0;

	while (i < n) {
		size_t start = i;

		while (i < n && list[i] != ' ')
			i++;
		if (same_word(list + start, i - start, word, len))
			return true;
		i++;
	}
	return false;
}

bool
handshake_choose(const char *ours, const uint8_t *theirs, size_t n, char out[HANDSHAKE_NAME_MAX])
{
	const char *at = ours;

	while (*at != '\0') {
		size_t len = strcspn(at, " ");

		if (len > 0 && len < HANDSHAKE_NAME_MAX && has_word((const char *)theirs, n, at, len)) {
			memcpy(out, at, len);
			out[len] = '\0';
			return true;
		}
		at += len + (at[len] == ' ');
	}
	return false;
}

/* Read the server's list and choose: 1 with the name, 0, -1. */
static int
take_offer(const char *ours, const char *what, struct buf *in, char name[HANDSHAKE_NAME_MAX],
           struct err *e)
{
	struct rd r = rd_of(in->bytes, in->len);
	const uint8_t *theirs;
	size_t n;
	uint8_t first;

	if (in->len > 0) {
		first = in->bytes[0];
		if (first > 0x80) /* 256 and more */
			return err_set(e, ERR_PROTO, "list of names too long",
			               "agree with the server on a %s", what);
	}
	if (wire_get_vstring(&r, &theirs, &n) != 1)
		return 0;
	if (!handshake_choose(ours, theirs, n, name)) {
		struct buf shown = {0};
		const char *text = NULL;

		if (text_escape(&shown, theirs, n, false, e) == 0)
			text = buf_cstr(&shown, e);
		if (text != NULL) {
			(void)err_set(e, ERR_PROTO, "no name in common",
			              "agree with the server on a %s", what);
			(void)err_hint(e, "here: %s; there: %s", ours, text);
		}
		buf_free(&shown);
		return -1;
	}
	buf_consume(in, in->len - r.left);
	return 1;
}

static int
take_checksums(struct handshake *h, const struct rsync_options *o, struct buf *in, struct err *e)
{
	char name[HANDSHAKE_NAME_MAX];
	int got = take_offer(offered_checksums(o), "checksum", in, name, e);

	if (got != 1)
		return got;
	if (strcmp(name, checksum_name(CHECKSUM_XXH128)) == 0)
		h->checksum = CHECKSUM_XXH128;
	else if (strcmp(name, checksum_name(CHECKSUM_MD5)) == 0)
		h->checksum = CHECKSUM_MD5;
	else
		return err_set(e, ERR_INTERNAL, "offered, but not implemented", "use checksum %s", name);
	h->state = after_checksums(h, o);
	return 1;
}

static int
take_compressions(struct handshake *h, const struct rsync_options *o, struct buf *in,
                  struct err *e)
{
	char name[HANDSHAKE_NAME_MAX];
	int got = take_offer(offered_compressions(o), "compression", in, name, e);

	if (got != 1)
		return got;
	if (strcmp(name, "zstd") == 0)
		h->compress = COMPRESS_ZSTD;
	else if (strcmp(name, "zlibx") == 0)
		h->compress = COMPRESS_ZLIBX;
	else
		return err_set(e, ERR_INTERNAL, "offered, but not implemented", "use compression %s",
		               name);
	h->state = HS_SEED;
	return 1;
}

static int
take_seed(struct handshake *h, struct buf *in)
{
	struct rd r = rd_of(in->bytes, in->len);
	uint32_t seed;

	if (!rd_le32(&r, &seed))
		return 0;
	h->seed = (int32_t)seed;
	buf_consume(in, 4);
	h->state = HS_DONE;
	return 1;
}

int
handshake_step(struct handshake *h, const struct rsync_options *o, struct buf *in, struct buf *out,
               struct err *e)
{
	switch (h->state) {
	case HS_VERSION:
		return take_version(h, in, e);
	case HS_COMPAT:
		return take_compat(h, o, in, out, e);
	case HS_CHECKSUMS:
		return take_checksums(h, o, in, e);
	case HS_COMPRESSIONS:
		return take_compressions(h, o, in, e);
	case HS_SEED:
		return take_seed(h, in);
	case HS_DONE:
		return 0;
	}
	return 0;
}
