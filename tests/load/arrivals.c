/* SPDX-License-Identifier: MIT */
/* arrivals: load with open arrivals. Requests are sent when they are due, whether or not earlier
 * ones have been answered, and latency counts from when a request was due: a server that stalls is
 * charged for every request that came in the meantime, as its visitors would.
 *
 * usage: arrivals [-k] [-p] [-r RATE] [-d SECONDS] [-t MS] [-b TEXT] http://ADDRESS[:PORT]/PATH...
 *   -k        keep connections open for further requests
 *   -p        every second request is a POST, with a body of 1,000 bytes
 *   -r RATE   requests a second to each URL [200]
 *   -d S      for so long [until SIGTERM]; then what is under way is awaited
 *   -t MS     a request has failed when it is not answered so long after it was due [10000]
 *   -b TEXT   a good answer begins with TEXT; what follows names the release
 * The release is what the header X-Slipway-Release says, or else what follows TEXT.
 * One JSON object goes to stdout: "total", and "hosts", one for each URL. Status 0 however many
 * failed, 2 for wrong usage. HTTP/1.0, so that an answer ends by its length or with its connection. */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tally.h"

#define MAX_TARGETS 16
#define ANSWER_LEN 8192 /* bytes; a longer answer is not ours */
#define REQUEST_LEN 2048
#define BODY_LEN 1000

struct target {
	const char *url;
	struct sockaddr_storage address;
	socklen_t address_len;
	char get[REQUEST_LEN], post[REQUEST_LEN];
	uint64_t n_due;    /* requests sent so far */
	int64_t offset_us; /* targets take turns */
	struct tally tally;
	struct conn *idle;
};

/* One connection; busy with one request, or idle. */
struct conn {
	int fd;
	enum { CONNECTING, ANSWERING, IDLE } state;
	struct target *target;
	int64_t due_us;
	const char *request;
	size_t len;
	char answer[ANSWER_LEN + 1];
	struct conn *prev, *next; /* of those busy, in the order they were due; or of those idle */
};

static struct {
	double rate;
	int64_t duration_us, timeout_us; /* duration 0: until a signal */
	const char *text;
	bool keep, post;
} want = {.rate = 200, .timeout_us = 10000000, .text = ""};

static struct target targets[MAX_TARGETS];
static size_t n_targets;
static struct conn *busy_first, *busy_last;
static int epoll;
static int64_t began_us;
static volatile sig_atomic_t stopped;

static void
on_stop(int signal)
{
	(void)signal;
	stopped = 1;
}

static int64_t
now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void
die(const char *what)
{
	fprintf(stderr, "arrivals: %s\n", what);
	exit(2);
}

static void
busy_add(struct conn *c)
{
	c->next = NULL;
	c->prev = busy_last;
	*(busy_last ? &busy_last->next : &busy_first) = c;
	busy_last = c;
}

static void
busy_remove(struct conn *c)
{
	*(c->prev ? &c->prev->next : &busy_first) = c->next;
	*(c->next ? &c->next->prev : &busy_last) = c->prev;
}

static void
idle_add(struct conn *c)
{
	c->state = IDLE;
	c->prev = NULL;
	c->next = c->target->idle;
	if (c->next)
		c->next->prev = c;
	c->target->idle = c;
}

static void
idle_remove(struct conn *c)
{
	*(c->prev ? &c->prev->next : &c->target->idle) = c->next;
	if (c->next)
		c->next->prev = c->prev;
}

/* Ends the connection; its request, if any, has been counted. */
static void
drop(struct conn *c)
{
	if (c->state == IDLE)
		idle_remove(c);
	else
		busy_remove(c);
	(void)close(c->fd);
	free(c);
}

static void
fail(struct conn *c, enum failure why, const char *words)
{
	tally_failed(&c->target->tally, why, now_us() - began_us, words);
	drop(c);
}

static void
watch(struct conn *c, int op, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = c};

	if (epoll_ctl(epoll, op, c->fd, &event) == -1)
		die("epoll_ctl");
}

static void
send_request(struct conn *c)
{
	size_t len = strlen(c->request);

	c->state = ANSWERING;
	c->len = 0;
	/* So few bytes fit into any socket's buffer. */
	if (send(c->fd, c->request, len, MSG_NOSIGNAL) != (ssize_t)len)
		fail(c, FAILED_RESET, "the request could not be sent");
}

