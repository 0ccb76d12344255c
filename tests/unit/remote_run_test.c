/* SPDX-License-Identifier: MIT */
/* remote_run_test.c: the pure modules of remote-run: command, feed, lines, report, sudo,
 * tail. */
#include <stdlib.h>

#include "remote-run/command.h"
#include "remote-run/feed.h"
#include "remote-run/lines.h"
#include "remote-run/report.h"
#include "remote-run/sudo.h"
#include "remote-run/tail.h"
#include "unit.h"

/* A command line as a string, or "" where it is refused; valid until the next call. */
static const char *
words(bool become, size_t n, ...)
{
	static struct buf out;
	char *list[8];
	struct err e;
	va_list ap;
	size_t i;

	va_start(ap, n);
	for (i = 0; i < n; i++)
		list[i] = va_arg(ap, char *);
	va_end(ap);
	buf_free(&out);
	if (command_of_words(list, n, become, &out, &e) == -1)
		return "";
	return (const char *)out.bytes;
}

TEST(one_word_is_a_line_for_the_shell)
{
	CHECK_STR(words(false, 1, "a | b $HOME"), "a | b $HOME");
	CHECK_STR(words(true, 1, "a | b"), "sudo -n -- sh -c 'a | b'");
}

TEST(several_words_are_quoted)
{
	CHECK_STR(words(false, 3, "echo", "a b", "it's"), "echo 'a b' 'it'\\''s'");
	CHECK_STR(words(false, 2, "echo", ""), "echo ''");
	CHECK_STR(words(false, 2, "echo", "a\nb"), "echo a'\n'b");
	CHECK_STR(words(false, 2, "echo", "\n"), "echo '''\n'''");
	CHECK_STR(words(true, 2, "echo", "$x"), "sudo -n -- echo '$x'");
	CHECK_STR(words(false, 2, "echo", "a\rb"), "");
}

/* A script's command line, or "" and *why where it is refused. */
static const char *
script(const char *text, size_t n, bool more_stdin, bool become, struct err *e)
{
	static struct buf out;
	char arg[] = "x y";
	char *args[] = {arg};

	buf_free(&out);
	if (command_of_script(text, n, args, 1, more_stdin, become, &out, e) == -1)
		return "";
	return (const char *)out.bytes;
}

TEST(a_script_is_read_whole_before_it_runs)
{
	struct err e;

	CHECK_STR(script("true\n", 5, false, false, &e),
	    "exec sh -c 'exec sh -c \"$(cat)\" slipway \"$@\"' sh 'x y'");
	CHECK_STR(script("true\n", 5, true, true, &e), "sudo -n -- sh -c 'exec sh -c "
	    "\"$(dd bs=1 count=5 2>/dev/null)\" slipway \"$@\"' sh 'x y'");
}

TEST(a_script_chooses_its_shell)
{
	struct err e;

	CHECK(strstr(script("#!/bin/bash -e\n", 15, false, false, &e), "exec bash -c") != NULL);
	CHECK(strstr(script("#! /usr/bin/env dash\n", 21, false, false, &e), "exec dash -c") != NULL);
	CHECK(strstr(script("#!/bin/sh", 9, false, false, &e), "exec sh -c") != NULL);
	CHECK_STR(script("#!/usr/bin/perl\n", 16, false, false, &e), "");
	CHECK_INT(e.kind, ERR_USAGE);
	CHECK_STR(script("#!", 2, false, false, &e), "");
}

TEST(a_script_that_cannot_be_passed_on_is_refused)
{
	char *big = calloc(1, COMMAND_SCRIPT_MAX + 1);
	struct err e;

	REQUIRE(big != NULL);
	memset(big, '#', COMMAND_SCRIPT_MAX + 1);
	CHECK(script(big, COMMAND_SCRIPT_MAX, false, false, &e)[0] != '\0');
	CHECK_STR(script(big, COMMAND_SCRIPT_MAX + 1, false, false, &e), "");
	big[5] = '\0';
	CHECK_STR(script(big, 100, false, false, &e), "");
	free(big);
}

