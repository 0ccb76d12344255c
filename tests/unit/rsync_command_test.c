/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "lib/rsync/command.h"

static struct err e;

static void
check_line(const struct rsync_options *o, const char *want)
{
	struct buf out = {0};

	CHECK_INT(command_line(o, &out, &e), 0);
	CHECK_STR(buf_cstr(&out, &e), want);
	buf_free(&out);
}

/* Command lines of the recorded sessions (tests/vectors/rsync). */
TEST(builds_what_the_stock_client_builds)
{
	static const char *const prev[] = {"../prev"};
	struct rsync_options o;

	options_init(&o);
	o.dest = "dst/";
	o.recurse = o.links = o.times = o.perms = true;
	check_line(&o, "rsync --server -ltpre.LsfxCIvu . dst/");
	o.itemize = true;
	o.checksum = true;
	check_line(&o, "rsync --server -ltprce.LsfxCIvu --log-format=%i . dst/");
	o.checksum = false;
	o.dry_run = true;
	check_line(&o, "rsync --server -nltpre.LsfxCIvu --log-format=%i . dst/");
	o.dry_run = false;
	o.use_compress = USE_COMPRESS_NEGOTIATED;
	check_line(&o, "rsync --server -ltprze.LsfxCIvu --log-format=%i . dst/");
	o.use_compress = USE_COMPRESS_ZLIBX;
	check_line(&o, "rsync --server -ltpre.LsfxCIvu --log-format=%i --new-compress . dst/");
	o.use_compress = USE_COMPRESS_NONE;
	o.basis = BASIS_LINK;
	o.basis_dirs = prev;
	o.n_basis_dirs = 1;
	check_line(&o, "rsync --server -ltpre.LsfxCIvu --log-format=%i --link-dest ../prev . dst/");
	o.basis = BASIS_COPY;
	check_line(&o, "rsync --server -ltpre.LsfxCIvu --log-format=%i --copy-dest ../prev . dst/");
	o.basis = BASIS_NONE;
	o.del = true;
	o.max_delete = 2;
	check_line(&o, "rsync --server -ltpre.LsfxCIvu --log-format=%i --max-delete=2 --delete . dst/");
}

TEST(passes_every_option)
{
	static const char *const dirs[] = {"a", "b c"};
	struct rsync_options o;

	options_init(&o);
	o.rsync_path = "sudo -n rsync";
	o.dest = "x";
	o.mkpath = o.itemize_all = true;
	o.del = true;
	o.max_delete = 0;
	o.timeout_s = 60;
	o.use_checksum = USE_CHECKSUM_MD5;
	o.use_compress = USE_COMPRESS_ZSTD;
	o.basis = BASIS_COPY;
	o.basis_dirs = dirs;
	o.n_basis_dirs = 2;
	check_line(&o, "sudo -n rsync --server -e.LsfxCIvu --log-format=%i%I --max-delete=-1 --delete "
	               "--mkpath --timeout=60 --checksum-choice=md5 --compress-choice=zstd "
	               "--copy-dest a --copy-dest 'b c' . x");
}

TEST(quotes_for_the_shell)
{
	static const struct {
		const char *dest;
		const char *want;
	} cases[] = {
		{"", "."},
		{"-n", "./-n"},
		{"/var/www/my app", "'/var/www/my app'"},
		{"a'b", "'a'\\''b'"},
		{"~/x y", "~/'x y'"},
		{"~", "~"},
		{"~/", "~/"},
		{"~deploy/app", "~deploy/app"},
		{"~$(id)/x", "'~$(id)/x'"},
		{"x~", "'x~'"},
		{"$HOME;`id`", "'$HOME;`id`'"},
	};
	struct rsync_options o;
	size_t i;

	options_init(&o);
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct buf out = {0};
		const char *line;

		o.dest = cases[i].dest;
		CHECK_INT(command_line(&o, &out, &e), 0);
		line = buf_cstr(&out, &e);
		REQUIRE(line != NULL && strlen(line) > 29);
		CHECK_STR(line + strlen("rsync --server -e.LsfxCIvu . "), cases[i].want);
		buf_free(&out);
	}
}

TEST(refuses_what_cannot_be)
{
	struct rsync_options o;
	struct buf out = {0};

	options_init(&o);
	CHECK_INT(command_line(&o, &out, &e), -1);
	CHECK_INT(e.kind, ERR_USAGE);
	o.dest = "a\nb";
	CHECK_INT(command_line(&o, &out, &e), -1);
	CHECK_INT(e.kind, ERR_USAGE);
	o.dest = "a";
	o.protocol = 29;
	CHECK_INT(command_line(&o, &out, &e), -1);
	CHECK(command_argv(&o, &e) == NULL);
	buf_free(&out);
	command_free_argv(NULL);
}

int
main(void)
{
	RUN(builds_what_the_stock_client_builds);
	RUN(passes_every_option);
	RUN(quotes_for_the_shell);
	RUN(refuses_what_cannot_be);
	return unit_done();
}
