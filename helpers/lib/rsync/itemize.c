/* SPDX-License-Identifier: MIT */
#include "lib/rsync/itemize.h"

#include <string.h>

#include "lib/base/text.h"

/* What makes an item worth a line: anything but how it was carried out. */
#define INSIGNIFICANT (ITEM_BASIS_FOLLOWS | ITEM_XNAME_FOLLOWS | ITEM_LOCAL)

bool
itemize_silent(const struct item *it)
{
	return (it->iflags & ~INSIGNIFICANT & 0xffffu) == 0;
}

static char
update_letter(const struct item *it)
{
	if (it->iflags & ITEM_TRANSFER)
		return '<';
	if ((it->iflags & ITEM_LOCAL) && (it->iflags & ITEM_XNAME_FOLLOWS))
		return 'h';
	return it->iflags & ITEM_LOCAL ? 'c' : '.';
}

static char
type_letter(const struct item *it)
{
	if (flist_is_dir(it->entry))
		return 'd';
	return flist_is_link(it->entry) ? 'L' : 'f';
}

static char
time_letter(const struct item *it, bool times)
{
	bool link_time_fails = flist_is_link(it->entry) && (it->iflags & ITEM_SIZE) != 0;

	if ((it->iflags & ITEM_TIME) == 0)
		return '.';
	return times && !link_time_fails ? 't' : 'T';
}

static char
letter(const struct item *it, unsigned flag, char c)
{
	return (it->iflags & flag) != 0 ? c : '.';
}

void
itemize(const struct item *it, bool times, char out[ITEMIZE_LEN])
{
	bool atime = (it->iflags & ITEM_ATIME) != 0;
	bool crtime = (it->iflags & ITEM_CRTIME) != 0;

	out[0] = update_letter(it);
	out[1] = type_letter(it);
	out[2] = letter(it, ITEM_CONTENT, 'c');
	out[3] = flist_is_link(it->entry) ? '.' : letter(it, ITEM_SIZE, 's');
	out[4] = time_letter(it, times);
	out[5] = letter(it, ITEM_PERMS, 'p');
	out[6] = letter(it, ITEM_OWNER, 'o');
	out[7] = letter(it, ITEM_GROUP, 'g');
	out[8] = atime && crtime ? 'b' : atime ? 'u' : crtime ? 'n' : '.';
	out[9] = letter(it, ITEM_ACL, 'a');
	out[10] = letter(it, ITEM_XATTR, 'x');
	out[11] = '\0';
	if (it->iflags & ITEM_NEW)
		memset(out + 2, '+', 9);
	else if (out[0] != '<' && strcmp(out + 2, ".........") == 0)
		memset(out + 2, ' ', 9);
}

int
itemize_name(const struct item *it, struct buf *out, struct err *e)
{
	const struct flist_entry *entry = it->entry;

	if (text_escape(out, entry->name, strlen(entry->name), false, e) == -1)
		return -1;
	if (flist_is_dir(entry))
		return buf_str(out, "/", e);
	if (flist_is_link(entry)) {
		if (buf_str(out, " -> ", e) == -1)
			return -1;
		return text_escape(out, entry->target, strlen(entry->target), false, e);
	}
	if ((it->iflags & ITEM_XNAME_FOLLOWS) && it->xname_len > 0) {
		if (buf_str(out, " => ", e) == -1)
			return -1;
		return text_escape(out, it->xname, it->xname_len, false, e);
	}
	return 0;
}
