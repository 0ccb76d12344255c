/* SPDX-License-Identifier: MIT */
#include "lib/base/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "unit.h"

#define DEADLINE_MS 20000

static struct err e;
static struct buf got[2]; /* what came from stdout and stderr */

static int
start(const char *script, struct stream *s)
{
	char sh[] = "sh";
	char c[] = "-c";
	char *copy = strdup(script);
	char *argv[] = {sh, c, copy, NULL};
	int ret = stream_spawn(argv, s, &e);

	free(copy);
	return ret;
}

/* Read both streams to their ends and wait; write `in` meanwhile. The exit status, or -1. */
static int
finish(struct stream *s, const char *in, size_t in_len)
{
	int64_t deadline_ms = clock_ms() + DEADLINE_MS;
	bool open[2] = {true, true};
	bool writing = true;
	int status = -1;

	buf_clear(&got[0]);
	buf_clear(&got[1]);
	while (clock_ms() < deadline_ms) {
		struct pollfd fds[STREAM_POLL_MAX];
		size_t n;

		for (int i = 0; i < 2; i++) {
			uint8_t *to = buf_reserve(&got[i], 4096, &e);
			enum stream_status st = stream_read(s, i == 0 ? STREAM_STDOUT : STREAM_STDERR, to,
			                                    4096, &n, &e);

			if (st == STREAM_ERROR)
				return -1;
			if (st == STREAM_OK)
				buf_grew(&got[i], n);
			open[i] = st != STREAM_EOF;
		}
		if (writing && in_len > 0) {
			enum stream_status st = stream_write(s, (const uint8_t *)in, in_len, &n, &e);

			if (st == STREAM_ERROR)
				return -1;
			if (st == STREAM_OK) {
				in += n;
				in_len -= n;
			}
		} else if (writing) {
			writing = stream_close_write(s, &e) != STREAM_OK;
		}
		if (!open[0] && !open[1] && stream_wait(s, &status, &e) == STREAM_OK)
			return status;
		n = stream_poll(s, writing && in_len > 0, fds, STREAM_POLL_MAX);
		(void)poll(fds, n, 20);
	}
	return -1;
}

TEST(passes_bytes_and_the_status)
{
	struct stream s;

	REQUIRE(start("cat; echo err >&2; exit 7", &s) == 0);
	CHECK_INT(finish(&s, "hello", 5), 7);
	CHECK_STR(buf_cstr(&got[0], &e), "hello");
	CHECK_STR(buf_cstr(&got[1], &e), "err\n");
	stream_free(&s);
	stream_free(&s);
}

TEST(passes_more_than_a_pipe_holds)
{
	size_t n = 1 << 20;
	char *in = malloc(n);
	struct stream s;

	REQUIRE(in != NULL);
	for (size_t i = 0; i < n; i++)
		in[i] = (char)(i * 7 % 251);
	REQUIRE(start("cat", &s) == 0);
	CHECK_INT(finish(&s, in, n), 0);
	CHECK_INT(got[0].len, n);
	if (got[0].len == n)
		CHECK_MEM(got[0].bytes, in, n);
	stream_free(&s);
	free(in);
}

TEST(tells_the_signal_that_ended_it)
{
	struct stream s;

	REQUIRE(start("kill -9 $$", &s) == 0);
	CHECK_INT(finish(&s, "", 0), 128 + 9);
	stream_free(&s);
}

TEST(reports_a_program_that_is_not_there)
{
	char name[] = "no-such-program-anywhere";
	char *argv[] = {name, NULL};
	struct stream s = {0};

	CHECK_INT(stream_spawn(argv, &s, &e), -1);
	CHECK_STR(e.what, "run no-such-program-anywhere");
	CHECK_STR(e.why, strerror(ENOENT));
}

TEST(writing_to_a_program_that_ended_is_an_error)
{
	int64_t deadline_ms = clock_ms() + DEADLINE_MS;
	enum stream_status st = STREAM_OK;
	struct stream s;
	size_t n;

	REQUIRE(start("exec <&-; echo closed", &s) == 0);
	while (st != STREAM_ERROR && clock_ms() < deadline_ms)
		st = stream_write(&s, (const uint8_t *)"x", 1, &n, &e);
	CHECK_INT(st, STREAM_ERROR);
	CHECK_STR(e.why, strerror(EPIPE));
	stream_free(&s);
}

TEST(gives_the_child_three_descriptors_and_default_signals)
{
	struct stream s;
	int extra = dup(STDERR_FILENO); /* not close-on-exec */

	REQUIRE(extra != -1);
	/* Above the 31 standard signals, two are the C library's own. */
	REQUIRE(start("ls /proc/self/fd | wc -l; "
	              "mask=$(sed -n 's/^SigIgn:[[:space:]]*//p' /proc/self/status); "
	              "echo $((0x$mask & 0x7fffffff))", &s) == 0);
	CHECK_INT(finish(&s, "", 0), 0);
	/* 0, 1, 2 and the directory that ls reads */
	CHECK_STR(buf_cstr(&got[0], &e), "4\n0\n");
	stream_free(&s);
	close(extra);
}

TEST(freeing_ends_the_program)
{
	struct stream s;
	pid_t pid;
	size_t n;
	char text[32] = "";
	int64_t deadline_ms = clock_ms() + DEADLINE_MS;

	REQUIRE(start("trap '' TERM HUP; echo $$; while :; do sleep 1; done", &s) == 0);
	while (text[0] == '\0' && clock_ms() < deadline_ms)
		if (stream_read(&s, STREAM_STDOUT, (uint8_t *)text, sizeof text - 1, &n, &e) == STREAM_OK)
			text[n] = '\0';
	pid = (pid_t)strtol(text, NULL, 10);
	REQUIRE(pid > 1);
	stream_free(&s);
	CHECK(kill(pid, 0) == -1 && errno == ESRCH);
	CHECK(s.ops == NULL);
}

int
main(void)
{
	(void)signal(SIGPIPE, SIG_IGN);
	RUN(passes_bytes_and_the_status);
	RUN(passes_more_than_a_pipe_holds);
	RUN(tells_the_signal_that_ended_it);
	RUN(reports_a_program_that_is_not_there);
	RUN(writing_to_a_program_that_ended_is_an_error);
	RUN(gives_the_child_three_descriptors_and_default_signals);
	RUN(freeing_ends_the_program);
	buf_free(&got[0]);
	buf_free(&got[1]);
	return unit_done();
}
