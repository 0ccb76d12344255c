/* SPDX-License-Identifier: MIT */
#include "deploy-lock/lock_hold.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "deploy-lock/lock_file.h"
#include "deploy-lock/lock_process.h"
#include "deploy-lock/lock_record.h"
#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/fs.h"
#include "lib/base/text.h"

#define TRY_STEP_MS 100 /* between two tries for the lock */
/* `check` and `show` take the lock for a moment: not a reason to refuse. */
#define PROBE_GRACE_MS 300
#define WATCH_MS 1000     /* how long a silent holder is watched before it is ended */
#define KILL_WAIT_MS 5000 /* until a killed holder is given up as well */
#define BEAT_STEP_MS 200  /* heartbeats nearer to each other are one */
#define TOKEN_BYTES 16u

/* What came on stdin, or instead of it. */
enum event { EVENT_NONE, EVENT_BEAT, EVENT_END, EVENT_SIGNAL };

static int signal_pipe[2] = {-1, -1}; /* the handler writes the signal's number here */

static void
on_signal(int number)
{
	int saved = errno;
	unsigned char byte = (unsigned char)number;

	(void)!write(signal_pipe[1], &byte, 1); /* full: one is on its way already */
	errno = saved;
}

static int
catch_signals(struct err *e)
{
	static const int caught[] = {SIGTERM, SIGHUP, SIGINT};
	struct sigaction act = {.sa_handler = on_signal};

	if (pipe(signal_pipe) == -1)
		return err_set(e, ERR_LOCAL, NULL, "make a pipe");
	for (int i = 0; i < 2; i++)
		if (fcntl(signal_pipe[i], F_SETFD, FD_CLOEXEC) == -1 ||
		    fcntl(signal_pipe[i], F_SETFL, O_NONBLOCK) == -1)
			return err_set(e, ERR_LOCAL, NULL, "set up a pipe");
	(void)sigemptyset(&act.sa_mask);
	for (size_t i = 0; i < sizeof caught / sizeof *caught; i++)
		if (sigaction(caught[i], &act, NULL) == -1)
			return err_set(e, ERR_LOCAL, NULL, "catch signal %d", caught[i]);
	act.sa_handler = SIG_IGN;
	return sigaction(SIGPIPE, &act, NULL) == 0 ? 0
						   : err_set(e, ERR_LOCAL, NULL, "ignore SIGPIPE");
}

/* Wait at most wait_ms for something on stdin or a signal. */
static enum event
wait_event(int wait_ms)
{
	struct pollfd fds[2] = {
	    {.fd = STDIN_FILENO, .events = POLLIN}, {.fd = signal_pipe[0], .events = POLLIN}};
	char beats[256];
	ssize_t n;

	if (poll(fds, 2, wait_ms) == -1 && errno != EINTR)
		return EVENT_END;
	if (fds[1].revents != 0)
		return EVENT_SIGNAL;
	if (fds[0].revents == 0)
		return EVENT_NONE;
	n = read(STDIN_FILENO, beats, sizeof beats);
	if (n > 0)
		return EVENT_BEAT;
	return n == -1 && (errno == EINTR || errno == EAGAIN) ? EVENT_NONE : EVENT_END;
}

/* *e for an end that the owner did not ask for. */
static int
ended_by(enum event event, const struct lock_hold *h, struct err *e)
{
	unsigned char number = 0;

	if (event == EVENT_NONE) {
		(void)err_set(e, ERR_NO, "", "lock %s", h->path);
		return err_why(e, "no heartbeat for %lld s", (long long)h->lease_s);
	}
	(void)!read(signal_pipe[0], &number, 1);
	(void)err_set(e, ERR_NO, "", "lock %s", h->path);
	return err_why(e, "let go on signal %u", number);
}

/* ---- taking it ---- */

static int
say_who(int fd, const struct lock_hold *h, struct err *e)
{
	struct lock_record other;
	struct buf text = {0};
	const char *sentence;
	int ret = -1;

	if (lock_file_read(fd, h->path, &other, e) == 0 &&
	    lock_record_sentence(&text, &other, e) == 0) {
		sentence = buf_cstr(&text, e);
		if (sentence != NULL) {
			(void)err_set(e, ERR_NO, sentence, "lock %s", h->path);
			ret = 0;
		}
	}
	buf_free(&text);
	return ret;
}

/* Try once, opening the file anew if it is no longer the one that path names. 1, 0 or -1. */
static int
try_once(int *fd, const struct lock_hold *h, struct err *e)
{
	int ret = lock_file_try(*fd, h->path, e);

	if (ret != -1 || e->kind != ERR_NONE)
		return ret;
	(void)close(*fd);
	*fd = lock_file_open(h->path, e);
	return *fd == -1 ? -1 : 0;
}

/* A holder that is stopped (SIGSTOP, a frozen container) cannot let go when its lease is over. */
struct watch {
	int64_t beat_ms;   /* its last heartbeat when we began to watch */
	int64_t since_ms;  /* when that was */
	int64_t killed_ms; /* 0: not yet */
};

/* Watch a holder whose lease is over, and end it if it does not stir. 1: that is under way, do not
 * give up; 0: there is no such holder, or it cannot be ended. */