TEST(a_feed_serves_each_host_at_its_own_speed)
{
	struct feed f = {0};
	const uint8_t *bytes = NULL;
	size_t n = 0;
	struct err e;

	CHECK(feed_has_room(&f));
	CHECK(!feed_next(&f, 0, &bytes, &n));
	CHECK_INT(buf_str(&f.data, "abcdef", &e), 0);
	CHECK(feed_next(&f, 0, &bytes, &n) && n == 6 && bytes[0] == 'a');
	CHECK(feed_next(&f, 4, &bytes, &n) && n == 2 && bytes[0] == 'e');
	CHECK(!feed_next(&f, 6, &bytes, &n));
	feed_drop(&f, 4);
	CHECK(feed_next(&f, 4, &bytes, &n) && n == 2 && bytes[0] == 'e');
	CHECK(!feed_next(&f, 0, &bytes, &n));
	feed_drop(&f, 2);
	CHECK_INT(f.start, 4);
	feed_drop(&f, 100);
	CHECK_INT(f.start, 6);
	CHECK_INT(f.data.len, 0);
	f.ended = true;
	CHECK(!feed_has_room(&f));
	buf_free(&f.data);
}

static const char *
text_of(struct buf *out)
{
	struct err e;

	CHECK_INT(buf_byte(out, 0, &e), 0);
	return (const char *)out->bytes;
}

TEST(lines_are_prefixed_when_they_are_complete)
{
	struct lines l = {.prefix = "h | "};
	struct buf out = {0};
	struct err e;

	CHECK_INT(lines_add(&l, "a", 1, &out, &e), 0);
	CHECK_INT(out.len, 0);
	CHECK_INT(lines_add(&l, "b\n\nc\nd", 6, &out, &e), 0);
	CHECK_INT(lines_end(&l, &out, &e), 0);
	CHECK_INT(lines_end(&l, &out, &e), 0);
	CHECK_STR(text_of(&out), "h | ab\nh | \nh | c\nh | d\n");
	lines_free(&l);
	buf_free(&out);
}

TEST(lines_for_a_terminal_are_escaped_tabs_kept)
{
	struct lines l = {.prefix = "", .escaped = true};
	struct buf out = {0};
	struct err e;

	CHECK_INT(lines_add(&l, "\033[2J\ta\tb\n", 9, &out, &e), 0);
	CHECK_STR(text_of(&out), "\\x1b[2J\ta\tb\n");
	lines_free(&l);
	buf_free(&out);
}

TEST(without_a_prefix_bytes_pass_as_they_come)
{
	struct lines l = {0};
	struct buf out = {0};
	struct err e;

	CHECK_INT(lines_add(&l, "a\0b", 3, &out, &e), 0);
	CHECK_INT(lines_end(&l, &out, &e), 0);
	CHECK_INT(out.len, 3);
	buf_free(&out);
}

TEST(an_endless_line_is_cut)
{
	struct lines l = {.prefix = "h "};
	struct buf out = {0};
	struct err e;
	char chunk[1000];
	int i;

	memset(chunk, 'x', sizeof(chunk));
	for (i = 0; i < 70; i++)
		CHECK_INT(lines_add(&l, chunk, sizeof(chunk), &out, &e), 0);
	CHECK(out.len > LINES_MAX);
	CHECK(l.part.len < LINES_MAX);
	lines_free(&l);
	buf_free(&out);
}

static struct job
job(const char *host, int status, const char *out, enum err_kind kind)
{
	struct job j = {.host = host, .status = status, .took_ms = 1234};
	struct err e;

	CHECK_INT(buf_str(&j.kept[STREAM_STDOUT], out, &e), 0);
	if (kind != ERR_NONE)
		(void)err_set(&j.error, kind, "why", "what");
	return j;
}

TEST(json_has_an_object_per_host)
{
	struct job jobs[] = {job("a", 0, "x\n", ERR_NONE), job("b", -1, "", ERR_CONNECT)};
	struct buf out = {0};
	struct err e;

	CHECK_INT(report_json(jobs, 2, &out, &e), 0);
	CHECK_STR(text_of(&out),
	    "{\"host\":\"a\",\"status\":0,\"stdout\":\"x\\n\",\"stderr\":\"\",\"seconds\":1.234,\"error\":null}\n"
	    "{\"host\":\"b\",\"status\":null,\"stdout\":\"\",\"stderr\":\"\",\"seconds\":1.234,"
	    "\"error\":\"what: why\"}\n");
	buf_free(&out);
	job_free(&jobs[0]);
	job_free(&jobs[1]);
}

