/* SPDX-License-Identifier: MIT */
#include "lib/ssh/settings.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cli.h"
#include "lib/base/text.h"
#include "lib/ssh/list.h"

#define PARALLEL_DEFAULT 32
#define TIMEOUT_MAX_S 86400

static int
set(char **slot, const char *name, const char *value, struct err *e)
{
	char *copy;

	if (value[0] == '\0')
		return err_set(e, ERR_USAGE, "empty value", "%s", name);
	copy = text_dup(value, strlen(value), e);
	if (copy == NULL)
		return -1;
	free(*slot);
	*slot = copy;
	return 0;
}

static int
add(char ***list, size_t *n, const char *name, const char *value, struct err *e)
{
	if (value[0] == '\0')
		return err_set(e, ERR_USAGE, "empty value", "%s", name);
	return list_add(list, n, value, e);
}

/* 43 base64 digits after "SHA256:", as ssh-keygen -l prints (RFC 4648 without '='). */
static int
add_host_key(struct ssh_settings *s, const char *name, const char *value, struct err *e)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	if (!text_starts_with(value, "SHA256:") || strlen(value) != 50 ||
	    strspn(value + 7, digits) != 43) {
		(void)err_set(e, ERR_USAGE, "not SHA256: and 43 base64 digits", "%s %s", name, value);
		return err_hint(e, "on the host: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub");
	}
	return add(&s->host_keys, &s->n_host_keys, name, value, e);
}

static int
take(struct ssh_settings *s, int id, const char *name, const char *value, struct err *e)
{
	int64_t n;

	switch (id) {
	case SSH_OPT_PORT:
		if (cli_int(name, value, 1, 65535, &n, e) == -1)
			return -1;
		s->port = (uint16_t)n;
		return 0;
	case SSH_OPT_USER:
		return set(&s->user, name, value, e);
	case SSH_OPT_IDENTITY:
		return set(&s->identity, name, value, e);
	case SSH_OPT_KNOWN_HOSTS:
		return add(&s->known_hosts, &s->n_known_hosts, name, value, e);
	case SSH_OPT_HOST_KEY:
		return add_host_key(s, name, value, e);
	case SSH_OPT_CONFIG:
		return set(&s->config_file, name, value, e);
	case SSH_OPT_CONNECT_TIMEOUT:
		if (cli_int(name, value, 1, TIMEOUT_MAX_S, &n, e) == -1)
			return -1;
		s->connect_timeout_ms = n * 1000;
		return 0;
	case SSH_OPT_PARALLEL:
		if (cli_int(name, value, 1, SSH_PARALLEL_MAX, &n, e) == -1)
			return -1;
		s->parallel = (size_t)n;
		return 0;
	default:
		return err_set(e, ERR_INTERNAL, "no such id", "take connection option %d", id);
	}
}

static const struct name {
	int id;
	const char *option;
	const char *variable;
	const char *dividers; /* between several values in the variable; "" if it holds one */
} names[] = {
	{SSH_OPT_PORT, "--port", "SLIPWAY_PORT", ""},
	{SSH_OPT_USER, "--user", "SLIPWAY_USER", ""},
	{SSH_OPT_IDENTITY, "--identity", "SLIPWAY_IDENTITY", ""},
	{SSH_OPT_KNOWN_HOSTS, "--known-hosts", "SLIPWAY_KNOWN_HOSTS", ":"},
	{SSH_OPT_HOST_KEY, "--host-key", "SLIPWAY_HOST_KEY", " ,\t\n"},
	{SSH_OPT_CONFIG, "--ssh-config", "SLIPWAY_SSH_CONFIG", ""},
	{SSH_OPT_CONNECT_TIMEOUT, "--connect-timeout", "SLIPWAY_CONNECT_TIMEOUT", ""},
	{SSH_OPT_PARALLEL, "--parallel", "SLIPWAY_PARALLEL", ""},
};

#define N_NAMES (sizeof(names) / sizeof(names[0]))

int
ssh_settings_option(struct ssh_settings *s, int id, const char *value, struct err *e)
{
	size_t i;

	for (i = 0; i < N_NAMES; i++)
		if (names[i].id == id)
			return take(s, id, names[i].option, value, e);
	return take(s, id, "?", value, e);
}

static bool
is_given(const struct ssh_settings *s, int id)
{
	switch (id) {
	case SSH_OPT_PORT:
		return s->port != 0;
	case SSH_OPT_USER:
		return s->user != NULL;
	case SSH_OPT_IDENTITY:
		return s->identity != NULL;
	case SSH_OPT_KNOWN_HOSTS:
		return s->n_known_hosts > 0;
	case SSH_OPT_HOST_KEY:
		return s->n_host_keys > 0;
	case SSH_OPT_CONFIG:
		return s->config_file != NULL;
	case SSH_OPT_CONNECT_TIMEOUT:
		return s->connect_timeout_ms != 0;
	default:
		return s->parallel != 0;
	}
}

static int
take_value(struct ssh_settings *s, const struct name *name, const char *value, struct err *e)
{
	if (name->dividers[0] == '\0')
		return take(s, name->id, name->variable, value, e);
	while (*(value += strspn(value, name->dividers)) != '\0') {
		size_t len = strcspn(value, name->dividers);
		char *part = text_dup(value, len, e);
		int ret;

		if (part == NULL)
			return -1;
		ret = take(s, name->id, name->variable, part, e);
		free(part);
		if (ret == -1)
			return -1;
		value += len;
	}
	return 0;
}

int
ssh_settings_finish(struct ssh_settings *s, struct err *e)
{
	size_t i;

	for (i = 0; i < N_NAMES; i++) {
		const char *value = getenv(names[i].variable);

		if (value == NULL || value[0] == '\0' || is_given(s, names[i].id))
			continue;
		if (take_value(s, &names[i], value, e) == -1)
			return -1;
	}
	if (s->parallel == 0)
		s->parallel = PARALLEL_DEFAULT;
	return 0;
}

void
ssh_settings_free(struct ssh_settings *s)
{
	free(s->user);
	free(s->identity);
	free(s->config_file);
	list_free(s->known_hosts, s->n_known_hosts);
	list_free(s->host_keys, s->n_host_keys);
	memset(s, 0, sizeof(*s));
}
