/* SPDX-License-Identifier: MIT */
/* lib/ssh/settings.h: what the user asked for about connections, the same for every host: options
 * over environment. (target.h adds the inventory, ssh_config and defaults, host by host.)
 * No I/O. */
#ifndef SSH_SETTINGS_H
#define SSH_SETTINGS_H
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"

/* A zeroed struct is "nothing given". Strings are the struct's own. */
struct ssh_settings {
	uint16_t port;       /* 0: not given */
	char *user;          /* NULL: not given */
	char *identity;      /* private key file, or the .pub of a key in the agent; NULL: not given */
	char **known_hosts;  /* files; none: the defaults of target.h */
	size_t n_known_hosts;
	char **host_keys;    /* "SHA256:..." that alone are accepted; none: known_hosts decides */
	size_t n_host_keys;
	char *config_file;   /* NULL: ~/.ssh/config where it exists */
	int64_t connect_timeout_ms; /* until authenticated; 0: not given */
	size_t parallel;     /* hosts at work at once; 0 only before ssh_settings_finish */
};

#define SSH_PARALLEL_MAX 256 /* each host takes up to three descriptors, of the usual 1024 */

enum ssh_settings_id {
	SSH_OPT_PORT = 1000, /* above any tool's own ids */
	SSH_OPT_USER,
	SSH_OPT_IDENTITY,
	SSH_OPT_KNOWN_HOSTS,
	SSH_OPT_HOST_KEY,
	SSH_OPT_CONFIG,
	SSH_OPT_CONNECT_TIMEOUT,
	SSH_OPT_PARALLEL
};

/* Rows for a tool's struct cli_opt table. */
#define SSH_SETTINGS_OPTS \
	{0, "port", "PORT", "SSH port (default 22)", SSH_OPT_PORT}, \
	{0, "user", "USER", "log in as USER", SSH_OPT_USER}, \
	{0, "identity", "FILE", "private key, or the .pub of a key in the agent", SSH_OPT_IDENTITY}, \
	{0, "known-hosts", "FILE", "trust the host keys in FILE (may be repeated)", \
	 SSH_OPT_KNOWN_HOSTS}, \
	{0, "host-key", "SHA256:...", "trust exactly this host key (may be repeated)", \
	 SSH_OPT_HOST_KEY}, \
	{0, "ssh-config", "FILE", "read FILE instead of ~/.ssh/config", SSH_OPT_CONFIG}, \
	{0, "connect-timeout", "SECONDS", "give up when not logged in by then (default 20)", \
	 SSH_OPT_CONNECT_TIMEOUT}, \
	{0, "parallel", "N", "hosts at work at once (default 32)", SSH_OPT_PARALLEL}

/* Take the option `id` of the table above. 0; -1 with ERR_USAGE for a bad value, or an id that is
 * not in the table (ERR_INTERNAL). */
int ssh_settings_option(struct ssh_settings *s, int id, const char *value, struct err *e);
/* After the command line: take SLIPWAY_PORT, SLIPWAY_USER, SLIPWAY_IDENTITY, SLIPWAY_KNOWN_HOSTS
 * (files, divided by ':'), SLIPWAY_HOST_KEY (divided by blanks), SLIPWAY_SSH_CONFIG,
 * SLIPWAY_CONNECT_TIMEOUT and SLIPWAY_PARALLEL for what no option gave (an empty variable is as
 * an unset one), then the default of `parallel`. 0, or -1 with ERR_USAGE naming the variable. */
int ssh_settings_finish(struct ssh_settings *s, struct err *e);
void ssh_settings_free(struct ssh_settings *s);

#endif