static int
end_stopped(int fd, const struct lock_hold *h, struct watch *w)
{
	struct lock_record r;
	struct err ignored = {0};
	int64_t now_ms = clock_ms();

	if (w->killed_ms != 0)
		return now_ms - w->killed_ms < KILL_WAIT_MS;
	if (lock_file_read(fd, h->path, &r, &ignored) == -1 || !lock_process_expired(&r))
		return 0;
	if (w->beat_ms != r.beat_ms)
		*w = (struct watch){.beat_ms = r.beat_ms, .since_ms = now_ms};
	if (now_ms - w->since_ms < WATCH_MS)
		return 1;
	if (lock_process_kill(fd, h->path, &r, &ignored) == -1)
		return 0;
	w->killed_ms = now_ms;
	(void)fprintf(stderr,
	    "deploy-lock: lock %s: process %ld of %s was stopped beyond its lease of %lld s: "
	    "ended\n",
	    h->path, r.pid, r.owner, (long long)r.lease_s);
	return 1;
}

/* Take the lock or give up when the owner is gone or the time is over. */
static int
take(int *fd, const struct lock_hold *h, struct err *e)
{
	int64_t start_ms = clock_ms();
	int64_t deadline_ms = start_ms + h->wait_s * 1000;
	int64_t beat_ms = start_ms;
	struct watch watch = {0};
	bool said = false;

	for (;;) {
		int ret = try_once(fd, h, e);
		enum event event;

		if (ret != 0)
			return ret == 1 ? 0 : -1;
		if (clock_ms() - start_ms >= PROBE_GRACE_MS && !end_stopped(*fd, h, &watch)) {
			if (say_who(*fd, h, e) == -1 || clock_ms() >= deadline_ms)
				return -1;
			if (!said)
				(void)fprintf(
				    stderr, "deploy-lock: waiting: %s: %s\n", e->what, e->why);
			said = true;
		}
		event = wait_event(TRY_STEP_MS);
		if (event == EVENT_SIGNAL)
			return ended_by(event, h, e);
		if (event == EVENT_END) { /* the owner is gone, or waits for nothing */
			(void)say_who(*fd, h, e);
			return -1;
		}
		if (event == EVENT_BEAT)
			beat_ms = clock_ms();
		if (clock_ms() - beat_ms >= h->lease_s * 1000)
			return ended_by(EVENT_NONE, h, e);
	}
}

/* ---- saying who we are ---- */

static int
random_token(char token[LOCK_VALUE_MAX], struct err *e)
{
	uint8_t bytes[TOKEN_BYTES];
	int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd == -1)
		return err_set(e, ERR_LOCAL, NULL, "open /dev/urandom");
	n = read(fd, bytes, sizeof bytes);
	(void)close(fd);
	if (n != (ssize_t)sizeof bytes)
		return err_set(e, ERR_LOCAL, n == -1 ? NULL : "too few bytes", "read /dev/urandom");
	text_hex(bytes, sizeof bytes, token);
	return 0;
}

static int
fill(const struct lock_hold *h, struct lock_record *r, struct err *e)
{
	const struct passwd *user = h->owner == NULL ? getpwuid(geteuid()) : NULL;
	const char *owner = h->owner != NULL ? h->owner : user != NULL ? user->pw_name : "";
	char since[CLOCK_ISO_LEN];
	struct utsname host;

	*r = (struct lock_record){.lease_s = h->lease_s};
	lock_process_self(r);
	clock_iso(clock_unix_s(), since);
	if (lock_value_set(r->owner, owner, e) == -1 || lock_value_set(r->since, since, e) == -1 ||
	    lock_value_set(r->url, h->url != NULL ? h->url : "", e) == -1)
		return -1;
	if (uname(&host) == 0 && lock_value_set(r->host, host.nodename, e) == -1)
		return -1;
	return h->token != NULL ? lock_value_set(r->token, h->token, e) : random_token(r->token, e);
}

static int
announce(const struct lock_record *r, struct err *e)
{
	if (printf("%s\n", r->token) < 0 || fflush(stdout) != 0)
		return err_set(e, ERR_LOCAL, NULL, "print the token");
	return 0;
}

/* ---- keeping it ---- */

/* The time of a machine that slept counts. */
static int
keep(int fd, const struct lock_hold *h, struct err *e)
{
	int64_t beat_ms = clock_boot_ms();
	int64_t written_ms = beat_ms;
	struct err ignored = {0};

	for (;;) {
		int64_t left_ms = beat_ms + h->lease_s * 1000 - clock_boot_ms();
		enum event event = wait_event(left_ms < 0       ? 0
					      : left_ms > 60000 ? 60000
								: (int)left_ms);

		switch (event) {
		case EVENT_BEAT:
			beat_ms = clock_boot_ms();
			if (beat_ms - written_ms < BEAT_STEP_MS)
				break;
			/* In place, so that a full disk is no obstacle. */
			(void)lock_file_beat(fd, h->path, beat_ms, &ignored);
			written_ms = beat_ms;
			break;
		case EVENT_END:
			return 0;
		case EVENT_SIGNAL:
			return ended_by(event, h, e);
		case EVENT_NONE:
			if (clock_boot_ms() - beat_ms >= h->lease_s * 1000)
				return ended_by(event, h, e);
			break;
		}
	}
}

int
lock_hold(const struct lock_hold *h, struct err *e)
{
	struct lock_record record;
	struct err ignored = {0};
	int ret = -1;
	int fd = -1;

	if (catch_signals(e) == -1)
		return -1;
	fd = lock_file_open(h->path, e);
	if (fd == -1)
		return -1;
	if (take(&fd, h, e) == -1)
		goto out;
	if (fill(h, &record, e) == 0 && lock_file_write(fd, h->path, &record, e) == 0 &&
	    announce(&record, e) == 0)
		ret = keep(fd, h, e);
	(void)lock_file_clear(
	    fd, h->path, &ignored); /* what it says is void without the lock anyway */
out:
	if (fd != -1)
		(void)close(fd);
	return ret;
}
