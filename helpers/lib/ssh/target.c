/* SPDX-License-Identifier: MIT */
#include "lib/ssh/target.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/ssh/home.h"
#include "lib/ssh/list.h"

#define PORT_DEFAULT 22
#define CONNECT_TIMEOUT_S 20
#define ALIVE_INTERVAL_S 15
#define ALIVE_INTERVAL_MIN_S 2 /* libssh2's limit */
#define ALIVE_COUNT 3
#define SYSTEM_KNOWN_HOSTS "/etc/ssh/ssh_known_hosts"

/* The value of %X in a file name or HostName of ssh_config (ssh_config(5), TOKENS), or NULL. */
static const char *
token(char letter, const struct ssh_target *t, const char *host, struct err *e)
{
	switch (letter) {
	case '%':
		return "%";
	case 'h':
		return host;
	case 'r':
		return t->user;
	case 'd':
		return home_dir(e);
	case 'u':
		return home_user(e);
	default:
		return NULL;
	}
}

/* "~/" and %-tokens replaced; malloc'ed. host stands for %h. */
static char *
expand(const char *value, const struct ssh_target *t, const char *host, struct err *e)
{
	struct buf out = {0};
	char *text = NULL;

	if (text_starts_with(value, "~/")) {
		const char *home = home_dir(e);

		if (home == NULL || buf_str(&out, home, e) == -1)
			goto done;
		value++;
	}
	for (; *value != '\0'; value++) {
		const char *part = value;
		size_t len = 1;

		if (value[0] == '%') {
			part = token(value[1], t, host, e);
			if (part == NULL) {
				(void)err_set(e, ERR_USAGE, "unknown %-token", "ssh_config value %s", value);
				goto done;
			}
			len = strlen(part);
			value++;
		}
		if (buf_add(&out, part, len, e) == -1)
			goto done;
	}
	text = text_dup((const char *)out.bytes, out.len, e);
done:
	buf_free(&out);
	return text;
}

static int
add_expanded(char ***list, size_t *n, const char *value, const struct ssh_target *t,
    struct err *e)
{
	char *path = expand(value, t, t->address, e);
	int ret;

	if (path == NULL)
		return -1;
	ret = list_add(list, n, path, e);
	free(path);
	return ret;
}

static int
choose_identities(const struct ssh_settings *s, const struct ssh_config_host *config,
    const struct inventory_host *host, struct ssh_target *t, struct err *e)
{
	const char *given = s->identity != NULL ? s->identity : host->identity;
	size_t i;

	t->identities_only = config->identities_only;
	if (given != NULL) {
		t->identity_given = true;
		return add_expanded(&t->identities, &t->n_identities, given, t, e);
	}
	for (i = 0; i < config->n_identity_files; i++)
		if (add_expanded(&t->identities, &t->n_identities, config->identity_files[i], t,
		    e) == -1)
			return -1;
	return 0;
}

static int
choose_known_hosts(const struct ssh_settings *s, const struct ssh_config_host *config,
    struct ssh_target *t, struct err *e)
{
	size_t i;

	if (list_add_all(&t->host_keys, &t->n_host_keys, s->host_keys, s->n_host_keys, e) == -1)
		return -1;
	if (s->n_known_hosts > 0) {
		t->known_hosts_given = true;
		for (i = 0; i < s->n_known_hosts; i++)
			if (add_expanded(&t->known_hosts, &t->n_known_hosts, s->known_hosts[i], t, e) == -1)
				return -1;
		return 0;
	}
	for (i = 0; i < config->n_known_hosts; i++)
		if (add_expanded(&t->known_hosts, &t->n_known_hosts, config->known_hosts[i], t, e) == -1)
			return -1;
	if (config->n_known_hosts == 0 &&
	    add_expanded(&t->known_hosts, &t->n_known_hosts, "~/.ssh/known_hosts", t, e) == -1)
		return -1;
	return list_add(&t->known_hosts, &t->n_known_hosts, SYSTEM_KNOWN_HOSTS, e);
}

