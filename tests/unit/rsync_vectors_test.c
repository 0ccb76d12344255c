/* SPDX-License-Identifier: MIT */
/* Recorded sessions between a stock client and stock servers (tests/vectors/rsync): given the
 * server's recorded bytes and the same tree, the sender must say what the stock client said. */
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <zstd.h>

#include "lib/rsync/request.h"
#include "lib/rsync/sender.h"

#define FOLDER "tests/vectors/rsync/"
#define N_MAX 2000

struct vector {
	struct buf c2s;
	struct buf s2c;
	struct buf contents;
	struct rsync_options o;
	struct flist list;
	char *lines; /* the manifest; strings point into it */
	const char *rules[8];
	const char *sum;
	int protocol;
	int exit_status;
	size_t cuts[16];
	size_t n_cuts;
	/* by order of adding, then by index: */
	size_t offset[N_MAX];
	int64_t size[N_MAX]; /* -1: unreadable, -2: not known */
	size_t at[N_MAX];    /* index -> order of adding */
	size_t n;
	/* the open file */
	const uint8_t *next;
	size_t left;
	int kept_errno;
};

static void
vector_free(struct vector *v)
{
	buf_free(&v->c2s);
	buf_free(&v->s2c);
	buf_free(&v->contents);
	flist_free(&v->list);
	free(v->lines);
	free(v);
}

static bool
slurp(struct buf *out, const char *folder, const char *name)
{
	char path[256];
	struct err e;
	FILE *f;
	int c;

	(void)snprintf(path, sizeof path, FOLDER "%s/%s", folder, name);
	f = fopen(path, "rb");
	if (f == NULL)
		return unit_fail(__FILE__, __LINE__, "cannot open %s", path);
	while ((c = getc(f)) != EOF)
		if (buf_byte(out, (uint8_t)c, &e) == -1)
			return false;
	return fclose(f) == 0;
}

static bool
add_entry(struct vector *v, char *rest)
{
	struct flist_entry it = {0};
	char *field[6] = {NULL};
	struct err e;
	size_t i;

	for (i = 0; i < 6 && rest != NULL; i++) {
		field[i] = rest;
		rest = strchr(rest, '\t');
		if (rest != NULL)
			*rest++ = '\0';
	}
	if (field[5] == NULL || v->n == N_MAX)
		return false;
	it.mode = (uint32_t)strtoul(field[0], NULL, 8);
	it.size = strtoll(field[1], NULL, 10);
	it.mtime = strtoll(field[2], NULL, 10);
	it.nsec = (uint32_t)strtoul(field[3], NULL, 10);
	it.marks = (uint8_t)((strchr(field[4], 'T') ? FLIST_TOP_DIR : 0) |
	                     (strchr(field[4], 'N') ? FLIST_NO_CONTENT : 0));
	it.name = field[5];
	it.root = (uint32_t)v->n;
	v->size[v->n++] = -2;
	return flist_add(&v->list, &it, &e) == 0;
}

static bool
set_option(struct rsync_options *o, const char *name)
{
	const struct {
		const char *name;
		bool *flag;
	} flags[] = {
		{"recurse", &o->recurse}, {"links", &o->links},       {"perms", &o->perms},
		{"times", &o->times},     {"checksum", &o->checksum}, {"dry-run", &o->dry_run},
	};
	size_t i;

	for (i = 0; i < sizeof flags / sizeof flags[0]; i++)
		if (strcmp(flags[i].name, name) == 0)
			return *flags[i].flag = true;
	if (strcmp(name, "delete") != 0)
		return false;
	o->del = true;
	return true;
}

static bool
manifest_line(struct vector *v, const char *folder, char *key, char *rest)
{
	if (strcmp(key, "option") == 0)
		return set_option(&v->o, rest);
	if (strcmp(key, "entry") == 0)
		return add_entry(v, rest);
	if (strcmp(key, "content") == 0) {
		v->offset[v->n - 1] = (size_t)strtoull(rest, &rest, 10);
		v->size[v->n - 1] = strtoll(rest, NULL, 10);
	} else if (strcmp(key, "unreadable") == 0) {
		v->size[v->n - 1] = -1;
	} else if (strcmp(key, "contents") == 0) {
		return slurp(&v->contents, folder, rest);
	} else if (strcmp(key, "cut") == 0) {
		v->cuts[v->n_cuts++] = (size_t)strtoull(rest, NULL, 10);
	} else if (strcmp(key, "compress") == 0) {
		v->o.use_compress = strcmp(rest, "zlibx") == 0 ? USE_COMPRESS_ZLIBX
		                                               : USE_COMPRESS_NEGOTIATED;
	} else if (strcmp(key, "offer-checksums") == 0) {
		v->o.offer_checksums = rest;
	} else if (strcmp(key, "offer-compress") == 0) {
		v->o.offer_compress = rest;
	} else if (strcmp(key, "rule") == 0) {
		v->rules[v->o.n_rules++] = rest;
	} else if (strcmp(key, "errors") == 0) {
		v->list.io_errors = (uint32_t)strtoul(rest, NULL, 10);
	} else if (strcmp(key, "protocol") == 0) {
		v->protocol = atoi(rest);
	} else if (strcmp(key, "sum") == 0) {
		v->sum = rest;
	} else if (strcmp(key, "exit") == 0) {
		v->exit_status = atoi(rest);
	} else {
		return false;
	}
	return true;
}

