/* SPDX-License-Identifier: MIT */
/* The sender against the machine's own `rsync --server`: random trees, every protocol, checksum and
 * compression. Needs the rsync package. */
#include "unit.h"

#include "rsync_push.h"

static uint32_t seed;

static uint32_t
rnd(uint32_t below)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % below;
}

static char base[] = "/tmp/rsync_server_test.XXXXXX";

static char src[64];
static char dst[64];

__attribute__((format(printf, 1, 2))) static void
shell(const char *fmt, ...)
{
	char line[2048];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	CHECK_INT(system(line), 0);
}

/* Bytes that compress somewhat and do not repeat. */
static void
fill(uint8_t *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		p[i] = (uint8_t)(rnd(4) == 0 ? rnd(256) : 'a' + rnd(8));
}

static void
write_file(const char *path, const uint8_t *bytes, size_t n, mode_t mode)
{
	FILE *f = fopen(path, "wb");

	REQUIRE(f != NULL);
	CHECK(fwrite(bytes, 1, n, f) == n);
	CHECK_INT(fclose(f), 0);
	CHECK_INT(chmod(path, mode), 0);
}

#define FILE_MAX 400000u

/* One file in both trees: the same, changed in several ways, or in one of them only. */
static void
make_file(const char *from, const char *to)
{
	static uint8_t bytes[FILE_MAX + 4096];
	size_t n = rnd(5) == 0 ? rnd(FILE_MAX) : rnd(9000);
	uint32_t kind = rnd(7);
	size_t cut = n > 0 ? rnd((uint32_t)n) : 0;

	fill(bytes, n);
	if (kind != 0)
		write_file(to, bytes, n, rnd(2) ? 0644 : 0755);
	if (kind == 1)
		return; /* the server's only */
	if (kind == 2) { /* an insertion */
		size_t more = 1 + rnd(3000);

		memmove(bytes + cut + more, bytes + cut, n - cut);
		fill(bytes + cut, more);
		n += more;
	} else if (kind == 3) { /* a deletion */
		n = cut;
	} else if (kind == 4) { /* overwritten in places */
		fill(bytes + cut, n - cut < 50 ? n - cut : 50);
		fill(bytes, n < 3 ? n : 3);
	}
	write_file(from, bytes, n, rnd(2) ? 0644 : 0755);
}

static void
make_trees(const char *from, const char *to, unsigned depth)
{
	static const char *const names[] = {"a",  "a-b", "a.b",      "z",   "0",
	                                    "~q", "B c", "\xc3\xa9", "x'y", "long-name-for-the-list"};
	unsigned n = 6 + rnd(8);
	unsigned i;

	CHECK_INT(mkdir(from, 0755), 0);
	CHECK_INT(mkdir(to, 0755), 0);
	for (i = 0; i < n; i++) {
		char s[512];
		char d[512];

		(void)snprintf(s, sizeof s, "%s/%s%u", from, names[rnd(10)], i);
		(void)snprintf(d, sizeof d, "%s/%s", to, strrchr(s, '/') + 1);
		switch (rnd(6)) {
		case 0:
			if (depth > 0) {
				make_trees(s, d, depth - 1);
				break;
			}
			/* fallthrough */
		case 1:
			CHECK_INT(symlink(rnd(2) ? "a" : "../nowhere/else", s), 0);
			if (rnd(2))
				CHECK_INT(symlink("old", d), 0);
			break;
		default:
			make_file(s, d);
			break;
		}
	}
}

/* 0 if the trees are the same: names, types, permissions, targets, content. With times: those too. */
static void
check_same(bool times)
{
	char line[1024];

	(void)snprintf(line, sizeof line,
	               "cd %s && for t in src dst; do (cd $t && find . -printf '%%P %%y %%m %s %%l\\n' | "
	               "sed 's/l 777 [0-9]*/l 777/' | LC_ALL=C sort) > $t.list; done; "
	               "diff src.list dst.list | head -5 && cmp -s src.list dst.list && "
	               "diff -r --no-dereference src dst >/dev/null",
	               base, times ? "%T@" : "");
	CHECK_INT(system(line), 0);
}

