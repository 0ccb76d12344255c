/* SPDX-License-Identifier: MIT */
#include "lib/ssh/session.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/text.h"
#include "lib/ssh/session_internal.h"

/* Orders of preference. BearSSL 0.6 has fast AES on x86 only; its finite-field DH is slow, so last. */
#define KEX_ORDER \
	"mlkem768x25519-sha256,curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256," \
	"ecdh-sha2-nistp384,ecdh-sha2-nistp521,diffie-hellman-group-exchange-sha256," \
	"diffie-hellman-group16-sha512,diffie-hellman-group14-sha256"
#define AES_GCM "aes128-gcm@openssh.com,aes256-gcm@openssh.com"
#define CHACHA "chacha20-poly1305@openssh.com"
#define AES_CTR "aes256-ctr,aes192-ctr,aes128-ctr"
#if defined(__x86_64__)
#define CIPHER_ORDER AES_GCM "," CHACHA "," AES_CTR
#else
#define CIPHER_ORDER CHACHA "," AES_GCM "," AES_CTR
#endif
#define MAC_ORDER \
	"hmac-sha2-512-etm@openssh.com,hmac-sha2-256-etm@openssh.com,hmac-sha2-512,hmac-sha2-256"
#define SIGN_ORDER "rsa-sha2-512,rsa-sha2-256"

#define ASK_MIN_S 2 /* libssh2 sends a keepalive at most every two seconds: target.c knows */
#define FREE_TRIES 8

static struct ssh_session *
session_of(void **abstract)
{
	return *abstract;
}

static LIBSSH2_RECV_FUNC(receive)
{
	struct ssh_session *s = session_of(abstract);
	int one = 1;
	ssize_t got;

	do
		got = recv(socket, buffer, length, flags);
	while (got == -1 && errno == EINTR);
	if (got == -1)
		return -errno;
	if (got > 0)
		s->alive_ms = clock_ms();
	/* Acknowledge at once: an OpenSSH server before 10 waits for it (Nagle) in the middle of
	 * opening a channel. The kernel forgets this wish, so it is renewed. Not vital. */
	(void)setsockopt(socket, IPPROTO_TCP, TCP_QUICKACK, &one, sizeof(one));
	return got;
}

static LIBSSH2_SEND_FUNC(transmit)
{
	struct ssh_session *s = session_of(abstract);
	ssize_t sent;

	do
		sent = send(socket, buffer, length, flags | MSG_NOSIGNAL);
	while (sent == -1 && errno == EINTR);
	if (sent == -1) {
		s->send_blocked = s->send_blocked || errno == EAGAIN;
		return -errno;
	}
	if (s->send_blocked)
		s->alive_ms = clock_ms();
	s->send_blocked = (size_t)sent < length;
	return sent;
}

/* The type that libssh2 wants for every kind of callback. */
union callback {
	LIBSSH2_RECV_FUNC((*receive));
	LIBSSH2_SEND_FUNC((*transmit));
	libssh2_cb_generic *any;
};

static int
prefer(struct ssh_session *s, int method, const char *order, struct err *e)
{
	if (libssh2_session_method_pref(s->lib, method, order) == 0)
		return 0;
	return ssh_session_fail(s, ERR_INTERNAL, "choose algorithms", e);
}

/* libssh2's own state, ready for the handshake. */
static int
make_lib(struct ssh_session *s, struct err *e)
{
	const union callback on_receive = {.receive = receive};
	const union callback on_send = {.transmit = transmit};
	struct buf host_keys = {0};
	int ret = -1;

	s->lib = libssh2_session_init_ex(NULL, NULL, NULL, s); /* NULL: malloc, free, realloc */
	if (s->lib == NULL)
		return err_set(e, ERR_LOCAL, "no memory", "open an SSH session");
	libssh2_session_set_blocking(s->lib, 0);
	(void)libssh2_session_callback_set2(s->lib, LIBSSH2_CALLBACK_RECV, on_receive.any);
	(void)libssh2_session_callback_set2(s->lib, LIBSSH2_CALLBACK_SEND, on_send.any);
	libssh2_keepalive_config(s->lib, 1, ASK_MIN_S);
	if (hostkey_algorithms(&s->known, &host_keys, e) == 0 && buf_byte(&host_keys, 0, e) == 0 &&
	    prefer(s, LIBSSH2_METHOD_HOSTKEY, (const char *)host_keys.bytes, e) == 0 &&
	    prefer(s, LIBSSH2_METHOD_KEX, KEX_ORDER, e) == 0 &&
	    prefer(s, LIBSSH2_METHOD_CRYPT_CS, CIPHER_ORDER, e) == 0 &&
	    prefer(s, LIBSSH2_METHOD_CRYPT_SC, CIPHER_ORDER, e) == 0 &&
	    prefer(s, LIBSSH2_METHOD_MAC_CS, MAC_ORDER, e) == 0 &&
	    prefer(s, LIBSSH2_METHOD_MAC_SC, MAC_ORDER, e) == 0 &&
	    prefer(s, LIBSSH2_METHOD_SIGN_ALGO, SIGN_ORDER, e) == 0)
		ret = 0;
	buf_free(&host_keys);
	return ret;
}

