/* SPDX-License-Identifier: MIT */
/* A hostile server, until the keys are exchanged: libssh2, as we patch it, with our crypto engine.
 * The first byte chooses the algorithms of a well-formed KEXINIT; what follows becomes packets, each
 * of a length byte (times 4) and that much payload, or as much as there is. */
#include <fcntl.h>
#include <libssh2.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct stream {
	uint8_t bytes[1 << 17];
	size_t len;
	size_t taken;
};

static void
put(struct stream *s, const void *bytes, size_t len)
{
	if (len > sizeof(s->bytes) - s->len)
		len = sizeof(s->bytes) - s->len;
	memcpy(s->bytes + s->len, bytes, len);
	s->len += len;
}

static void
put_u32(struct stream *s, size_t n)
{
	const uint8_t bytes[4] = {(uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n};

	put(s, bytes, sizeof(bytes));
}

/* RFC 4253 6, without encryption */
static void
put_packet(struct stream *s, const uint8_t *payload, size_t len)
{
	static const uint8_t zeros[16];
	size_t padding = 8 - (len + 5) % 8 + 4;

	put_u32(s, 1 + len + padding);
	put(s, &(uint8_t){(uint8_t)padding}, 1);
	put(s, payload, len);
	put(s, zeros, padding);
}

static void
put_name_list(struct stream *s, const char *names)
{
	put_u32(s, strlen(names));
	put(s, names, strlen(names));
}

static void
put_kexinit(struct stream *out, uint8_t choice)
{
	static const char *const kex[] = {"curve25519-sha256", "ecdh-sha2-nistp256", "ecdh-sha2-nistp521",
	    "diffie-hellman-group-exchange-sha256", "diffie-hellman-group14-sha256"};
	static const char *const host_key[] = {"ssh-ed25519", "ecdsa-sha2-nistp256", "rsa-sha2-256"};
	static const uint8_t cookie[17] = {20};
	static const uint8_t end[5];
	static struct stream s;
	int i;

	s.len = 0;
	put(&s, cookie, sizeof(cookie));
	put_name_list(&s, kex[choice % 5]);
	put_name_list(&s, host_key[choice / 5 % 3]);
	for (i = 0; i < 2; i++)
		put_name_list(&s, "aes128-ctr");
	for (i = 0; i < 2; i++)
		put_name_list(&s, "hmac-sha2-256");
	for (i = 0; i < 2; i++)
		put_name_list(&s, "none");
	for (i = 0; i < 2; i++)
		put_name_list(&s, "");
	put(&s, end, sizeof(end));
	put_packet(out, s.bytes, s.len);
}

static LIBSSH2_RECV_FUNC(receive)
{
	struct stream *s = *abstract;
	size_t n = s->len - s->taken < length ? s->len - s->taken : length;

	(void)socket, (void)flags;
	memcpy(buffer, s->bytes + s->taken, n);
	s->taken += n;
	return (ssize_t)n; /* 0, the end, once all is taken */
}

static LIBSSH2_SEND_FUNC(discard)
{
	(void)socket, (void)buffer, (void)flags, (void)abstract;
	return (ssize_t)length;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct stream s;
	LIBSSH2_SESSION *session;
	int ends[2];

	if (len < 1 || socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == -1)
		return 0;
	s.len = s.taken = 0;
	put(&s, "SSH-2.0-fuzz\r\n", 14);
	put_kexinit(&s, data[0]);
	for (data++, len--; len > 0;) {
		size_t want = (size_t)data[0] * 4;
		size_t n = want < len - 1 ? want : len - 1;

		if (n > 0)
			put_packet(&s, data + 1, n);
		data += 1 + n;
		len -= 1 + n;
	}
	session = libssh2_session_init_ex(NULL, NULL, NULL, &s);
	if (session != NULL) {
		(void)libssh2_session_callback_set2(session, LIBSSH2_CALLBACK_RECV, (libssh2_cb_generic *)receive);
		(void)libssh2_session_callback_set2(session, LIBSSH2_CALLBACK_SEND, (libssh2_cb_generic *)discard);
		(void)libssh2_session_handshake(session, ends[0]);
		(void)libssh2_session_free(session);
	}
	(void)close(ends[0]);
	(void)close(ends[1]);
	return 0;
}