static void
start(struct target *t, int64_t due_us)
{
	const char *request = want.post && t->n_due % 2 ? t->post : t->get;
	struct conn *c = t->idle;

	if (now_us() - due_us > t->tally.late_us)
		t->tally.late_us = now_us() - due_us;
	if (c) {
		idle_remove(c);
		c->due_us = due_us;
		c->request = request;
		busy_add(c);
		send_request(c);
		return;
	}
	c = calloc(1, sizeof *c);
	if (!c)
		abort();
	c->target = t;
	c->due_us = due_us;
	c->request = request;
	c->state = CONNECTING;
	busy_add(c);
	c->fd = socket(t->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (c->fd == -1)
		die("too many open connections");
	if (connect(c->fd, (const struct sockaddr *)&t->address, t->address_len) == -1 &&
	    errno != EINPROGRESS) {
		fail(c, FAILED_CONNECT, strerror(errno));
		return;
	}
	watch(c, EPOLL_CTL_ADD, EPOLLOUT);
}

/* The value of a header of the answer, which has all its headers; NULL if it is not there. */
static const char *
header(const struct conn *c, const char *name)
{
	const char *line = c->answer;
	size_t len = strlen(name);

	while ((line = strstr(line, "\r\n")) != NULL && strncmp(line, "\r\n\r\n", 4) != 0) {
		line += 2;
		if (strncasecmp(line, name, len) == 0 && line[len] == ':')
			return line + len + 1 + strspn(line + len + 1, " ");
	}
	return NULL;
}

/* The answer is whole: count it. */
static void
judge(struct conn *c, const char *body)
{
	struct tally *t = &c->target->tally;
	int64_t now = now_us();
	const char *release = header(c, "X-Slipway-Release");
	const char *kept = header(c, "Connection");
	int status = strncmp(c->answer, "HTTP/1.", 7) == 0 ? atoi(c->answer + 9) : 0;

	c->answer[strcspn(c->answer, "\r\n")] = '\0';
	if (status >= 500)
		tally_failed(t, FAILED_5XX, now - began_us, c->answer);
	else if (status >= 400)
		tally_failed(t, FAILED_4XX, now - began_us, c->answer);
	else if (status != 200 || strncmp(body, want.text, strlen(want.text)) != 0)
		tally_failed(t, FAILED_BODY, now - began_us, status == 200 ? body : c->answer);
	else
		tally_good(t, now - c->due_us, now - began_us, release ? release : body + strlen(want.text));
	if (want.keep && kept && strncasecmp(kept, "keep-alive", 10) == 0) {
		busy_remove(c);
		idle_add(c);
	} else {
		drop(c);
	}
}

/* Count the answer if all of it is there. */
static void
look(struct conn *c, bool ended)
{
	const char *body = strstr(c->answer, "\r\n\r\n"), *length;

	if (!body) {
		if (ended)
			fail(c, FAILED_RESET, "closed before an answer");
		return;
	}
	body += 4;
	length = header(c, "Content-Length");
	if (length ? strlen(body) >= strtoul(length, NULL, 10) : ended)
		judge(c, body);
	else if (ended)
		fail(c, FAILED_RESET, "closed in the middle of an answer");
}

static void
receive(struct conn *c)
{
	ssize_t n = recv(c->fd, c->answer + c->len, ANSWER_LEN - c->len, 0);

	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n == -1) {
		fail(c, FAILED_RESET, strerror(errno));
		return;
	}
	c->len += (size_t)n;
	c->answer[c->len] = '\0';
	if (c->len == ANSWER_LEN)
		fail(c, FAILED_BODY, "too long an answer");
	else
		look(c, n == 0);
}

static void
handle(struct conn *c)
{
	int error = 0;
	socklen_t len = sizeof error;

	switch (c->state) {
	case CONNECTING:
		if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &len) == -1 || error != 0) {
			fail(c, FAILED_CONNECT, strerror(error));
			return;
		}
		watch(c, EPOLL_CTL_MOD, EPOLLIN);
		send_request(c);
		return;
	case ANSWERING:
		receive(c);
		return;
	case IDLE: /* the server has closed it */
		drop(c);
		return;
	}
}

static int64_t
due_us(const struct target *t)
{
	return began_us + t->offset_us + (int64_t)((double)t->n_due * 1e6 / want.rate);
}

/* Send what is due. Returns when the next thing is to be done, INT64_MAX when all is done. */
static int64_t
step(void)
{
	int64_t next = INT64_MAX, due;
	const int64_t end = want.duration_us ? began_us + want.duration_us : INT64_MAX;
	struct target *t;

	for (t = targets; t < targets + n_targets && !stopped; t++) {
		for (; (due = due_us(t)) <= now_us() && due < end; t->n_due++)
			start(t, due);
		if (due < end && due < next)
			next = due;
	}
	while (busy_first && busy_first->due_us + want.timeout_us <= now_us())
		fail(busy_first, FAILED_TIMEOUT, "no answer in time");
	if (busy_first && busy_first->due_us + want.timeout_us < next)
		next = busy_first->due_us + want.timeout_us;
	return next;
}