/* What the operator can make more of than of libssh2's own words ("transport read"). */
static const char *
plain_words(int code, const char *text)
{
	switch (code) {
	case LIBSSH2_ERROR_SOCKET_DISCONNECT:
	case LIBSSH2_ERROR_SOCKET_RECV:
		return "the server closed the connection";
	case LIBSSH2_ERROR_SOCKET_SEND:
		return "the connection broke";
	case LIBSSH2_ERROR_INVALID_MAC:
	case LIBSSH2_ERROR_DECRYPT:
		return "bytes were damaged on the way";
	default:
		return text == NULL || text[0] == '\0' ? "SSH protocol error" : text;
	}
}

int
ssh_session_fail(struct ssh_session *s, enum err_kind kind, const char *what, struct err *e)
{
	char *text = NULL;
	int code = libssh2_session_last_error(s->lib, &text, NULL, 0);

	return err_set(e, kind, plain_words(code, text), "%s", what);
}

struct ssh_session *
ssh_session_new(const struct ssh_target *t, struct err *e)
{
	struct ssh_session *s = calloc(1, sizeof(*s));

	if (s == NULL) {
		(void)err_set(e, ERR_LOCAL, NULL, "prepare a session");
		return NULL;
	}
	s->target = t;
	s->fd = -1;
	s->state = SSH_WAIT_ADDRESS;
	s->ready_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (s->ready_fd == -1) {
		(void)err_set(e, ERR_LOCAL, NULL, "open /dev/null");
		ssh_session_free(s);
		return NULL;
	}
	s->connect_deadline_ms = clock_ms() + t->connect_timeout_ms;
	if (known_keys_load(t, &s->known, e) == -1 || auth_choose(t, &s->key, e) == -1 ||
	    lookup_start(&s->lookup, t->address, t->port, e) == -1) {
		ssh_session_free(s);
		return NULL;
	}
	return s;
}

static void
close_socket(struct ssh_session *s)
{
	if (s->fd != -1)
		(void)close(s->fd);
	s->fd = -1;
}

/* Give the address its share of the time that is left for all. */
static void
start_attempt(struct ssh_session *s)
{
	int64_t now = clock_ms();
	int64_t left = s->connect_deadline_ms - now;
	int64_t n_left = (int64_t)(s->lookup.n - s->next_address);

	s->attempt_deadline_ms = now + left / (n_left > 0 ? n_left : 1);
	s->next_address++;
}

static int
open_socket(const struct lookup_address *a, struct err *e)
{
	int one = 1;
	int fd = socket(a->at.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd == -1)
		return err_set(e, ERR_CONNECT, NULL, "open a socket");
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return fd;
}

static int
connect_failed(const struct ssh_session *s, int code, struct err *e)
{
	char at[100];

	lookup_text(&s->lookup.addresses[s->next_address - 1], at, sizeof(at));
	return err_set(e, ERR_CONNECT, strerror(code), "connect to %s (%s)", s->target->address, at);
}

/* Begin with the next address, and the next, until one does not fail at once. */
static int
connect_next(struct ssh_session *s, struct err *e)
{
	while (s->next_address < s->lookup.n) {
		const struct lookup_address *a = &s->lookup.addresses[s->next_address];

		close_socket(s);
		start_attempt(s);
		s->fd = open_socket(a, e);
		if (s->fd == -1)
			continue;
		if (connect(s->fd, &a->at.any, a->len) == 0 || errno == EINPROGRESS || errno == EINTR) {
			s->state = SSH_WAIT_CONNECT;
			return 0;
		}
		(void)connect_failed(s, errno, e);
	}
	return -1;
}