static void
fresh(uint32_t s)
{
	seed = s;
	shell("rm -rf %s %s", src, dst);
	make_trees(src, dst, 2);
	shell("find %s -exec touch -h -d '2020-01-02 03:04:05.678901' {} +", src);
}

static void
push_and_check(const struct rsync_options *o, const char *compression, const char *what)
{
	struct push p = {0};
	struct err e = {0};

	if (push_run(&p, src, o, &e) == -1) {
		(void)unit_fail(__FILE__, __LINE__, "%s: %s: %s", what, e.what, e.why);
		printf("# %.*s\n", (int)p.texts.len, (const char *)p.texts.bytes);
	} else if (!o->dry_run) {
		check_same(o->times);
	}
	CHECK_STR(p.compression, compression);
	/* servers before 3.4 know nothing newer than 31 */
	CHECK(p.protocol == o->protocol || (o->protocol == 32 && p.protocol == 31));
	CHECK(p.stats.n_wanted > 0);
	CHECK(p.stats.n_files > 0 || o->dry_run);
	if (unit_this_failed)
		printf("# in: %s\n", what);
	push_free(&p);
}

TEST(every_protocol_checksum_and_compression)
{
	static const char *const sums[] = {"xxh128", "md5"};
	static const struct {
		enum options_compress use;
		const char *name;
	} compressions[] = {
		{USE_COMPRESS_NONE, "none"},
		{USE_COMPRESS_ZSTD, "zstd"},
		{USE_COMPRESS_ZLIBX, "zlibx"},
		{USE_COMPRESS_NEGOTIATED, "zstd"},
	};
	int protocol;
	unsigned i;
	unsigned k;
	unsigned c;

	for (protocol = 30; protocol <= 32; protocol++)
		for (i = 0; i < 2; i++)
			for (k = 0; k < 4; k++)
				for (c = 0; c < 2; c++) {
					struct rsync_options o;
					char what[128];

					options_init(&o);
					o.dest = dst;
					o.protocol = protocol;
					o.recurse = o.links = o.perms = o.times = true;
					o.checksum = c == 1;
					o.del = true;
					o.offer_checksums = sums[i];
					o.use_compress = compressions[k].use;
					(void)snprintf(what, sizeof what, "protocol %d %s %s %s", protocol, sums[i],
					               compressions[k].name, c ? "-c" : "");
					fresh((uint32_t)protocol * 100 + i * 20 + k * 3 + c);
					/* nanoseconds exist from 31 on */
					if (protocol == 30)
						shell("find %s -exec touch -h -d 2020-01-02 {} +", src);
					push_and_check(&o, compressions[k].name, what);
				}
}

/* Push by o into dst and by the stock client (with the same options as `letters`) into a copy of it:
 * the itemised lines must be the same but for their order, and so must the trees. */
static void
compare_with_stock(struct rsync_options *o, const char *letters)
{
	struct push p = {0};
	struct err e = {0};
	FILE *f;

	shell("rm -rf %s.copy && cp -a %s %s.copy", dst, dst, dst);
	shell("rsync %s -i --no-inc-recursive -e %s/rsh %s/ host:%s.copy/ > %s/stock.log", letters,
	      base, src, dst, base);
	o->itemize = true;
	o->dest = dst;
	p.times = o->times;
	if (push_run(&p, src, o, &e) == -1)
		(void)unit_fail(__FILE__, __LINE__, "%s: %s: %s", letters, e.what, e.why);
	shell("rm -f %s/ours.log", base);
	f = fopen("ours.log", "wb");
	REQUIRE(f != NULL);
	CHECK(fwrite(p.log.bytes, 1, p.log.len, f) == p.log.len);
	CHECK_INT(fclose(f), 0);
	shell("cd %s && for l in stock ours; do LC_ALL=C sort $l.log > $l.sorted; done; "
	      "diff stock.sorted ours.sorted | head -5; cmp -s stock.sorted ours.sorted", base);
	if (!o->dry_run)
		check_same(o->times);
	shell("diff -r --no-dereference %s %s.copy | head -3", dst, dst);
	if (unit_this_failed)
		printf("# with: %s\n", letters);
	push_free(&p);
}

