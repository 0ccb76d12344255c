/* SPDX-License-Identifier: MIT */
#include "lib/rsync/flist.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"

void
flist_free(struct flist *l)
{
	size_t i;

	for (i = 0; i < l->n; i++) {
		free((void *)(uintptr_t)l->entries[i].name);
		free((void *)(uintptr_t)l->entries[i].target);
	}
	free(l->entries);
	free(l->order);
	for (i = 0; i < CHECKSUM_KINDS; i++)
		free(l->sums[i]);
	memset(l, 0, sizeof *l);
}

bool
flist_is_reg(const struct flist_entry *entry)
{
	return (entry->mode & FLIST_TYPE) == FLIST_REG;
}

bool
flist_is_dir(const struct flist_entry *entry)
{
	return (entry->mode & FLIST_TYPE) == FLIST_DIR;
}

bool
flist_is_link(const struct flist_entry *entry)
{
	return (entry->mode & FLIST_TYPE) == FLIST_LINK;
}

/* Receivers end the whole session at a name that they hold unsafe, so none is ever sent. */
const char *
flist_name_fault(const char *name)
{
	const char *at = name;

	if (*name == '\0')
		return "the name is empty";
	if (strlen(name) > FLIST_NAME_MAX)
		return "the path is too long";
	if (strcmp(name, ".") == 0)
		return NULL;
	for (;;) {
		size_t n = strcspn(at, "/");

		if (n == 0)
			return "the path has an empty component";
		if (n == 1 && at[0] == '.')
			return "the path has a . component";
		if (n == 2 && at[0] == '.' && at[1] == '.')
			return "the path has a .. component";
		if (at[n] == '\0')
			return NULL;
		at += n + 1;
	}
}

static const char *
entry_fault(const struct flist_entry *entry)
{
	const char *why = flist_name_fault(entry->name);

	if (why != NULL)
		return why;
	if (!flist_is_reg(entry) && !flist_is_dir(entry) && !flist_is_link(entry))
		return "not a file, directory or symbolic link";
	if (!flist_is_dir(entry) && strcmp(entry->name, ".") == 0)
		return "the root is not a directory";
	if (flist_is_link(entry) != (entry->target != NULL))
		return "a target belongs to symbolic links only";
	if (entry->target != NULL && *entry->target == '\0')
		return "the link has an empty target";
	if (entry->target != NULL && strlen(entry->target) > FLIST_NAME_MAX)
		return "the link's target is too long";
	if (entry->nsec > 999999999u || entry->size < 0)
		return "size or time out of range";
	return NULL;
}

static int
grow(struct flist *l, struct err *e)
{
	size_t cap = l->cap == 0 ? 64 : l->cap * 2;
	struct flist_entry *more;

	if (l->n < l->cap)
		return 0;
	if (l->n >= INT32_MAX / 2)
		return err_set(e, ERR_LOCAL, "too many files", "list %zu files", l->n);
	more = realloc(l->entries, cap * sizeof *more);
	if (more == NULL)
		return err_set(e, ERR_LOCAL, NULL, "list %zu files", cap);
	l->entries = more;
	l->cap = cap;
	return 0;
}

int
flist_add(struct flist *l, const struct flist_entry *entry, struct err *e)
{
	const char *why = entry_fault(entry);
	struct flist_entry copy = *entry;

	if (why != NULL)
		return err_set(e, ERR_LOCAL, why, "send '%s'", entry->name);
	if (grow(l, e) == -1)
		return -1;
	copy.name = text_dup(entry->name, strlen(entry->name), e);
	if (copy.name == NULL)
		return -1;
	if (entry->target != NULL) {
		copy.target = text_dup(entry->target, strlen(entry->target), e);
		if (copy.target == NULL) {
			free((void *)(uintptr_t)copy.name);
			return -1;
		}
	}
	l->entries[l->n++] = copy;
	return 0;
}

/* One component of a path and whether it stands for a directory. */
struct part {
	const char *at;
	size_t len;
	bool is_dir;
};

static struct part
first_part(const char *at, bool leaf_is_dir)
{
	struct part p = {at, strcspn(at, "/"), leaf_is_dir};

	if (at[p.len] == '/')
		p.is_dir = true;
	return p;
}

/* Bytes, a directory's name taken with its slash; the shorter first. */
static int
compare_parts(const struct part *a, const struct part *b)
{
	size_t n = a->len < b->len ? a->len : b->len;
	int d = memcmp(a->at, b->at, n);
	int next_a;
	int next_b;

	if (d != 0)
		return d;
	next_a = a->len > n ? (unsigned char)a->at[n] : a->is_dir ? '/' : -1;
	next_b = b->len > n ? (unsigned char)b->at[n] : b->is_dir ? '/' : -1;
	if (next_a != next_b)
		return next_a - next_b;
	return (a->len > b->len) - (a->len < b->len);
}