/* Is the socket ready now? */
static bool
ready(int fd, short events)
{
	struct pollfd p = {.fd = fd, .events = events};

	return poll(&p, 1, 0) > 0;
}

/* Each step function: 1 progress, 0 wait, -1 *e. */
static int
step_address(struct ssh_session *s, struct err *e)
{
	int got = lookup_step(&s->lookup, e);

	if (got == -1)
		(void)snprintf(e->what, sizeof(e->what), "look up %s", s->target->address);
	if (got != 1)
		return got;
	return connect_next(s, e) == -1 ? -1 : 1;
}

static int
step_connect(struct ssh_session *s, struct err *e)
{
	int code = 0;
	socklen_t len = sizeof(code);

	if (!ready(s->fd, POLLOUT)) {
		if (clock_ms() < s->attempt_deadline_ms)
			return 0;
		code = ETIMEDOUT;
	} else if (getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &code, &len) == -1) {
		code = errno;
	}
	if (code != 0) {
		(void)connect_failed(s, code, e);
		return connect_next(s, e) == -1 ? -1 : 1;
	}
	s->alive_ms = clock_ms();
	s->state = SSH_WAIT_HANDSHAKE;
	return make_lib(s, e) == -1 ? -1 : 1;
}

static int
describe_algorithms(struct ssh_session *s, struct err *e)
{
	const char *mac = libssh2_session_methods(s->lib, LIBSSH2_METHOD_MAC_CS);
	const char *cipher = libssh2_session_methods(s->lib, LIBSSH2_METHOD_CRYPT_CS);
	bool own_mac = strstr(cipher, "gcm") == NULL && strstr(cipher, "poly1305") == NULL;

	s->algorithms = text_fmt(e, "%s, %s, %s%s%s",
	    libssh2_session_methods(s->lib, LIBSSH2_METHOD_KEX),
	    libssh2_session_methods(s->lib, LIBSSH2_METHOD_HOSTKEY), cipher, own_mac ? ", " : "",
	    own_mac ? mac : "");
	return s->algorithms == NULL ? -1 : 0;
}

static int
handshake_failed(struct ssh_session *s, int code, struct err *e)
{
	(void)ssh_session_fail(s, ERR_CONNECT, "", e);
	(void)snprintf(e->what, sizeof(e->what), "set up SSH with %s port %u", s->target->address,
	    (unsigned)s->target->port);
	switch (code) {
	case LIBSSH2_ERROR_BANNER_RECV:
	case LIBSSH2_ERROR_SOCKET_DISCONNECT:
	case LIBSSH2_ERROR_SOCKET_RECV:
	case LIBSSH2_ERROR_SOCKET_SEND:
		return err_hint(e, "it closed the connection, or is no SSH server");
	case LIBSSH2_ERROR_KEX_FAILURE:
	case LIBSSH2_ERROR_KEY_EXCHANGE_FAILURE:
	case LIBSSH2_ERROR_METHOD_NONE:
		return err_hint(e, "the two have no algorithm in common, or its host key is an RSA key of "
		    "fewer than 2048 bits");
	default:
		return -1;
	}
}

static int
step_handshake(struct ssh_session *s, struct err *e)
{
	int code = libssh2_session_handshake(s->lib, s->fd);
	const char *blob;
	size_t len;
	int type;

	if (code == LIBSSH2_ERROR_EAGAIN)
		return 0;
	if (code != 0)
		return handshake_failed(s, code, e);
	blob = libssh2_session_hostkey(s->lib, &len, &type);
	if (blob == NULL)
		return ssh_session_fail(s, ERR_CONNECT, "get the host key", e);
	if (hostkey_check(s->target, &s->known, (const uint8_t *)blob, len, e) == -1 ||
	    describe_algorithms(s, e) == -1)
		return -1;
	s->state = SSH_WAIT_AUTH;
	return 1;
}