static struct vector *
vector_load(const char *folder)
{
	struct vector *v = calloc(1, sizeof *v);
	struct buf text = {0};
	struct err e;
	char *line;
	size_t i;

	options_init(&v->o);
	v->o.dest = "dst/";
	v->o.rules = v->rules;
	if (!slurp(&text, folder, "manifest") || !slurp(&v->c2s, folder, "c2s.bin") ||
	    !slurp(&v->s2c, folder, "s2c.bin") || buf_byte(&text, '\0', &e) == -1)
		return v;
	v->lines = strdup((char *)text.bytes);
	buf_free(&text);
	for (line = strtok(v->lines, "\n"); line != NULL; line = strtok(NULL, "\n")) {
		char *rest = strchr(line, '\t');

		if (line[0] == '#')
			continue;
		if (rest != NULL)
			*rest++ = '\0';
		if (!manifest_line(v, folder, line, rest))
			(void)unit_fail(__FILE__, __LINE__, "%s: bad line: %s", folder, line);
	}
	CHECK_INT(flist_seal(&v->list, FLIST_AS_ADDED, &e), 0);
	CHECK_INT(v->list.n, v->n);
	for (i = 0; i < v->list.n; i++)
		v->at[i] = v->list.entries[i].root;
	return v;
}

static int
file_open(void *ctx, size_t index, int64_t *size)
{
	struct vector *v = ctx;
	size_t at = v->at[index];

	if (v->size[at] < 0) {
		errno = EACCES;
		return -1;
	}
	v->next = v->contents.bytes + v->offset[at];
	v->left = (size_t)v->size[at];
	*size = v->size[at];
	return 0;
}

static int64_t
file_read(void *ctx, uint8_t *p, size_t n)
{
	struct vector *v = ctx;

	if (n > v->left)
		n = v->left;
	memcpy(p, v->next, n);
	v->next += n;
	v->left -= n;
	return (int64_t)n;
}

static bool
file_close(void *ctx)
{
	(void)ctx;
	return true;
}

static const struct sender_calls calls = {file_open, file_read, file_close, NULL, NULL, NULL};

static void
sum_files(struct vector *v, enum checksum_kind kind)
{
	struct err e;
	size_t i;

	REQUIRE(flist_need_sums(&v->list, kind, &e) == 0);
	for (i = 0; i < v->list.n; i++) {
		size_t at = v->at[i];

		if (flist_is_reg(&v->list.entries[i]))
			checksum_of(kind, v->contents.bytes + v->offset[at], (size_t)v->size[at],
			            v->list.sums[kind][i]);
	}
}

/* Give the sender the recorded bytes, in the recorded pieces or in pieces of `each` bytes. */
static void
play(struct vector *v, size_t each, struct buf *out)
{
	struct err e = {0};
	struct sender *s = sender_new(&v->o, &v->list, &calls, v, &e);
	struct buf in = {0};
	struct buf part = {0};
	size_t fed = 0;
	size_t k = 0;
	int got;

	REQUIRE(s != NULL);
	for (;;) {
		while ((got = sender_step(s, &in, &part, &e)) == 1)
			continue;
		if (part.len > 0)
			CHECK_INT(buf_add(out, part.bytes, part.len, &e), 0);
		buf_clear(&part);
		if (got == -1) {
			(void)unit_fail(__FILE__, __LINE__, "%s: %s", e.what, e.why);
			break;
		}
		if (sender_state(s) == AWAIT_SUMS) {
			sum_files(v, sender_sum_kind(s));
			sender_sums_ready(s);
		} else if (sender_state(s) != SENDING_FILE && sender_state(s) != SENDING_LIST) {
			size_t to = fed + each;

			if (fed == v->s2c.len)
				break;
			if (each == 0)
				to = k < v->n_cuts ? v->cuts[k++] : v->s2c.len;
			if (to > v->s2c.len)
				to = v->s2c.len;
			CHECK_INT(buf_add(&in, v->s2c.bytes + fed, to - fed, &e), 0);
			fed = to;
		}
	}
	CHECK_STR(checksum_name(sender_sum_kind(s)), v->sum);
	CHECK_INT(sender_protocol(s), v->protocol);
	CHECK_INT(sender_state(s), v->exit_status == 11 ? REFUSED : AWAIT_EOF);
	CHECK_INT(sender_finish(s, v->exit_status, &e), v->exit_status == 0 ? 0 : -1);
	sender_free(s);
	buf_free(&in);
	buf_free(&part);
}

