/* SPDX-License-Identifier: MIT */
/* lib/ssh/hostkey.h: is this the host that we meant? known_hosts files, format of sshd(8)
 * "SSH_KNOWN_HOSTS FILE FORMAT": plain, hashed (|1|), [host]:port, wildcard and negated patterns;
 * @revoked keys are refused; @cert-authority lines are passed over (host certificates are not
 * used). Lines that cannot be read are passed over, as OpenSSH does. Never accepts silently. */
#ifndef SSH_HOSTKEY_H
#define SSH_HOSTKEY_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/ssh/pubkey.h"
#include "lib/ssh/target.h"

/* A key that known_hosts has for one host. */
struct known_key {
	char type[PUBKEY_TYPE_MAX];
	uint8_t *blob;
	size_t len;
	char *file;
	size_t line;
	bool revoked;
};

/* Zeroed: none known. */
struct known_keys {
	struct known_key *keys;
	size_t n;
};

/* Append what the text (n bytes of `file`) has for `host` at `port` (alias: the port is of no
 * meaning; pass 22). 0, or -1 without memory. */
int known_keys_parse(const void *text, size_t n, const char *file, const char *host, uint16_t port,
                     struct known_keys *out, struct err *e);
/* Read all of the target's known_hosts files. */
int known_keys_load(const struct ssh_target *t, struct known_keys *out, struct err *e);
void known_keys_free(struct known_keys *k);

/* Append the host key algorithms to offer, "a,b,c": those of known keys first, so that a server
 * with several keys presents one that we can check. */
int hostkey_algorithms(const struct known_keys *k, struct buf *out, struct err *e);

/* May the session go on with this key? 0, or -1 with ERR_CONNECT naming what was presented, what was
 * expected and where that stands, and what the operator can do. */
int hostkey_check(const struct ssh_target *t, const struct known_keys *k, const uint8_t *blob,
                  size_t n, struct err *e);

#endif