TEST(equal_output_is_folded)
{
	struct job jobs[] = {job("a", 0, "x\n", ERR_NONE), job("b", 0, "y\n", ERR_NONE),
	    job("c", 0, "x\n", ERR_NONE), job("d", 1, "x\n", ERR_REMOTE)};
	struct buf out[2] = {{0}, {0}};
	struct err e;
	size_t i;

	CHECK_INT(report_folded(jobs, 4, false, out, &e), 0);
	CHECK_STR(text_of(&out[0]), "a,c | x\nb | y\nd | x\n");
	buf_free(&out[0]);
	buf_free(&out[1]);
	for (i = 0; i < 4; i++)
		job_free(&jobs[i]);
}

TEST(the_worst_host_decides_the_status)
{
	struct job jobs[] = {job("a", 0, "", ERR_NONE), job("b", 1, "", ERR_REMOTE),
	    job("c", -1, "", ERR_PROTO), job("d", -1, "", ERR_CONNECT), job("e", -1, "", ERR_LOCAL)};
	size_t i;

	CHECK_INT(report_status(jobs, 1), 0);
	CHECK_INT(report_status(jobs, 2), 6);
	CHECK_INT(report_status(jobs, 3), 5);
	CHECK_INT(report_status(jobs, 4), 4);
	CHECK_INT(report_status(jobs, 5), 3);
	for (i = 0; i < 5; i++)
		job_free(&jobs[i]);
}

static const char *
hint_for(const char *said)
{
	static struct err e;
	struct buf b = {0};
	struct err ignored;

	(void)err_set(&e, ERR_REMOTE, "x", "x");
	CHECK_INT(sudo_listen(&b, said, strlen(said), &ignored), 0);
	CHECK_INT(sudo_hint(&b, &e), -1);
	buf_free(&b);
	return e.hint;
}

TEST(sudo_refusals_are_explained)
{
	CHECK(strstr(hint_for("sudo: a password is required\n"), "NOPASSWD") != NULL);
	CHECK(strstr(hint_for("bash: line 1: sudo: command not found\n"), "not installed") != NULL);
	CHECK_STR(hint_for("something else\n"), "");
	CHECK_STR(hint_for(""), "");
}

/* The tail after n bytes came in pieces of `piece`: "ab...\n" lines of `width` bytes. */
static size_t
tail_of(size_t n, size_t piece, size_t width, uint8_t *first)
{
	struct buf tail = {0};
	const uint8_t *at;
	struct err e;
	uint8_t c;
	size_t len;
	size_t i;

	for (i = 0; i < n; i++) {
		c = i % width == width - 1 ? '\n' : (uint8_t)('a' + i % width % 26);
		CHECK_INT(tail_add(&tail, &c, 1, &e), 0);
		if (i % piece == 0)
			(void)tail_lines(&tail, &len);
	}
	at = tail_lines(&tail, &len);
	*first = len > 0 ? at[0] : 0;
	buf_free(&tail);
	return len;
}

TEST(a_tail_holds_the_last_whole_lines)
{
	uint8_t first;

	CHECK_INT(tail_of(0, 1, 10, &first), 0);
	CHECK_INT(tail_of(9, 1, 10, &first), 9);
	CHECK_INT(tail_of(TAIL_MAX, 7, 10, &first), TAIL_MAX);
	CHECK_INT(first, 'a');
	/* A line that is cut is left out, one that just fits is not. */
	CHECK_INT(tail_of(8200, 7, 10, &first), 8190);
	CHECK_INT(first, 'a');
	CHECK_INT(tail_of(TAIL_MAX + 16, 7, 16, &first), TAIL_MAX);
	CHECK_INT(first, 'a');
	CHECK_INT(tail_of(100000, 3, 10, &first), 8190);
	CHECK_INT(first, 'a');
	/* One line without an end is kept as far as there is room. */
	CHECK_INT(tail_of(50000, 3, 1000000, &first), TAIL_MAX);
}

int
main(void)
{
	RUN(one_word_is_a_line_for_the_shell);
	RUN(several_words_are_quoted);
	RUN(a_script_is_read_whole_before_it_runs);
	RUN(a_script_chooses_its_shell);
	RUN(a_script_that_cannot_be_passed_on_is_refused);
	RUN(a_feed_serves_each_host_at_its_own_speed);
	RUN(lines_are_prefixed_when_they_are_complete);
	RUN(lines_for_a_terminal_are_escaped_tabs_kept);
	RUN(without_a_prefix_bytes_pass_as_they_come);
	RUN(an_endless_line_is_cut);
	RUN(json_has_an_object_per_host);
	RUN(equal_output_is_folded);
	RUN(the_worst_host_decides_the_status);
	RUN(sudo_refusals_are_explained);
	RUN(a_tail_holds_the_last_whole_lines);
	return unit_done();
}