int
flist_compare(const struct flist_entry *a, const struct flist_entry *b)
{
	const char *x = strcmp(a->name, ".") == 0 ? "" : a->name;
	const char *y = strcmp(b->name, ".") == 0 ? "" : b->name;

	while (*x != '\0' && *y != '\0') {
		struct part p = first_part(x, flist_is_dir(a));
		struct part q = first_part(y, flist_is_dir(b));
		int d;

		if (p.is_dir != q.is_dir)
			return p.is_dir ? 1 : -1;
		d = compare_parts(&p, &q);
		if (d != 0)
			return d;
		x += p.len + (x[p.len] == '/');
		y += q.len + (y[q.len] == '/');
	}
	return (*x != '\0') - (*y != '\0');
}

struct ranked {
	struct flist_entry entry;
	uint32_t added; /* place in the order of flist_add */
	bool dropped;
};

static int
by_name(const void *va, const void *vb)
{
	const struct ranked *a = va;
	const struct ranked *b = vb;
	int d = strcmp(a->entry.name, b->entry.name);

	if (d != 0)
		return d;
	if (flist_is_dir(&a->entry) != flist_is_dir(&b->entry))
		return flist_is_dir(&a->entry) ? -1 : 1;
	return (a->added > b->added) - (a->added < b->added);
}

static int
by_protocol(const void *va, const void *vb)
{
	const struct ranked *a = va;
	const struct ranked *b = vb;

	if (a->dropped != b->dropped)
		return a->dropped ? 1 : -1;
	return flist_compare(&a->entry, &b->entry);
}

/* all is sorted by_name. Of each name the first stays. Returns how many stay. */
static size_t
drop_doubles(struct ranked *all, size_t n)
{
	struct ranked *keep = NULL;
	size_t n_kept = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		if (keep == NULL || strcmp(keep->entry.name, all[i].entry.name) != 0) {
			keep = &all[i];
			n_kept++;
			continue;
		}
		all[i].dropped = true;
		if (flist_is_dir(&all[i].entry)) {
			keep->entry.marks |= all[i].entry.marks & FLIST_TOP_DIR;
			if ((all[i].entry.marks & FLIST_NO_CONTENT) == 0)
				keep->entry.marks &= (uint8_t)~FLIST_NO_CONTENT;
		}
	}
	return n_kept;
}

/* The transmission order: indices (places in `kept`) by rank of adding. */
static int
keep_order(struct flist *l, const struct ranked *kept, size_t n_kept, size_t n_added, struct err *e)
{
	uint32_t *index = malloc(n_added * sizeof *index + 1);
	size_t i;
	size_t k = 0;

	l->order = malloc(n_kept * sizeof *l->order + 1);
	if (index == NULL || l->order == NULL) {
		free(index);
		return err_set(e, ERR_LOCAL, NULL, "order %zu files", n_added);
	}
	for (i = 0; i < n_added; i++)
		index[i] = UINT32_MAX;
	for (i = 0; i < n_kept; i++)
		index[kept[i].added] = (uint32_t)i;
	for (i = 0; i < n_added; i++)
		if (index[i] != UINT32_MAX)
			l->order[k++] = index[i];
	free(index);
	return 0;
}

int
flist_seal(struct flist *l, enum flist_order order, struct err *e)
{
	struct ranked *all = calloc(l->n + 1, sizeof *all);
	size_t n_kept;
	size_t i;
	int ret = -1;

	if (all == NULL)
		return err_set(e, ERR_LOCAL, NULL, "sort %zu files", l->n);
	for (i = 0; i < l->n; i++) {
		all[i].entry = l->entries[i];
		all[i].added = (uint32_t)i;
	}
	qsort(all, l->n, sizeof *all, by_name);
	n_kept = drop_doubles(all, l->n);
	qsort(all, l->n, sizeof *all, by_protocol);
	if (order == FLIST_AS_ADDED && keep_order(l, all, n_kept, l->n, e) == -1)
		goto out;
	for (i = 0; i < l->n; i++) {
		if (i < n_kept) {
			l->entries[i] = all[i].entry;
			continue;
		}
		free((void *)(uintptr_t)all[i].entry.name);
		free((void *)(uintptr_t)all[i].entry.target);
	}
	l->n = n_kept;
	ret = 0;
out:
	free(all);
	return ret;
}

int
flist_need_sums(struct flist *l, enum checksum_kind kind, struct err *e)
{
	if (l->sums[kind] != NULL)
		return 0;
	l->sums[kind] = calloc(l->n + 1, CHECKSUM_LEN);
	if (l->sums[kind] == NULL)
		return err_set(e, ERR_LOCAL, NULL, "keep sums of %zu files", l->n);
	return 0;
}