/* Bytes of the client's handshake: version and, if negotiated, its offers. */
static size_t
handshake_len(const struct vector *v)
{
	size_t n = 4;

	if (v->o.offer_checksums != NULL)
		n += 1 + strlen(v->o.offer_checksums);
	if (v->o.offer_compress != NULL)
		n += 1 + strlen(v->o.offer_compress);
	return n;
}

/* Split into stream data and messages; what comes before the first frame counts as data. */
static void
demux(const struct buf *raw, size_t head, struct buf *data, struct buf *messages)
{
	size_t at = head;
	struct mux_hdr h;
	struct err e;

	CHECK_INT(buf_add(data, raw->bytes, head, &e), 0);
	while (at < raw->len) {
		struct buf *to = data;

		REQUIRE(mux_decode(raw->bytes + at, raw->len - at, &h) == 1);
		REQUIRE(raw->len - at - MUX_HDR_LEN >= h.len);
		if (h.kind != MUX_DATA) {
			to = messages;
			CHECK_INT(buf_add(to, raw->bytes + at, MUX_HDR_LEN, &e), 0);
		}
		at += MUX_HDR_LEN;
		CHECK_INT(buf_add(to, raw->bytes + at, h.len, &e), 0);
		at += h.len;
	}
}

static void
check_bytes(const char *what, const struct buf *got, const struct buf *want)
{
	CHECK_INT(got->len, want->len);
	if (got->len == want->len && got->len > 0)
		CHECK_MEM(got->bytes, want->bytes, got->len);
	if (unit_this_failed)
		printf("# in: %s\n", what);
}

static void
check_demuxed(const struct vector *v, const char *name, const struct buf *out)
{
	struct buf got[2] = {{0}, {0}};
	struct buf want[2] = {{0}, {0}};

	demux(out, handshake_len(v), &got[0], &got[1]);
	demux(&v->c2s, handshake_len(v), &want[0], &want[1]);
	check_bytes(name, &got[0], &want[0]);
	check_bytes(name, &got[1], &want[1]);
	buf_free(&got[0]);
	buf_free(&got[1]);
	buf_free(&want[0]);
	buf_free(&want[1]);
}

/* Take one file's compressed tokens and sum from r to out, with the literals decompressed. */
static void
inflate_file(struct rd *r, ZSTD_DStream *z, struct buf *out)
{
	static uint8_t plain[131072];
	const uint8_t *p;
	struct err e;
	uint8_t b;
	uint8_t low;

	for (;;) {
		REQUIRE(rd_u8(r, &b));
		if ((b & 0xc0) == 0x40) { /* a piece of compressed data */
			ZSTD_inBuffer in = {NULL, 0, 0};

			REQUIRE(rd_u8(r, &low) && rd_bytes(r, (size_t)(b & 0x3f) << 8 | low, &p));
			in.src = p;
			in.size = (size_t)(b & 0x3f) << 8 | low;
			while (in.pos < in.size) {
				ZSTD_outBuffer to = {plain, sizeof plain, 0};

				REQUIRE(!ZSTD_isError(ZSTD_decompressStream(z, &to, &in)));
				CHECK_INT(buf_add(out, plain, to.pos, &e), 0);
			}
			continue;
		}
		/* a block (0x80), a run of them (0xc0: 2 bytes follow), or the end */
		REQUIRE(b == 0 || (b & 0x80) != 0);
		REQUIRE(rd_bytes(r, b == 0 ? CHECKSUM_LEN : (b & 0x40) != 0 ? 2 : 0, &p));
		CHECK_INT(buf_byte(out, b, &e), 0);
		CHECK_INT(buf_add(out, p, b == 0 ? CHECKSUM_LEN : (b & 0x40) != 0 ? 2 : 0, &e), 0);
		if (b == 0)
			return;
	}
}

/* The stream data with the files' literals decompressed: libraries of different versions compress
 * differently. The first frame is the list. */
