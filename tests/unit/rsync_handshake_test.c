/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "lib/rsync/handshake.h"

static struct err e;

/* Give all bytes, in pieces of `each`; returns the last step's result. */
static int
shake(struct handshake *h, const struct rsync_options *o, const void *bytes, size_t n, size_t each,
      struct buf *out)
{
	struct buf in = {0};
	size_t fed = 0;
	int got = 0;

	memset(&e, 0, sizeof e);
	CHECK_INT(handshake_start(h, o, out, &e), 0);
	while (fed < n && got != -1 && h->state != HS_DONE) {
		size_t k = n - fed < each ? n - fed : each;

		CHECK_INT(buf_add(&in, (const uint8_t *)bytes + fed, k, &e), 0);
		fed += k;
		while ((got = handshake_step(h, o, &in, out, &e)) == 1)
			continue;
	}
	buf_free(&in);
	return got;
}

TEST(agrees_with_a_server_of_today)
{
	static const char server[] = "\x20\0\0\0\x81\xfe\x23xxh128 xxh3 xxh64 md5 md4 sha1 none\xee\xb4\x1e\x6b";
	static const char said[] = "\x20\0\0\0\x0axxh128 md5";
	struct rsync_options o;
	struct handshake h;
	size_t each;

	options_init(&o);
	for (each = 1; each < 60; each += 7) {
		struct buf out = {0};

		CHECK_INT(shake(&h, &o, server, sizeof server - 1, each, &out), 0);
		CHECK_INT(h.state, HS_DONE);
		CHECK_INT(h.protocol, 32);
		CHECK_INT(h.compat, 0x1fe);
		CHECK_INT(h.checksum, CHECKSUM_XXH128);
		CHECK_INT(h.compress, COMPRESS_NONE);
		CHECK_INT((uint32_t)h.seed, 0x6b1eb4ee);
		CHECK_INT(out.len, sizeof said - 1);
		CHECK_MEM(out.bytes, said, sizeof said - 1);
		buf_free(&out);
	}
}

TEST(agrees_with_an_old_server)
{
	struct rsync_options o;
	struct handshake h;
	struct buf out = {0};

	options_init(&o);
	o.use_compress = USE_COMPRESS_ZLIBX;
	CHECK_INT(shake(&h, &o, "\x1f\0\0\0\x3e\xb6\xc8\x0c\x6b", 9, 1, &out), 0);
	CHECK_INT(h.state, HS_DONE);
	CHECK_INT(h.protocol, 31);
	CHECK_INT(h.checksum, CHECKSUM_MD5);
	CHECK_INT(h.compress, COMPRESS_ZLIBX);
	CHECK_INT(out.len, 4);
	buf_free(&out);
}

TEST(negotiates_compression)
{
	static const char server[] = "\x20\0\0\0\x81\xfe\x03md5\x15lz4 zlibx zlib none  ";
	struct rsync_options o;
	struct handshake h;
	struct buf out = {0};

	options_init(&o);
	o.protocol = 31;
	o.use_compress = USE_COMPRESS_NEGOTIATED;
	CHECK_INT(shake(&h, &o, server, sizeof server - 1, 100, &out), 0);
	CHECK_INT(h.state, HS_SEED);
	CHECK_INT(h.protocol, 31);
	CHECK_INT(h.checksum, CHECKSUM_MD5);
	CHECK_INT(h.compress, COMPRESS_ZLIBX);
	CHECK_MEM(out.bytes, "\x1f\0\0\0\x0axxh128 md5\x0azstd zlibx", 4 + 11 + 11);
	buf_free(&out);
	o.use_checksum = USE_CHECKSUM_XXH128;
	o.use_compress = USE_COMPRESS_ZSTD;
	CHECK_INT(shake(&h, &o, "\x20\0\0\0\x81\xfe\1\0\0\0", 10, 100, &out), 0);
	CHECK_INT(h.state, HS_DONE);
	CHECK_INT(h.checksum, CHECKSUM_XXH128);
	CHECK_INT(h.compress, COMPRESS_ZSTD);
	CHECK_INT(out.len, 4);
	buf_free(&out);
}

static void
check_refused(const char *bytes, size_t n, enum options_compress use, const char *why)
{
	struct rsync_options o;
	struct handshake h;
	struct buf out = {0};
	size_t each;

	options_init(&o);
	o.use_compress = use;
	for (each = 1; each <= n; each += n - 1) {
		CHECK_INT(shake(&h, &o, bytes, n, each, &out), -1);
		CHECK_INT(e.kind, ERR_PROTO);
		if (strstr(e.why, why) == NULL)
			CHECK_STR(e.why, why);
		buf_clear(&out);
	}
	buf_free(&out);
}

TEST(refuses_nonsense)
{
	static char huge[400] = "\x20\0\0\0\x81\xfe\x81\x80";

	check_refused("Welcome to web1!\n", 17, USE_COMPRESS_NONE, "Welc");
	check_refused("\x29\0\0\0", 4, USE_COMPRESS_NONE, "");
	check_refused("\x1d\0\0\0", 4, USE_COMPRESS_NONE, "30 is needed");
	check_refused("\x20\0\0\0\x82\x00", 6, USE_COMPRESS_NONE, "not known");
	check_refused("\x20\0\0\0\x0f", 5, USE_COMPRESS_NONE, "incremental");
	check_refused("\x20\0\0\0\xf8", 5, USE_COMPRESS_NONE, "malformed");
	check_refused("\x1f\0\0\0\x3e", 5, USE_COMPRESS_NEGOTIATED, "older than 3.2");
	check_refused(huge, sizeof huge, USE_COMPRESS_NONE, "too long");
	check_refused("\x20\0\0\0\x81\xfe\x08xxh3 md4", 15, USE_COMPRESS_NONE, "no name in common");
	check_refused("\x20\0\0\0\x81\xfe\x00", 7, USE_COMPRESS_NONE, "no name in common");
}

TEST(shows_what_a_login_script_printed)
{
	struct rsync_options o;
	struct handshake h;
	struct buf out = {0};

	options_init(&o);
	CHECK_INT(shake(&h, &o, "stdin: is not a tty\n\x1b[31m", 25, 100, &out), -1);
	CHECK_STR(e.why, "stdin: is not a tty\\x0a\\x1b[31m");
	CHECK(e.hint[0] != '\0');
	buf_free(&out);
}

TEST(chooses_our_best)
{
	char name[HANDSHAKE_NAME_MAX];

	CHECK(handshake_choose("a bb c", (const uint8_t *)"c BB", 4, name));
	CHECK_STR(name, "bb");
	CHECK(!handshake_choose("a bb", (const uint8_t *)"b aa", 4, name));
	CHECK(!handshake_choose("", (const uint8_t *)"", 0, name));
	CHECK(!handshake_choose("a", (const uint8_t *)"  ", 2, name));
	CHECK(handshake_choose("a", (const uint8_t *)"\0 a", 3, name));
}

int
main(void)
{
	RUN(agrees_with_a_server_of_today);
	RUN(agrees_with_an_old_server);
	RUN(negotiates_compression);
	RUN(refuses_nonsense);
	RUN(shows_what_a_login_script_printed);
	RUN(chooses_our_best);
	return unit_done();
}
