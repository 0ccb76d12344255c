/* SPDX-License-Identifier: MIT */
#include "lib/rsync/flist_wire.h"

#include <string.h>

#include "lib/rsync/wire.h"

/* Flag bits, with the names that openrsync's rsync(5) and the README give them. */
#define X_TOP_DIR 0x0001u
#define X_SAME_MODE 0x0002u
#define X_EXTENDED 0x0004u
#define X_SAME_UID 0x0008u /* always set while no owners are sent */
#define X_SAME_GID 0x0010u
#define X_SAME_NAME 0x0020u
#define X_LONG_NAME 0x0040u
#define X_SAME_TIME 0x0080u
#define X_NO_CONTENT 0x0100u /* of directories */
#define X_ERROR_END 0x1000u  /* of the end marker */
#define X_NSEC 0x2000u

#define PREFIX_MAX 255u /* bytes of a name shared with the one before */

static size_t
shared_prefix(const char *a, const char *b)
{
	size_t n = 0;

	while (n < PREFIX_MAX && a[n] != '\0' && a[n] == b[n])
		n++;
	return n;
}

static uint32_t
entry_flags(const struct flist_writer *w, const struct flist_entry *it, size_t prefix)
{
	uint32_t x = X_SAME_UID | X_SAME_GID;

	if (flist_is_dir(it) && (it->marks & FLIST_TOP_DIR))
		x |= X_TOP_DIR;
	if (flist_is_dir(it) && (it->marks & FLIST_NO_CONTENT))
		x |= X_NO_CONTENT;
	if (it->mode == w->prev_mode)
		x |= X_SAME_MODE;
	if (it->mtime == w->prev_mtime)
		x |= X_SAME_TIME;
	if (it->nsec != 0 && w->protocol >= 31)
		x |= X_NSEC;
	if (prefix > 0)
		x |= X_SAME_NAME;
	if (strlen(it->name) - prefix > 255)
		x |= X_LONG_NAME;
	return x;
}

static int
put_flags(const struct flist_writer *w, uint32_t x, struct buf *out, struct err *e)
{
	if (w->varint_flags)
		return wire_put_varint(out, x == 0 ? X_EXTENDED : x, e);
	if (x > 0xff)
		return wire_put_le16(out, (uint16_t)(x | X_EXTENDED), e);
	return buf_byte(out, (uint8_t)x, e);
}

static int
put_name(const struct flist_entry *it, uint32_t x, size_t prefix, struct buf *out, struct err *e)
{
	size_t rest = strlen(it->name) - prefix;

	if ((x & X_SAME_NAME) && buf_byte(out, (uint8_t)prefix, e) == -1)
		return -1;
	if (x & X_LONG_NAME) {
		if (wire_put_varint(out, (uint32_t)rest, e) == -1)
			return -1;
	} else if (buf_byte(out, (uint8_t)rest, e) == -1) {
		return -1;
	}
	return buf_add(out, it->name + prefix, rest, e);
}

/* The fields after the name, in the order of the wire. A later option (owners, devices, hard links)
 * adds a line here and its flags above. */
struct entry_state {
	const struct flist_writer *w;
	const struct flist_entry *it;
	size_t index;
	uint32_t flags;
};

static bool
always(const struct entry_state *s)
{
	(void)s;
	return true;
}

static bool
has_mtime(const struct entry_state *s)
{
	return (s->flags & X_SAME_TIME) == 0;
}

static bool
has_nsec(const struct entry_state *s)
{
	return (s->flags & X_NSEC) != 0;
}

static bool
has_mode(const struct entry_state *s)
{
	return (s->flags & X_SAME_MODE) == 0;
}

static bool
has_target(const struct entry_state *s)
{
	return s->w->links && flist_is_link(s->it);
}

static bool
has_sum(const struct entry_state *s)
{
	return s->w->sums && flist_is_reg(s->it);
}

static int
put_size(const struct entry_state *s, struct buf *out, struct err *e)
{
	return wire_put_varlong(out, s->it->size, 3, e);
}

static int
put_mtime(const struct entry_state *s, struct buf *out, struct err *e)
{
	return wire_put_varlong(out, s->it->mtime, 4, e);
}

static int
put_nsec(const struct entry_state *s, struct buf *out, struct err *e)
{
	return wire_put_varint(out, s->it->nsec, e);
}

static int
put_mode(const struct entry_state *s, struct buf *out, struct err *e)
{
	return wire_put_le32(out, s->it->mode, e);
}

static int
put_target(const struct entry_state *s, struct buf *out, struct err *e)
{
	size_t n = strlen(s->it->target);

	if (wire_put_varint(out, (uint32_t)n, e) == -1)
		return -1;
	return buf_add(out, s->it->target, n, e);
}

static int
put_sum(const struct entry_state *s, struct buf *out, struct err *e)
{
	return buf_add(out, s->w->list->sums[s->w->kind][s->index], CHECKSUM_LEN, e);
}

static const struct {
	bool (*present)(const struct entry_state *);
	int (*put)(const struct entry_state *, struct buf *, struct err *);
} fields[] = {
	{always, put_size}, {has_mtime, put_mtime},   {has_nsec, put_nsec},
	{has_mode, put_mode}, {has_target, put_target}, {has_sum, put_sum},
};

int
flist_write_entry(struct flist_writer *w, size_t index, struct buf *out, struct err *e)
{
	const struct flist_entry *it = &w->list->entries[index];
	size_t prefix = shared_prefix(w->prev_name == NULL ? "" : w->prev_name, it->name);
	struct entry_state s = {w, it, index, entry_flags(w, it, prefix)};
	size_t i;

	if (put_flags(w, s.flags, out, e) == -1 || put_name(it, s.flags, prefix, out, e) == -1)
		return -1;
	for (i = 0; i < sizeof fields / sizeof fields[0]; i++)
		if (fields[i].present(&s) && fields[i].put(&s, out, e) == -1)
			return -1;
	w->prev_name = it->name;
	w->prev_mode = it->mode;
	w->prev_mtime = it->mtime;
	return 0;
}

int
flist_write_end(const struct flist_writer *w, struct buf *out, struct err *e)
{
	uint32_t errors = w->safe_end ? w->list->io_errors : 0;

	if (w->varint_flags) {
		if (buf_byte(out, 0, e) == -1)
			return -1;
		return wire_put_varint(out, errors, e);
	}
	if (errors == 0)
		return buf_byte(out, 0, e);
	if (wire_put_le16(out, X_EXTENDED | X_ERROR_END, e) == -1)
		return -1;
	return wire_put_varint(out, errors, e);
}