static void
inflate(const struct vector *v, const struct buf *raw, struct buf *out)
{
	struct buf data = {0};
	struct buf messages = {0};
	ZSTD_DStream *z = ZSTD_createDStream();
	struct wire_ndx ndx_in;
	struct wire_ndx ndx_out;
	struct mux_hdr list;
	struct request q;
	struct err e;
	struct rd r;
	const uint8_t *p;
	const char *why;
	size_t head = handshake_len(v);

	wire_ndx_init(&ndx_in);
	wire_ndx_init(&ndx_out);
	demux(raw, head, &data, &messages);
	CHECK_INT(messages.len, 0);
	CHECK_INT(mux_decode(raw->bytes + head, raw->len - head, &list), 1);
	r = rd_of(data.bytes, data.len);
	REQUIRE(rd_bytes(&r, head + list.len, &p));
	CHECK_INT(buf_add(out, p, head + list.len, &e), 0);
	while (r.left > 0) {
		REQUIRE(request_read(&r, &ndx_in, true, &q, &why) == 1);
		if (q.index == NDX_DONE) {
			CHECK_INT(buf_byte(out, 0, &e), 0);
			continue;
		}
		CHECK_INT(request_write(&q, &ndx_out, out, &e), 0);
		if (q.has_head)
			inflate_file(&r, z, out);
	}
	buf_free(&data);
	buf_free(&messages);
	(void)ZSTD_freeDStream(z);
}

/* How the sender's bytes equal the recorded ones. */
enum equality {
	RAW,     /* every byte */
	FRAMED,  /* every byte of data and messages; frames are cut elsewhere (README says why) */
	INFLATED, /* every byte of what the compressed literals and all else stand for */
	ANSWERED /* every byte, and then our answer to ERROR_EXIT, which the recorded client left out */
};

static void
check_vector(const char *name, enum equality how)
{
	struct vector *v = vector_load(name);
	struct buf out = {0};

	if (unit_this_failed == 0)
		play(v, 0, &out);
	switch (how) {
	case RAW:
		check_bytes(name, &out, &v->c2s);
		break;
	case ANSWERED:
		REQUIRE(out.len == v->c2s.len + MUX_HDR_LEN);
		CHECK_MEM(out.bytes + v->c2s.len, "\0\0\0\x5d", MUX_HDR_LEN);
		CHECK_MEM(out.bytes, v->c2s.bytes, v->c2s.len);
		break;
	case INFLATED: {
		struct buf got = {0};
		struct buf want = {0};

		inflate(v, &out, &got);
		inflate(v, &v->c2s, &want);
		check_bytes(name, &got, &want);
		CHECK(got.len > 2 * out.len);
		buf_free(&got);
		buf_free(&want);
		break;
	}
	case FRAMED:
		CHECK(out.len != v->c2s.len || memcmp(out.bytes, v->c2s.bytes, out.len) != 0);
		check_demuxed(v, name, &out);
		break;
	}
	if (how == RAW || how == FRAMED) {
		buf_clear(&out);
		play(v, 1, &out);
		check_demuxed(v, name, &out);
	}
	buf_free(&out);
	vector_free(v);
}

#define VECTOR(test, name, how)      \
	TEST(test)                   \
	{                            \
		check_vector(name, how); \
	}
VECTOR(small_tree_md5, "01-small-p31-md5", RAW)
VECTOR(small_tree_xxh128, "02-small-p32-xxh128", RAW)
VECTOR(many_files, "07-many-p32", FRAMED)
VECTOR(delta_plain, "08-delta-plain-p32", FRAMED)
VECTOR(delta_zstd, "09-delta-zstd-p32", INFLATED)
VECTOR(delta_zlibx, "11-delta-zlibx-p32", RAW)
VECTOR(copy_dest, "14-copy-dest-p32", RAW)
VECTOR(link_dest, "15-link-dest-p31-md5", RAW)
VECTOR(dry_run, "17-dry-run-p32", RAW)
VECTOR(refused, "19-error-mkdir-p32", ANSWERED)
VECTOR(unreadable, "21-unreadable-p32", FRAMED)
VECTOR(max_delete, "22-max-delete-p32", RAW)
VECTOR(delete_after_delay, "24-partial-delay-p31-md5", FRAMED)
VECTOR(md5_offer, "25-md5-only-offer-p32", RAW)

int
main(void)
{
	RUN(small_tree_md5);
	RUN(small_tree_xxh128);
	RUN(many_files);
	RUN(delta_plain);
	RUN(delta_zstd);
	RUN(delta_zlibx);
	RUN(copy_dest);
	RUN(link_dest);
	RUN(dry_run);
	RUN(refused);
	RUN(unreadable);
	RUN(max_delete);
	RUN(delete_after_delay);
	RUN(md5_offer);
	return unit_done();
}
