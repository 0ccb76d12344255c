/* SPDX-License-Identifier: MIT */
#include "rsync-push/push_json.h"

#include <inttypes.h>
#include <string.h>

#include "lib/base/text.h"

/* text_json's sign for a byte that is not UTF-8. In a name it can also stand for "\ufffd" itself: then
 * the hex is needless, and right. */
#define NOT_UTF8 "\\ufffd"

static int
put_text(struct buf *out, const char *key, const void *text, size_t n, struct err *e)
{
	if (buf_fmt(out, e, "\"%s\":", key) == -1)
		return -1;
	return text_json(out, text, n, e);
}

static int
put_hex(struct buf *out, const uint8_t *p, size_t n, struct err *e)
{
	size_t i;

	if (buf_str(out, ",\"name_hex\":\"", e) == -1)
		return -1;
	for (i = 0; i < n; i++)
		if (buf_fmt(out, e, "%02x", p[i]) == -1)
			return -1;
	return buf_byte(out, '"', e);
}

static int
put_entry(struct buf *out, const char *host, const char *letters, const void *name, size_t n,
          struct err *e)
{
	const char *written;
	size_t start;

	if (buf_byte(out, '{', e) == -1 || put_text(out, "host", host, strlen(host), e) == -1 ||
	    buf_byte(out, ',', e) == -1 || put_text(out, "item", letters, strlen(letters), e) == -1 ||
	    buf_byte(out, ',', e) == -1)
		return -1;
	start = out->len;
	if (put_text(out, "name", name, n, e) == -1 || (written = buf_cstr(out, e)) == NULL)
		return -1;
	return strstr(written + start, NOT_UTF8) == NULL ? 0 : put_hex(out, name, n, e);
}

int
push_json_item(const char *host, const struct item *it, bool times, struct buf *out, struct err *e)
{
	const struct flist_entry *entry = it->entry;
	char letters[ITEMIZE_LEN];

	itemize(it, times, letters);
	if (put_entry(out, host, letters, entry->name, strlen(entry->name), e) == -1 ||
	    buf_fmt(out, e, ",\"size\":%" PRId64, entry->size) == -1)
		return -1;
	if (flist_is_link(entry) &&
	    (buf_byte(out, ',', e) == -1 ||
	     put_text(out, "target", entry->target, strlen(entry->target), e) == -1))
		return -1;
	return buf_byte(out, '}', e);
}

int
push_json_deleted(const char *host, const uint8_t *name, size_t n, bool is_dir, struct buf *out,
                  struct err *e)
{
	if (put_entry(out, host, "*deleting", name, n, e) == -1)
		return -1;
	return buf_str(out, is_dir ? ",\"dir\":true}" : ",\"dir\":false}", e);
}