static void
run(void)
{
	struct epoll_event events[64];
	int64_t next, wait_us;
	int i, n;

	began_us = now_us();
	while ((next = step()) != INT64_MAX) {
		wait_us = next - now_us();
		n = epoll_wait(epoll, events, 64, wait_us > 0 ? (int)((wait_us + 999) / 1000) : 0);
		for (i = 0; i < n; i++)
			handle(events[i].data.ptr);
	}
}

static void
write_requests(struct target *t, const char *host, const char *path)
{
	const char *kept = want.keep ? "keep-alive" : "close";
	int len = snprintf(t->get, sizeof t->get,
	    "GET %s HTTP/1.0\r\nHost: %s\r\nConnection: %s\r\n\r\n", path, host, kept);

	if (len < 0 || len >= REQUEST_LEN - BODY_LEN - 100)
		die("URL: too long");
	(void)snprintf(t->post, sizeof t->post,
	    "POST %s HTTP/1.0\r\nHost: %s\r\nConnection: %s\r\nContent-Length: %d\r\n\r\n%0*d", path, host,
	    kept, BODY_LEN, BODY_LEN, 0);
}

static void
add_target(const char *url)
{
	struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM}, *found;
	struct target *t = &targets[n_targets++];
	char host[128], port[8] = "80";
	int at = 0;

	if (n_targets > MAX_TARGETS)
		die("too many URLs");
	if (sscanf(url, "http://%127[^:/]%n", host, &at) != 1 || (url[at] == ':' &&
	    sscanf(url + at + 1, "%7[0-9]", port) != 1))
		die("URL: expects http://ADDRESS[:PORT]/PATH");
	if (getaddrinfo(host, port, &hints, &found) != 0)
		die("URL: no such address");
	memcpy(&t->address, found->ai_addr, found->ai_addrlen);
	t->address_len = found->ai_addrlen;
	freeaddrinfo(found);
	t->url = url;
	url += at + (int)strcspn(url + at, "/");
	write_requests(t, host, *url ? url : "/");
}

static double
number(const char *text)
{
	char *end;
	double value = strtod(text, &end);

	if (end == text || *end || !(value > 0 && value < 1e9))
		die("expects a number above 0");
	return value;
}

static void
report(double seconds)
{
	struct tally total = {0};
	size_t i;

	for (i = 0; i < n_targets; i++)
		tally_add(&total, &targets[i].tally);
	printf("{\"seconds\": %.1f, \"rate_per_host\": %g, \"keep_alive\": %s, \"timeout_ms\": %g,\n \"total\": {",
	    seconds, want.rate, want.keep ? "true" : "false", (double)want.timeout_us / 1e3);
	tally_json(&total, stdout);
	printf("},\n \"hosts\": [");
	for (i = 0; i < n_targets; i++) {
		printf("%s\n  {\"url\": \"%s\", ", i ? "," : "", targets[i].url);
		tally_json(&targets[i].tally, stdout);
		printf("}");
		tally_free(&targets[i].tally);
	}
	printf("]}\n");
	tally_free(&total);
}

int
main(int argc, char **argv)
{
	struct sigaction stop = {.sa_handler = on_stop};
	struct rlimit files;
	size_t i;
	int option;

	while ((option = getopt(argc, argv, "kpr:d:t:b:")) != -1) {
		switch (option) {
		case 'k': want.keep = true; break;
		case 'p': want.post = true; break;
		case 'r': want.rate = number(optarg); break;
		case 'd': want.duration_us = (int64_t)(number(optarg) * 1e6); break;
		case 't': want.timeout_us = (int64_t)(number(optarg) * 1e3); break;
		case 'b': want.text = optarg; break;
		default: die("usage: arrivals [-k] [-p] [-r RATE] [-d SECONDS] [-t MS] [-b TEXT] URL...");
		}
	}
	if (optind == argc)
		die("expects a URL");
	for (; optind < argc; optind++)
		add_target(argv[optind]);
	for (i = 0; i < n_targets; i++)
		targets[i].offset_us = (int64_t)((double)i * 1e6 / want.rate / (double)n_targets);
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	(void)sigaction(SIGTERM, &stop, NULL);
	(void)sigaction(SIGINT, &stop, NULL);
	epoll = epoll_create1(EPOLL_CLOEXEC);
	if (epoll == -1)
		die("epoll_create1");
	run();
	report((double)(now_us() - began_us) / 1e6);
	return fflush(stdout) == 0 ? 0 : 3;
}
