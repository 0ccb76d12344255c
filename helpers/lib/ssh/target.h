/* SPDX-License-Identifier: MIT */
/* lib/ssh/target.h: everything that a connection to one host needs to know. For each value:
 * option over environment over inventory (or USER@HOST:PORT) over ssh_config over default. */
#ifndef SSH_TARGET_H
#define SSH_TARGET_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/base/inventory.h"
#include "lib/ssh/config.h"
#include "lib/ssh/settings.h"

/* Strings are the struct's own. */
struct ssh_target {
	char *name;          /* the inventory's: for messages and prefixes */
	char *address;       /* what is looked up and connected to */
	char *key_alias;     /* HostKeyAlias: looked up in known_hosts instead of address and port; NULL */
	uint16_t port;
	char *user;
	char **identities;   /* candidates, in order; the first that exists is used */
	size_t n_identities;
	bool identity_given;   /* identities[0] was named by option or inventory: no other will do */
	bool identities_only;  /* of the agent's keys only those that match an identity */
	char **known_hosts;  /* files; those that do not exist are passed over if they are defaults */
	size_t n_known_hosts;
	bool known_hosts_given; /* named by option: each must exist */
	char **host_keys;    /* "SHA256:..." that alone are accepted; none: known_hosts decides */
	size_t n_host_keys;
	int64_t connect_timeout_ms;
	int64_t alive_interval_ms; /* silence after which the server is asked for a sign of life */
	int64_t alive_count;       /* signs of life that may be missing */
};

/* Fill *out for one host. `config` is what ssh_config_load gave for these settings. -1 with
 * ERR_USAGE (nothing to free) if ssh_config asks for what we cannot do for this host. */
int ssh_target_make(const struct ssh_settings *s, const struct ssh_config *config,
                    const struct inventory_host *host, struct ssh_target *out, struct err *e);
void ssh_target_free(struct ssh_target *t);

/* Targets for all hosts of an inventory: an array of inv->n_hosts, or NULL. Reads ssh_config. */
struct ssh_target *ssh_targets_make(const struct ssh_settings *s, const struct inventory *inv,
                                    struct err *e);
void ssh_targets_free(struct ssh_target *targets, size_t n);

#endif
