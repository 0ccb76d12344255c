/* SPDX-License-Identifier: MIT */
#include "rsync-push/push_format.h"

#include <inttypes.h>
#include <string.h>

#include "lib/base/text.h"

#define ESCAPES "inLloh%"
#define DELETING "*deleting  " /* as wide as the letters of an item */

int
push_format_check(const char *format, struct err *e)
{
	const char *at;

	for (at = format; (at = strchr(at, '%')) != NULL; at += 2)
		if (at[1] == '\0' || strchr(ESCAPES, at[1]) == NULL) {
			(void)err_set(e, ERR_USAGE, "an escape is unknown", "read --out-format '%s'", format);
			return err_hint(e, "known are %%i %%n %%L %%l %%o %%h %%%%");
		}
	return 0;
}

static bool
has_escape(const char *format, char letter)
{
	const char *at;

	for (at = format; (at = strchr(at, '%')) != NULL; at += 2)
		if (at[1] == letter)
			return true;
	return false;
}

bool
push_format_itemizes(const char *format)
{
	return has_escape(format, 'i');
}

bool
push_format_wants(const char *format, const struct item *it)
{
	if (itemize_silent(it))
		return false;
	return push_format_itemizes(format) || flist_is_dir(it->entry) ||
	       (it->iflags & (ITEM_TRANSFER | ITEM_LOCAL | ITEM_NEW)) != 0;
}

/* What the escapes of one line stand for. */
struct values {
	const char *letters;
	const char *name;
	const char *suffix;
	const char *operation;
	const char *host;
	int64_t size;
};

static int
put_escape(char escape, const struct values *v, struct buf *out, struct err *e)
{
	switch (escape) {
	case 'i':
		return buf_str(out, v->letters, e);
	case 'n':
		return buf_str(out, v->name, e);
	case 'L':
		return buf_str(out, v->suffix, e);
	case 'l':
		return buf_fmt(out, e, "%" PRId64, v->size);
	case 'o':
		return buf_str(out, v->operation, e);
	case 'h':
		return buf_str(out, v->host, e);
	default: /* push_format_check has left "%%" */
		return buf_byte(out, '%', e);
	}
}

static int
put_line(const char *format, const struct values *v, struct buf *out, struct err *e)
{
	for (; *format != '\0'; format++) {
		int ret = *format == '%' ? put_escape(*++format, v, out, e)
		                         : buf_byte(out, (uint8_t)*format, e);

		if (ret == -1)
			return -1;
	}
	return 0;
}

int
push_format_item(const char *format, const char *host, const struct item *it, bool times,
                 struct buf *out, struct err *e)
{
	struct flist_entry bare_entry = *it->entry;
	struct item bare = *it;
	char letters[ITEMIZE_LEN];
	struct values v = { .letters = letters, .operation = "send", .host = host };
	struct buf name = { 0 };
	struct buf full = { 0 };
	int ret = -1;

	/* The name alone: of the entry without its link target and the server's name for it. */
	bare.entry = &bare_entry;
	bare.xname_len = 0;
	bare_entry.target = NULL;
	if (flist_is_link(it->entry))
		bare_entry.mode = FLIST_REG;
	itemize(it, times, letters);
	v.size = it->entry->size;
	if (itemize_name(&bare, &name, e) == 0 && itemize_name(it, &full, e) == 0 &&
	    (v.name = buf_cstr(&name, e)) != NULL && (v.suffix = buf_cstr(&full, e)) != NULL) {
		v.suffix += name.len;
		ret = put_line(format, &v, out, e);
	}
	buf_free(&name);
	buf_free(&full);
	return ret;
}

int
push_format_deleted(const char *format, const char *host, const uint8_t *name, size_t n,
                    bool is_dir, struct buf *out, struct err *e)
{
	struct values v = { .letters = DELETING, .suffix = "", .operation = "del.", .host = host };
	struct buf path = { 0 };
	int ret = -1;

	if (!has_escape(format, 'i') && !has_escape(format, 'o'))
		format = "deleting %n";
	if (text_escape(&path, name, n, false, e) == 0 &&
	    (!is_dir || buf_byte(&path, '/', e) == 0) && (v.name = buf_cstr(&path, e)) != NULL)
		ret = put_line(format, &v, out, e);
	buf_free(&path);
	return ret;
}