static char *
choose_user(const struct ssh_settings *s, const struct ssh_config_host *config,
    const struct inventory_host *host, struct err *e)
{
	const char *user = s->user;

	if (user == NULL)
		user = host->user;
	if (user == NULL)
		user = config->user;
	if (user == NULL)
		user = home_user(e);
	return user == NULL ? NULL : text_dup(user, strlen(user), e);
}

static void
choose_times(const struct ssh_settings *s, const struct ssh_config_host *config,
    struct ssh_target *t)
{
	int64_t connect_s = config->connect_timeout_s > 0 ? config->connect_timeout_s
	                                                  : CONNECT_TIMEOUT_S;
	int64_t alive_s = config->alive_interval_s >= 0 ? config->alive_interval_s : ALIVE_INTERVAL_S;

	if (alive_s > 0 && alive_s < ALIVE_INTERVAL_MIN_S)
		alive_s = ALIVE_INTERVAL_MIN_S;
	t->connect_timeout_ms = s->connect_timeout_ms > 0 ? s->connect_timeout_ms : connect_s * 1000;
	t->alive_interval_ms = alive_s * 1000;
	t->alive_count = config->alive_count > 0 ? config->alive_count : ALIVE_COUNT;
}

int
ssh_target_make(const struct ssh_settings *s, const struct ssh_config *config,
    const struct inventory_host *host, struct ssh_target *out, struct err *e)
{
	struct ssh_config_host values;
	const char *address;

	memset(out, 0, sizeof(*out));
	if (ssh_config_lookup(config, host->address, &values, e) == -1)
		return -1;
	out->port = s->port != 0 ? s->port : host->port;
	if (out->port == 0)
		out->port = values.port != 0 ? values.port : PORT_DEFAULT;
	out->name = text_dup(host->name, strlen(host->name), e);
	out->user = choose_user(s, &values, host, e);
	if (out->name == NULL || out->user == NULL)
		goto fail;
	address = values.host_name != NULL ? values.host_name : host->address;
	out->address = values.host_name != NULL ? expand(address, out, host->address, e)
	                                        : text_dup(address, strlen(address), e);
	if (out->address == NULL)
		goto fail;
	out->key_alias = values.host_key_alias;
	values.host_key_alias = NULL;
	if (choose_identities(s, &values, host, out, e) == -1 ||
	    choose_known_hosts(s, &values, out, e) == -1)
		goto fail;
	choose_times(s, &values, out);
	ssh_config_host_free(&values);
	return 0;
fail:
	ssh_config_host_free(&values);
	ssh_target_free(out);
	return -1;
}

void
ssh_target_free(struct ssh_target *t)
{
	free(t->name);
	free(t->address);
	free(t->key_alias);
	free(t->user);
	list_free(t->identities, t->n_identities);
	list_free(t->known_hosts, t->n_known_hosts);
	list_free(t->host_keys, t->n_host_keys);
	memset(t, 0, sizeof(*t));
}

struct ssh_target *
ssh_targets_make(const struct ssh_settings *s, const struct inventory *inv, struct err *e)
{
	struct ssh_target *targets = calloc(inv->n_hosts, sizeof(*targets));
	struct ssh_config config;
	size_t i;

	if (targets == NULL) {
		(void)err_set(e, ERR_LOCAL, NULL, "prepare %zu hosts", inv->n_hosts);
		return NULL;
	}
	if (ssh_config_load(s->config_file, &config, e) == -1) {
		free(targets);
		return NULL;
	}
	for (i = 0; i < inv->n_hosts; i++)
		if (ssh_target_make(s, &config, &inv->hosts[i], &targets[i], e) == -1)
			break;
	ssh_config_free(&config);
	if (i == inv->n_hosts)
		return targets;
	ssh_targets_free(targets, i);
	return NULL;
}

void
ssh_targets_free(struct ssh_target *targets, size_t n)
{
	size_t i;

	if (targets == NULL)
		return;
	for (i = 0; i < n; i++)
		ssh_target_free(&targets[i]);
	free(targets);
}