static int
step_auth(struct ssh_session *s, struct err *e)
{
	int got = auth_offer(s->lib, s->target->user, &s->key);
	int code = libssh2_session_last_errno(s->lib);

	if (got == 0)
		return 0;
	if (got == 1) {
		s->alive_ms = clock_ms();
		s->state = SSH_READY;
		return 1;
	}
	if (s->key.sign_error.kind != ERR_NONE) {
		*e = s->key.sign_error;
		e->kind = ERR_CONNECT;
		return -1;
	}
	(void)ssh_session_fail(s, ERR_CONNECT, "", e);
	(void)snprintf(e->what, sizeof(e->what), "log in as %s with %s", s->target->user,
	    s->key.label);
	/* libssh2 says so for a key that cannot sign: damaged, or asked for what it does not do. */
	if (strcmp(e->why, "Callback returned error") == 0)
		return err_hint(e, "the key cannot sign for this server: it is damaged, or the server knows "
		    "RSA keys with SHA-1 only, which we do not do");
	if (code != LIBSSH2_ERROR_AUTHENTICATION_FAILED &&
	    code != LIBSSH2_ERROR_PUBLICKEY_UNVERIFIED)
		return -1;
	s->refused = *e;
	s->state = SSH_WAIT_METHODS;
	return 1;
}

/* The key was refused; say so, with what the server would accept. Always ends in -1. */
static int
step_methods(struct ssh_session *s, struct err *e)
{
	const char *user = s->target->user;
	const char *methods =
	    libssh2_userauth_list(s->lib, user, (unsigned)strlen(user));

	if (methods == NULL && libssh2_session_last_errno(s->lib) == LIBSSH2_ERROR_EAGAIN)
		return 0;
	*e = s->refused;
	if (methods == NULL)
		(void)snprintf(e->why, sizeof(e->why), "the server refused the key");
	else
		(void)snprintf(e->why, sizeof(e->why), "the server refused the key (it accepts: %s)",
		    methods);
	if (s->key.n_passed_over > 0)
		return err_hint(e, "one key is offered, and %zu more were there: name the right one by "
		    "--identity", s->key.n_passed_over);
	return err_hint(e, "its public half must be a line of ~%s/.ssh/authorized_keys on the host",
	    user);
}

/* Ask for a sign of life when there was none for a while; end the session when none came. */
static int
keep_alive(struct ssh_session *s, struct err *e)
{
	const struct ssh_target *t = s->target;
	int64_t now = clock_ms();
	int64_t since;

	if (t->alive_interval_ms == 0 || s->n_streams == 0)
		return 0;
	if (now - s->alive_ms >= t->alive_interval_ms && ready(s->fd, POLLIN))
		s->alive_ms = now; /* it has spoken; we were busy elsewhere and have not read it yet */
	if (now - s->alive_ms >= t->alive_interval_ms * (t->alive_count + 1)) {
		(void)err_set(e, ERR_PROTO, "no sign of life from the server",
		    "wait for %s (%lld s)", t->address, (long long)(now - s->alive_ms) / 1000);
		return err_hint(e, "the network or the host went away");
	}
	since = s->asked_ms > s->alive_ms ? s->asked_ms : s->alive_ms;
	if (now - since < t->alive_interval_ms)
		return 0;
	/* Only where it goes out whole: libssh2 forgets the rest of a half-sent keepalive, and every
	 * later call would wait for it. A full socket has our data to be acknowledged anyway. */
	s->asked_ms = now;
	if (s->first == NULL && ready(s->fd, POLLOUT) &&
	    libssh2_keepalive_send(s->lib, NULL) != 0)
		return ssh_session_fail(s, ERR_PROTO, "keep the connection alive", e);
	return 0;
}

static int
timed_out(const struct ssh_session *s, struct err *e)
{
	static const char *const awaited[] = {
		[SSH_WAIT_ADDRESS] = "the name lookup gave nothing",
		[SSH_WAIT_CONNECT] = "TCP got no answer",
		[SSH_WAIT_HANDSHAKE] = "the server did not finish the SSH handshake",
		[SSH_WAIT_AUTH] = "the server did not answer the login",
		[SSH_WAIT_METHODS] = "the server did not answer the login",
	};

	return err_set(e, ERR_CONNECT, awaited[s->state], "connect to %s port %u within %lld s",
	    s->target->address, (unsigned)s->target->port,
	    (long long)s->target->connect_timeout_ms / 1000);
}