TEST(itemises_as_the_stock_client_does)
{
	uint32_t i;

	for (i = 0; i < 6; i++) {
		struct rsync_options o;

		options_init(&o);
		o.recurse = o.links = o.perms = o.times = true;
		o.del = true;
		fresh(500 + i);
		if (i % 3 == 0) {
			compare_with_stock(&o, "-rlpt --delete");
		} else if (i % 3 == 1) {
			o.checksum = true;
			compare_with_stock(&o, "-rlptc --delete");
		} else {
			o.dry_run = true;
			compare_with_stock(&o, "-rlptn --delete");
		}
	}
}

TEST(content_only_leaves_times_alone)
{
	struct rsync_options o;

	options_init(&o);
	o.recurse = o.links = o.perms = o.checksum = true;
	o.del = true;
	fresh(7);
	compare_with_stock(&o, "-rlpc --delete");
}

/* Every file of the old build that has the same content is linked, not copied. */
TEST(links_what_did_not_change)
{
	struct rsync_options o;
	struct push p = {0};
	struct err e = {0};
	const char *basis[] = {"../old"};

	options_init(&o);
	o.dest = dst;
	o.recurse = o.links = o.perms = o.checksum = true;
	o.basis = BASIS_LINK;
	o.basis_dirs = basis;
	o.n_basis_dirs = 1;
	o.itemize_all = true;
	fresh(8);
	shell("cd %s && rm -rf old && cp -a src old && rm -rf dst && find src -type f | head -1 | "
	      "while read f; do echo more >> $f; done; find src -type f -exec touch {} +", base);
	CHECK_INT(push_run(&p, src, &o, &e), 0);
	check_same(false);
	CHECK_INT(p.stats.n_files, 1);
	CHECK(p.stats.n_hard_links > 0);
	shell("cd %s && test $(find dst -type f -links +1 | wc -l) = %u", base,
	      (unsigned)p.stats.n_hard_links);
	push_free(&p);
}

TEST(sends_a_long_file_in_pieces)
{
	struct rsync_options o;
	struct push p = {0};
	struct err e = {0};

	options_init(&o);
	o.dest = dst;
	o.recurse = o.times = o.perms = true;
	shell("cd %s && rm -rf src dst && mkdir src dst && head -c 30000000 /dev/urandom > dst/big && "
	      "(head -c 19000000 dst/big; echo inserted; "
	      "head -c 200000 /dev/urandom; tail -c 10000000 dst/big) > src/big && "
	      "touch -d 2020-01-01 src/big",
	      base);
	CHECK_INT(push_run(&p, src, &o, &e), 0);
	shell("cmp %s/big %s/big", src, dst);
	CHECK(p.stats.matched_bytes > 28900000);
	CHECK(p.stats.literal_bytes < 300000);
	push_free(&p);
}

TEST(says_why_the_server_gave_up)
{
	struct rsync_options o;
	struct push p = {0};
	struct err e = {0};

	options_init(&o);
	o.dest = "/dev/null/no/such";
	o.recurse = true;
	fresh(9);
	CHECK_INT(push_run(&p, src, &o, &e), -1);
	CHECK_INT(e.kind, ERR_PROTO);
	CHECK(strstr(e.what, "status") != NULL);
	CHECK(p.texts.len > 0);
	push_free(&p);
}

