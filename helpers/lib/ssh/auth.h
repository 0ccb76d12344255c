/* SPDX-License-Identifier: MIT */
/* lib/ssh/auth.h: which one key is offered, and the exchange that offers it. The choice, in order:
 * the identity that option or inventory names; ssh_config's first IdentityFile that exists; the
 * agent's key if it holds exactly one; the first of ~/.ssh/id_ed25519, id_ecdsa, id_rsa, id_rsa_*
 * (CircleCI's names, whatever the key's type). A key that is encrypted or only public is used
 * through the agent, which must hold it. */
#ifndef SSH_AUTH_H
#define SSH_AUTH_H
#include <libssh2.h>
#include <stdbool.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/ssh/keyfile.h"
#include "lib/ssh/target.h"

/* Zeroed: none chosen. */
struct auth_key {
	struct keyfile file; /* the private key, unless from_agent */
	bool from_agent;
	char *agent_path;    /* its socket */
	struct buf blob;     /* public key; empty only for a file that does not tell it */
	char *label;         /* for messages: "ssh-ed25519 SHA256:... (/root/.ssh/id_ed25519)" */
	size_t n_passed_over; /* other keys that were there to choose from */
	struct err sign_error; /* why signing failed, if it did */
};

/* Choose for one host. -1 with ERR_LOCAL: no key, or one that cannot be used. */
int auth_choose(const struct ssh_target *t, struct auth_key *out, struct err *e);
void auth_key_free(struct auth_key *k);

/* Offer the key. 1: logged in; 0: call again when the socket is ready; -1: refused, or the
 * connection broke (libssh2_session_last_errno tells). The key must stay where it is meanwhile. */
int auth_offer(LIBSSH2_SESSION *session, const char *user, struct auth_key *k);

#endif