static int
step_once(struct ssh_session *s, struct err *e)
{
	switch (s->state) {
	case SSH_WAIT_ADDRESS:
		return step_address(s, e);
	case SSH_WAIT_CONNECT:
		return step_connect(s, e);
	case SSH_WAIT_HANDSHAKE:
		return step_handshake(s, e);
	case SSH_WAIT_AUTH:
		return step_auth(s, e);
	case SSH_WAIT_METHODS:
		return step_methods(s, e);
	case SSH_READY:
		return keep_alive(s, e);
	case SSH_CLOSED:
		break;
	}
	return err_set(e, ERR_INTERNAL, "already closed", "use the session to %s",
	    s->target->address);
}

int
ssh_session_step(struct ssh_session *s, struct err *e)
{
	int got;

	do
		got = step_once(s, e);
	while (got == 1 && s->state != SSH_READY);
	if (got == 0 && s->state < SSH_READY && clock_ms() >= s->connect_deadline_ms)
		got = timed_out(s, e);
	if (got == -1) {
		s->state = SSH_CLOSED;
		return -1;
	}
	return s->state == SSH_READY;
}

size_t
ssh_session_poll(const struct ssh_session *s, struct pollfd *fds, size_t max)
{
	int directions;

	if (max == 0)
		return 0;
	fds[0] = (struct pollfd){.fd = s->fd, .events = POLLIN};
	switch (s->state) {
	case SSH_WAIT_ADDRESS:
		fds[0].fd = s->lookup.fd;
		return s->lookup.n > 0 ? 0 : 1;
	case SSH_WAIT_CONNECT:
		fds[0].events = POLLOUT;
		return 1;
	case SSH_WAIT_HANDSHAKE:
	case SSH_WAIT_AUTH:
	case SSH_WAIT_METHODS:
		directions = libssh2_session_block_directions(s->lib);
		if (directions & LIBSSH2_SESSION_BLOCK_OUTBOUND)
			fds[0].events = (short)(directions & LIBSSH2_SESSION_BLOCK_INBOUND
			    ? POLLIN | POLLOUT : POLLOUT);
		return 1;
	case SSH_READY: /* the streams poll */
	case SSH_CLOSED:
		break;
	}
	return 0;
}

int64_t
ssh_session_deadline_ms(const struct ssh_session *s)
{
	const struct ssh_target *t = s->target;
	int64_t silent_ms;
	int64_t ask_ms;

	switch (s->state) {
	case SSH_WAIT_ADDRESS:
		return s->lookup.n > 0 ? 0 : s->connect_deadline_ms;
	case SSH_WAIT_CONNECT:
		return s->attempt_deadline_ms;
	case SSH_WAIT_HANDSHAKE:
	case SSH_WAIT_AUTH:
	case SSH_WAIT_METHODS:
		return s->connect_deadline_ms;
	case SSH_READY:
		if (t->alive_interval_ms == 0 || s->n_streams == 0)
			return INT64_MAX;
		silent_ms = s->alive_ms + t->alive_interval_ms * (t->alive_count + 1);
		ask_ms = (s->asked_ms > s->alive_ms ? s->asked_ms : s->alive_ms) + t->alive_interval_ms;
		return ask_ms < silent_ms ? ask_ms : silent_ms;
	case SSH_CLOSED:
		break;
	}
	return INT64_MAX;
}

const struct ssh_target *
ssh_session_target(const struct ssh_session *s)
{
	return s->target;
}

const char *
ssh_session_algorithms(const struct ssh_session *s)
{
	return s->algorithms != NULL ? s->algorithms : "";
}

static void
free_lib(struct ssh_session *s)
{
	int tries;

	if (s->lib == NULL)
		return;
	if (s->state == SSH_READY && !s->broken)
		(void)libssh2_session_disconnect(s->lib, "done");
	/* With the socket shut, what libssh2 still wants to say to the server fails at once. Should it
	 * answer EAGAIN for ever (a half-sent packet), its memory is given up. */
	(void)shutdown(s->fd, SHUT_RDWR);
	for (tries = 0; tries < FREE_TRIES; tries++)
		if (libssh2_session_free(s->lib) != LIBSSH2_ERROR_EAGAIN)
			break;
	s->lib = NULL;
}

void
ssh_session_free(struct ssh_session *s)
{
	if (s == NULL)
		return;
	free_lib(s);
	close_socket(s);
	if (s->ready_fd != -1)
		(void)close(s->ready_fd);
	lookup_free(&s->lookup);
	known_keys_free(&s->known);
	auth_key_free(&s->key);
	free(s->algorithms);
	free(s);
}
