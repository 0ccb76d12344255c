/* SPDX-License-Identifier: MIT */
#include "lib/ssh/agent.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/base/text.h"
#include "lib/ssh/pubkey.h"

#define MESSAGE_MAX ((size_t)256 * 1024) /* bytes; OpenSSH's own limit */
#define KEYS_MAX 2048u                   /* OpenSSH's own limit */

enum message {
	REQUEST_IDENTITIES = 11,
	IDENTITIES_ANSWER = 12,
	SIGN_REQUEST = 13,
	SIGN_RESPONSE = 14
};

enum sign_flag { RSA_SHA2_256 = 2, RSA_SHA2_512 = 4 };

static int
add_be32(struct buf *out, size_t n, struct err *e)
{
	uint8_t word[4] = {(uint8_t)(n >> 24 & 0xff), (uint8_t)(n >> 16 & 0xff),
	    (uint8_t)(n >> 8 & 0xff), (uint8_t)(n & 0xff)};

	return buf_add(out, word, sizeof(word), e);
}

static int
add_string(struct buf *out, const void *bytes, size_t n, struct err *e)
{
	return add_be32(out, n, e) == -1 ? -1 : buf_add(out, bytes, n, e);
}

static int
connect_agent(const char *path, struct err *e)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct timeval limit = {.tv_sec = AGENT_TIMEOUT_S};
	int fd;

	if (strlen(path) >= sizeof(address.sun_path))
		return err_set(e, ERR_LOCAL, "path is too long", "connect to the agent %s", path);
	memcpy(address.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return err_set(e, ERR_LOCAL, NULL, "open a socket");
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) == -1 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) == -1 ||
	    connect(fd, (const struct sockaddr *)&address, sizeof(address)) == -1) {
		(void)err_set(e, ERR_LOCAL, NULL, "connect to the agent %s", path);
		(void)close(fd);
		return -1;
	}
	return fd;
}

static int
lost(const char *path, const char *why, struct err *e)
{
	return err_set(e, ERR_LOCAL, why, "talk to the agent %s", path);
}

