/* SPDX-License-Identifier: MIT */
#include "rsync-push/push_options.h"

#include <string.h>

#include "unit.h"

#define WORDS_MAX 16

/* Parse a command line given as blank-separated words. */
static int
parse(const char *line, struct push_options *o, struct err *e)
{
	static char words[256];
	static char *argv[WORDS_MAX + 1];
	int argc = 0;
	char *at;

	(void)snprintf(words, sizeof(words), "rsync-push %s", line);
	for (at = strtok(words, " "); at != NULL && argc < WORDS_MAX; at = strtok(NULL, " "))
		argv[argc++] = at;
	argv[argc] = NULL;
	return push_options_parse(argc, argv, o, e);
}

/* Why a command line is refused; NULL if it is taken. */
static const char *
refusal(const char *line)
{
	static struct err e;
	struct push_options o;
	int ret = parse(line, &o, &e);

	push_options_free(&o);
	if (ret == -1)
		CHECK_INT(e.kind, ERR_USAGE);
	return ret == -1 ? e.what : NULL;
}

TEST(defaults_compare_content_and_send_no_times)
{
	struct push_options o;
	struct err e;

	REQUIRE(parse("src/ web1:dst", &o, &e) == 0);
	CHECK(o.rsync.checksum && o.rsync.recurse && o.rsync.links && o.rsync.perms);
	CHECK(!o.rsync.times && !o.perms && !o.rsync.dry_run && !o.rsync.itemize);
	CHECK(!o.rsync.del);
	CHECK_INT(o.rsync.max_delete, -1);
	CHECK_INT(o.rsync.timeout_s, 60);
	CHECK_INT(o.n_sources, 1);
	CHECK_STR(o.sources[0], "src/");
	CHECK_STR(o.target, "web1:dst");
	CHECK(o.format == NULL);
	push_options_free(&o);
}

TEST(options_reach_their_place)
{
	struct push_options o;
	struct err e;

	REQUIRE(parse("-nizt --quick-check --delete --max-delete=0 --link-dest ../1 --link-dest=../2 "
	              "--exclude *.pyc a b web1:", &o, &e) == 0);
	CHECK(o.rsync.dry_run && o.rsync.itemize && o.rsync.times && !o.rsync.checksum);
	CHECK_INT(o.rsync.use_compress, USE_COMPRESS_NEGOTIATED);
	CHECK(o.rsync.del);
	CHECK_INT(o.rsync.max_delete, 0);
	CHECK_INT(o.rsync.basis, BASIS_LINK);
	REQUIRE(o.rsync.n_basis_dirs == 2 && o.rsync.n_rules == 1);
	CHECK_STR(o.rsync.basis_dirs[1], "../2");
	CHECK_STR(o.rsync.rules[0], "- *.pyc");
	CHECK_INT(o.n_sources, 2);
	push_options_free(&o);
	REQUIRE(parse("-v --compress-choice=zlibx --checksum-choice md5 --protocol 30 a h:", &o, &e) == 0);
	CHECK_STR(o.format, "%n%L");
	CHECK(!o.rsync.itemize);
	CHECK_INT(o.rsync.use_compress, USE_COMPRESS_ZLIBX);
	CHECK_INT(o.rsync.use_checksum, USE_CHECKSUM_MD5);
	CHECK_INT(o.rsync.protocol, 30);
	push_options_free(&o);
	REQUIRE(parse("--compress-choice=zlibx -z a h:", &o, &e) == 0);
	CHECK_INT(o.rsync.use_compress, USE_COMPRESS_ZLIBX);
	push_options_free(&o);
}

TEST(basis_directories_are_made_absolute_where_dest_is)
{
	struct push_options o;
	struct err e;

	REQUIRE(parse("--link-dest ../1 --link-dest /b/2 a h:", &o, &e) == 0);
	o.rsync.dest = "/b/3/";
	CHECK_INT(push_options_anchor(&o, &e), 0);
	CHECK_STR(o.rsync.basis_dirs[0], "/b/3//../1");
	CHECK_STR(o.rsync.basis_dirs[1], "/b/2");
	push_options_free(&o);
	REQUIRE(parse("--link-dest ../1 a h:", &o, &e) == 0);
	o.rsync.dest = "builds/3/";
	CHECK_INT(push_options_anchor(&o, &e), 0);
	CHECK_STR(o.rsync.basis_dirs[0], "../1");
	push_options_free(&o);
	REQUIRE(parse("-n --link-dest ../1 a h:", &o, &e) == 0);
	o.rsync.dest = "/b/3/";
	CHECK_INT(push_options_anchor(&o, &e), 0);
	CHECK_STR(o.rsync.basis_dirs[0], "../1");
	push_options_free(&o);
}

TEST(what_cannot_be_done_is_refused)
{
	CHECK(refusal("src/ h:d") == NULL);
	CHECK_STR(refusal("src/"), "read the operands");
	CHECK_STR(refusal("--max-delete 3 a h:"), "use --max-delete");
	CHECK_STR(refusal("--link-dest a --copy-dest b a h:"), "combine --link-dest and --copy-dest");
	CHECK_STR(refusal("--compress-choice lz4 a h:"), "read --compress-choice lz4");
	CHECK_STR(refusal("--checksum-choice sha1 a h:"), "read --checksum-choice sha1");
	CHECK(refusal("--protocol 29 a h:") != NULL);
	CHECK(refusal("--timeout -1 a h:") != NULL);
	CHECK(refusal("--exclude / a h:") != NULL);
	CHECK(refusal("--out-format %q a h:") != NULL);
	CHECK(refusal("--json --out-format %n a h:") != NULL);
	CHECK(refusal("--json -v a h:") != NULL);
	CHECK(refusal("--json -i a h:") == NULL);
	CHECK(refusal("-q -v a h:") != NULL);
	CHECK(refusal("-e ssh --port 22 a h:") != NULL);
	CHECK(refusal("--no-such a h:") != NULL);
}

int
main(void)
{
	RUN(defaults_compare_content_and_send_no_times);
	RUN(options_reach_their_place);
	RUN(basis_directories_are_made_absolute_where_dest_is);
	RUN(what_cannot_be_done_is_refused);
	return unit_done();
}
