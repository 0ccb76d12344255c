/* SPDX-License-Identifier: MIT */
/* lib/ssh/config.h: the part of OpenSSH's ssh_config(5) that we know. The first value obtained for
 * a keyword wins, as there; IdentityFile and UserKnownHostsFile collect. What would change who we
 * talk to or how (ProxyJump, ProxyCommand, Include, Match on anything but hosts, StrictHostKeyChecking
 * other than yes) is an error when it applies to the host; what has no meaning here is passed over. */
#ifndef SSH_CONFIG_H
#define SSH_CONFIG_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"

/* A configuration file's text, not yet looked at. Zeroed: no file. */
struct ssh_config {
	struct buf text;
	char *file; /* for messages */
};

/* The values for one host; zero or NULL where the file has none. Strings are the struct's own,
 * with "~/" and %-tokens not yet expanded. */
struct ssh_config_host {
	char *host_name;
	uint16_t port;
	char *user;
	char **identity_files;
	size_t n_identity_files;
	bool identities_only;
	char **known_hosts;
	size_t n_known_hosts;
	char *host_key_alias;
	int64_t connect_timeout_s; /* 0: not given */
	int64_t alive_interval_s;  /* -1: not given; 0: off */
	int64_t alive_count;       /* 0: not given */
};

/* Read `file`, or ~/.ssh/config if file is NULL (it need not exist then). */
int ssh_config_load(const char *file, struct ssh_config *out, struct err *e);
void ssh_config_free(struct ssh_config *c);

/* Values for `host`, the name as the user wrote it. -1 with ERR_USAGE "FILE:LINE: ...". */
int ssh_config_lookup(const struct ssh_config *c, const char *host, struct ssh_config_host *out,
                      struct err *e);
void ssh_config_host_free(struct ssh_config_host *h);

#endif
