/* SPDX-License-Identifier: MIT */
/* lib/ssh/agent.h: a client of ssh-agent (draft-miller-ssh-agent 3.5, 3.6): list keys, sign. The agent
 * is local and answers at once; calls block, for at most AGENT_TIMEOUT_S per message. */
#ifndef SSH_AGENT_H
#define SSH_AGENT_H
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"

#define AGENT_TIMEOUT_S 10

struct agent_key {
	uint8_t *blob; /* public key in wire form */
	size_t len;
	char *comment; /* as the agent gives it; may hold any byte but NUL */
};

/* Zeroed: none. */
struct agent_keys {
	struct agent_key *keys;
	size_t n;
};

/* Append what an SSH_AGENT_IDENTITIES_ANSWER (without its length) lists. -1 with ERR_LOCAL if it is
 * malformed. Pure. */
int agent_parse_identities(const uint8_t *bytes, size_t n, struct agent_keys *out, struct err *e);
/* Ask the agent on the Unix socket `path`. */
int agent_list(const char *path, struct agent_keys *out, struct err *e);
void agent_keys_free(struct agent_keys *k);

/* Let the agent sign n bytes with the key `blob`; an RSA key signs with the SHA-2 that `algorithm`
 * names ("rsa-sha2-512", "rsa-sha2-256"). *signature gets the bare signature, without the algorithm's
 * name. -1 with ERR_LOCAL: not to be reached, or refused. */
int agent_sign(const char *path, const uint8_t *blob, size_t blob_len, const char *algorithm,
               const uint8_t *bytes, size_t n, struct buf *signature, struct err *e);

#endif