/* Send and receive until done; true for receiving. */
static int
move_all(int fd, bool receiving, uint8_t *p, size_t n, const char *path, struct err *e)
{
	while (n > 0) {
		ssize_t got = receiving ? recv(fd, p, n, 0) : send(fd, p, n, MSG_NOSIGNAL);

		if (got == -1 && errno == EINTR)
			continue;
		if (got == -1 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return lost(path, "no answer", e);
		if (got == -1)
			return lost(path, NULL, e);
		if (got == 0)
			return lost(path, "it closed the connection", e);
		p += got;
		n -= (size_t)got;
	}
	return 0;
}

/* One request, one answer; *answer gets the message without its length. */
static int
ask(const char *path, const struct buf *request, struct buf *answer, struct err *e)
{
	struct buf frame = {0};
	uint8_t head[4];
	struct rd in;
	uint32_t len = 0;
	uint8_t *p;
	int ret = -1;
	int fd = connect_agent(path, e);

	if (fd == -1)
		return -1;
	if (add_string(&frame, request->bytes, request->len, e) == -1 ||
	    move_all(fd, false, frame.bytes, frame.len, path, e) == -1 ||
	    move_all(fd, true, head, sizeof(head), path, e) == -1)
		goto out;
	in = rd_of(head, sizeof(head));
	(void)rd_be32(&in, &len);
	if (len == 0 || len > MESSAGE_MAX) {
		(void)lost(path, "answer of impossible length", e);
		goto out;
	}
	p = buf_reserve(answer, len, e);
	if (p == NULL || move_all(fd, true, p, len, path, e) == -1)
		goto out;
	buf_grew(answer, len);
	ret = 0;
out:
	buf_free(&frame);
	(void)close(fd);
	return ret;
}

static int
add_key(struct agent_keys *out, const uint8_t *blob, size_t len, const uint8_t *comment,
    size_t comment_len, struct err *e)
{
	struct agent_key *grown = realloc(out->keys, (out->n + 1) * sizeof(*grown));
	struct agent_key *key;

	if (grown == NULL)
		return err_set(e, ERR_LOCAL, NULL, "list the agent's keys");
	out->keys = grown;
	key = &grown[out->n];
	key->blob = malloc(len);
	key->comment = text_dup((const char *)comment, comment_len, e);
	if (key->blob == NULL || key->comment == NULL) {
		free(key->blob);
		free(key->comment);
		return err_set(e, ERR_LOCAL, NULL, "list the agent's keys");
	}
	memcpy(key->blob, blob, len);
	key->len = len;
	out->n++;
	return 0;
}

int
agent_parse_identities(const uint8_t *bytes, size_t n, struct agent_keys *out, struct err *e)
{
	struct rd in = rd_of(bytes, n);
	uint8_t message;
	uint32_t n_keys;
	uint32_t i;

	if (!rd_u8(&in, &message) || message != IDENTITIES_ANSWER || !rd_be32(&in, &n_keys) ||
	    n_keys > KEYS_MAX)
		return err_set(e, ERR_LOCAL, "malformed answer", "list the agent's keys");
	for (i = 0; i < n_keys; i++) {
		const uint8_t *blob;
		const uint8_t *comment;
		uint32_t len;
		uint32_t comment_len;

		if (!rd_be32(&in, &len) || len == 0 || len > PUBKEY_BLOB_MAX ||
		    !rd_bytes(&in, len, &blob) || !rd_be32(&in, &comment_len) ||
		    !rd_bytes(&in, comment_len, &comment))
			return err_set(e, ERR_LOCAL, "malformed answer", "list the agent's keys");
		if (add_key(out, blob, len, comment, comment_len, e) == -1)
			return -1;
	}
	return 0;
}

int
agent_list(const char *path, struct agent_keys *out, struct err *e)
{
	struct buf request = {0};
	struct buf answer = {0};
	int ret = -1;

	if (buf_byte(&request, REQUEST_IDENTITIES, e) == 0 && ask(path, &request, &answer, e) == 0)
		ret = agent_parse_identities(answer.bytes, answer.len, out, e);
	buf_free(&request);
	buf_free(&answer);
	return ret;
}

void
agent_keys_free(struct agent_keys *k)
{
	size_t i;

	for (i = 0; i < k->n; i++) {
		free(k->keys[i].blob);
		free(k->keys[i].comment);
	}
	free(k->keys);
	memset(k, 0, sizeof(*k));
}

/* SIGN_RESPONSE: string that holds string algorithm, string signature. */
static int
parse_signature(const struct buf *answer, const char *algorithm, struct buf *signature,
    struct err *e)
{
	struct rd in = rd_of(answer->bytes, answer->len);
	const uint8_t *bytes;
	uint8_t message;
	uint32_t len;

	if (!rd_u8(&in, &message) || message != SIGN_RESPONSE)
		return err_set(e, ERR_LOCAL, "it refused", "let the agent sign");
	if (!rd_be32(&in, &len) || !rd_bytes(&in, len, &bytes))
		return err_set(e, ERR_LOCAL, "malformed answer", "let the agent sign");
	in = rd_of(bytes, len);
	if (!rd_be32(&in, &len) || !rd_bytes(&in, len, &bytes))
		return err_set(e, ERR_LOCAL, "malformed answer", "let the agent sign");
	if (len != strlen(algorithm) || memcmp(bytes, algorithm, len) != 0)
		return err_set(e, ERR_LOCAL, "it signs with another algorithm only",
		    "let the agent sign with %s", algorithm);
	if (!rd_be32(&in, &len) || len == 0 || !rd_bytes(&in, len, &bytes))
		return err_set(e, ERR_LOCAL, "malformed answer", "let the agent sign");
	return buf_add(signature, bytes, len, e);
}

int
agent_sign(const char *path, const uint8_t *blob, size_t blob_len, const char *algorithm,
    const uint8_t *bytes, size_t n, struct buf *signature, struct err *e)
{
	struct buf request = {0};
	struct buf answer = {0};
	size_t flags = 0;
	int ret = -1;

	if (strcmp(algorithm, "rsa-sha2-512") == 0)
		flags = RSA_SHA2_512;
	else if (strcmp(algorithm, "rsa-sha2-256") == 0)
		flags = RSA_SHA2_256;
	if (buf_byte(&request, SIGN_REQUEST, e) == 0 &&
	    add_string(&request, blob, blob_len, e) == 0 && add_string(&request, bytes, n, e) == 0 &&
	    add_be32(&request, flags, e) == 0 && ask(path, &request, &answer, e) == 0)
		ret = parse_signature(&answer, algorithm, signature, e);
	buf_free(&request);
	buf_free(&answer);
	return ret;
}