TEST(reports_a_file_that_vanished)
{
	struct rsync_options o;
	struct push p = {.root = src};
	struct err e = {0};

	options_init(&o);
	o.dest = dst;
	o.recurse = o.times = o.links = true;
	o.del = true;
	fresh(10);
	shell("rm -rf %s; echo x > %s/aaa; echo y > %s/zzz", dst, src, src);
	CHECK_INT(push_scan(&p, ".", &e), 0);
	CHECK_INT(flist_seal(&p.list, FLIST_SORTED, &e), 0);
	shell("rm %s/aaa", src);
	CHECK_INT(push_run(&p, src, &o, &e), -1);
	CHECK_STR(e.why, "some files vanished");
	CHECK(strstr((const char *)p.texts.bytes, "open 'aaa'") != NULL);
	CHECK_INT(p.stats.n_skipped, 1);
	shell("cmp %s/zzz %s/zzz && test ! -e %s/aaa", src, dst, dst);
	push_free(&p);
}

TEST(reports_a_file_that_changed_meanwhile)
{
	struct rsync_options o;
	struct push p = {.root = src};
	struct err e = {0};

	options_init(&o);
	o.dest = dst;
	o.recurse = o.times = o.links = true;
	fresh(11);
	shell("rm -rf %s; echo x > %s/aaa", dst, src);
	CHECK_INT(push_scan(&p, ".", &e), 0);
	CHECK_INT(flist_seal(&p.list, FLIST_SORTED, &e), 0);
	shell("echo longer >> %s/aaa", src);
	CHECK_INT(push_run(&p, src, &o, &e), -1);
	CHECK_STR(e.why, "some files were not transferred");
	push_free(&p);
}

/* The first pass is spoiled by wrong bytes in place of one file's; the second is right. */
static bool spoil;

static int64_t
spoiled_read(void *ctx, uint8_t *bytes, size_t n)
{
	int64_t got = push_read(ctx, bytes, n);

	(void)bytes;
	return spoil ? (spoil = false, 0) : got;
}

TEST(sends_a_file_again_when_its_sum_was_wrong)
{
	struct rsync_options o;
	struct push p = {.root = src};
	struct err e = {0};
	struct sender_calls calls = push_calls;
	struct sender *s;
	struct stream io = {0};
	char **argv;
	int status = -1;

	options_init(&o);
	o.dest = dst;
	o.recurse = true;
	shell("cd %s && rm -rf src dst && mkdir src dst && seq 99999 > dst/f && seq 100001 > src/f", base);
	CHECK_INT(push_scan(&p, ".", &e), 0);
	CHECK_INT(flist_seal(&p.list, FLIST_SORTED, &e), 0);
	spoil = true;
	calls.read = spoiled_read;
	argv = command_argv(&o, &e);
	REQUIRE(argv != NULL);
	s = sender_new(&o, &p.list, &calls, &p, &e);
	REQUIRE(s != NULL);
	REQUIRE(stream_spawn(argv, &io, &e) == 0);
	CHECK_INT(push_loop(&p, s, &io, &status, &e), 0);
	CHECK_INT(status, 23); /* it was told that a read failed here */
	CHECK_INT(sender_stats(s)->n_files, 2);
	CHECK_INT(sender_finish(s, status, &e), -1);
	shell("cmp %s/f %s/f", src, dst);
	sender_free(s);
	stream_free(&io);
	command_free_argv(argv);
	push_free(&p);
}

int
main(void)
{
	if (mkdtemp(base) == NULL || chdir(base) == -1)
		return 1;
	(void)snprintf(src, sizeof src, "%s/src", base);
	(void)snprintf(dst, sizeof dst, "%s/dst", base);
	shell("printf '#!/bin/sh\nshift\nexec sh -c \"$*\"\n' > %s/rsh && chmod +x %s/rsh", base, base);
	RUN(every_protocol_checksum_and_compression);
	RUN(itemises_as_the_stock_client_does);
	RUN(content_only_leaves_times_alone);
	RUN(links_what_did_not_change);
	RUN(sends_a_long_file_in_pieces);
	RUN(says_why_the_server_gave_up);
	RUN(reports_a_file_that_vanished);
	RUN(reports_a_file_that_changed_meanwhile);
	RUN(sends_a_file_again_when_its_sum_was_wrong);
	shell("rm -rf %s", base);
	return unit_done();
}
