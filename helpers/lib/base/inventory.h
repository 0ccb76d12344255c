/* SPDX-License-Identifier: MIT */
/* lib/base/inventory.h: Ansible's static INI inventory, or a bare list of hosts.
 * Source: Ansible user guide, "How to build your inventory", INI format: [group], [group:vars],
 * [group:children], host ranges web[01:10] and db-[a:f], key=value host variables.
 * Understood variables: ansible_host, ansible_port, ansible_user, ansible_ssh_private_key_file,
 * ansible_become (and the ansible_ssh_* spellings of the first three); others are ignored.
 * Host variables beat group variables; a child group's beat its parent's. Pure: parses text. */
#ifndef BASE_INVENTORY_H
#define BASE_INVENTORY_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"

struct inventory_host {
	char *name;     /* as written: what messages and prefixes show */
	char *address;  /* ansible_host, or the name */
	char *user;     /* or NULL */
	char *identity; /* private key file, or NULL */
	uint16_t port;  /* 0: not given */
	int become;     /* 1 yes, 0 no, -1 not given */
};

struct inventory {
	struct inventory_host *hosts; /* in the file's order, each once */
	size_t n_hosts;
};

/* Parse text (n bytes of the file called `file` in messages); keep the hosts of `group`
 * (NULL or "all": every host; the name of a host: it alone). Bare hosts may be
 * USER@HOST:PORT. -1 with ERR_USAGE "FILE:LINE: ..." for a malformed line, an unknown group, a
 * group that contains itself, or no host at all. */
int inventory_parse(const char *text, size_t n, const char *file, const char *group,
    struct inventory *out, struct err *e);
/* A --hosts value: an existing file FILE or FILE:GROUP, else a comma-separated list of
 * [USER@]HOST[:PORT] ([v6]:PORT for IPv6). */
int inventory_load(const char *spec, struct inventory *out, struct err *e);
/* Keep only the hosts named in `names` (NAME,NAME,...), in the inventory's order. -1 with ERR_USAGE for
 * a name that none has, or no name at all; some hosts may be gone then. */
int inventory_limit(struct inventory *inv, const char *names, struct err *e);
void inventory_free(struct inventory *inv);

#endif
