/* SPDX-License-Identifier: MIT */
#include "lib/ssh/hostkey.h"

#include <bearssl_hmac.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/text.h"
#include "lib/ssh/base64.h"
#include "lib/ssh/pattern.h"

#define KNOWN_HOSTS_MAX ((size_t)16 << 20) /* bytes */
#define HASH_LEN 20u                       /* bytes of HMAC-SHA1 */
#define HOST_TEXT_MAX 300u                 /* "[host]:port"; DNS names end at 253 */

/* What we offer, in order of preference, with the key type that each stands for. */
static const struct algorithm {
	const char *name;
	const char *type;
} algorithms[] = {
	{"ssh-ed25519", "ssh-ed25519"},
	{"ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256"},
	{"ecdsa-sha2-nistp384", "ecdsa-sha2-nistp384"},
	{"ecdsa-sha2-nistp521", "ecdsa-sha2-nistp521"},
	{"rsa-sha2-512", "ssh-rsa"},
	{"rsa-sha2-256", "ssh-rsa"},
};

#define N_ALGORITHMS (sizeof(algorithms) / sizeof(algorithms[0]))

/* The next field of a line: bytes up to a blank. false at the end. */
static bool
next_field(const char **line, size_t *len, const char **field, size_t *field_len)
{
	const char *p = *line;
	const char *end = p + *len;

	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	*field = p;
	while (p < end && *p != ' ' && *p != '\t')
		p++;
	*field_len = (size_t)(p - *field);
	*line = p;
	*len = (size_t)(end - p);
	return *field_len > 0;
}

static bool
field_is(const char *field, size_t len, const char *text)
{
	return len == strlen(text) && memcmp(field, text, len) == 0;
}

/* "|1|SALT|HASH": HASH = HMAC-SHA1(SALT, host). (OpenSSH hostfile.c format, as in sshd(8).) */
static bool
hashed_match(const char *field, size_t len, const char *host)
{
	const char *salt_text = field + 3;
	const char *divider = memchr(salt_text, '|', len - 3);
	struct buf salt = {0};
	struct buf hash = {0};
	struct err ignored;
	uint8_t got[HASH_LEN];
	bool matched = false;
	br_hmac_key_context key;
	br_hmac_context mac;

	if (divider == NULL)
		return false;
	if (base64_decode(&salt, salt_text, (size_t)(divider - salt_text), &ignored) == 0 &&
	    base64_decode(&hash, divider + 1, (size_t)(field + len - divider - 1), &ignored) == 0 &&
	    hash.len == HASH_LEN) {
		br_hmac_key_init(&key, &br_sha1_vtable, salt.bytes, salt.len);
		br_hmac_init(&mac, &key, 0);
		br_hmac_update(&mac, host, strlen(host));
		(void)br_hmac_out(&mac, got);
		matched = memcmp(got, hash.bytes, HASH_LEN) == 0;
	}
	buf_free(&salt);
	buf_free(&hash);
	return matched;
}

/* host as it stands in known_hosts: "host", or "[host]:port" for another port than 22. */
static void
host_text(const char *host, uint16_t port, char out[HOST_TEXT_MAX])
{
	char *p;

	if (port == 22)
		(void)snprintf(out, HOST_TEXT_MAX, "%s", host);
	else
		(void)snprintf(out, HOST_TEXT_MAX, "[%s]:%u", host, (unsigned)port);
	for (p = out; *p != '\0'; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
}

static bool
hosts_match(const char *field, size_t len, const char *host)
{
	if (len > 3 && memcmp(field, "|1|", 3) == 0)
		return hashed_match(field, len, host);
	return pattern_list_match(field, len, ",", host) == 1;
}

static int
add_key(struct known_keys *out, const char *blob_text, size_t len, const char *file, size_t line,
    bool revoked, struct err *e)
{
	struct known_key *grown;
	struct known_key *key;
	struct buf blob = {0};
	struct err ignored;

	/* What does not decode is passed over. */
	if (base64_decode(&blob, blob_text, len, &ignored) == -1 || blob.len > PUBKEY_BLOB_MAX) {
		buf_free(&blob);
		return 0;
	}
	grown = realloc(out->keys, (out->n + 1) * sizeof(*grown));
	if (grown == NULL) {
		buf_free(&blob);
		return err_set(e, ERR_LOCAL, NULL, "read %s", file);
	}
	out->keys = grown;
	key = &grown[out->n];
	memset(key, 0, sizeof(*key));
	if (pubkey_type(blob.bytes, blob.len, key->type, &ignored) == -1) {
		buf_free(&blob);
		return 0;
	}
	key->blob = malloc(blob.len);
	key->file = text_dup(file, strlen(file), e);
	if (key->blob == NULL || key->file == NULL) {
		free(key->blob);
		free(key->file);
		buf_free(&blob);
		return err_set(e, ERR_LOCAL, NULL, "read %s", file);
	}
	memcpy(key->blob, blob.bytes, blob.len);
	key->len = blob.len;
	key->line = line;
	key->revoked = revoked;
	out->n++;
	buf_free(&blob);
	return 0;
}

int
known_keys_parse(const void *text, size_t n, const char *file, const char *host, uint16_t port,
    struct known_keys *out, struct err *e)
{
	struct rd in = rd_of(text, n);
	char wanted[HOST_TEXT_MAX];
	const char *line;
	size_t len;
	size_t number = 0;

	host_text(host, port, wanted);
	while (rd_line(&in, &line, &len)) {
		const char *hosts;
		const char *type;
		const char *blob;
		size_t hosts_len;
		size_t type_len;
		size_t blob_len;
		bool revoked = false;

		number++;
		if (!next_field(&line, &len, &hosts, &hosts_len) || hosts[0] == '#')
			continue;
		if (hosts[0] == '@') {
			revoked = field_is(hosts, hosts_len, "@revoked");
			if (!revoked || !next_field(&line, &len, &hosts, &hosts_len))
				continue;
		}
		if (!hosts_match(hosts, hosts_len, wanted))
			continue;
		if (next_field(&line, &len, &type, &type_len) &&
		    next_field(&line, &len, &blob, &blob_len) &&
		    add_key(out, blob, blob_len, file, number, revoked, e) == -1)
			return -1;
	}
	return 0;
}

int
known_keys_load(const struct ssh_target *t, struct known_keys *out, struct err *e)
{
	const char *host = t->key_alias != NULL ? t->key_alias : t->address;
	uint16_t port = t->key_alias != NULL ? 22 : t->port;
	size_t i;

	for (i = 0; i < t->n_known_hosts; i++) {
		const char *file = t->known_hosts[i];
		struct buf text = {0};
		int ret;

		/* /dev/null is how ssh_config(5) says "none". */
		if (strcmp(file, "/dev/null") == 0 ||
		    (!t->known_hosts_given && access(file, F_OK) == -1))
			continue;
		ret = fs_read_file(AT_FDCWD, file, true, KNOWN_HOSTS_MAX, &text, e);
		if (ret == 0)
			ret = known_keys_parse(text.bytes, text.len, file, host, port, out, e);
		buf_free(&text);
		if (ret == -1)
			return -1;
	}
	return 0;
}

void
known_keys_free(struct known_keys *k)
{
	size_t i;

	for (i = 0; i < k->n; i++) {
		free(k->keys[i].blob);
		free(k->keys[i].file);
	}
	free(k->keys);
	memset(k, 0, sizeof(*k));
}

static bool
is_known_type(const struct known_keys *k, const char *type)
{
	size_t i;

	for (i = 0; i < k->n; i++)
		if (!k->keys[i].revoked && strcmp(k->keys[i].type, type) == 0)
			return true;
	return false;
}

int
hostkey_algorithms(const struct known_keys *k, struct buf *out, struct err *e)
{
	int known;
	size_t i;

	for (known = 1; known >= 0; known--)
		for (i = 0; i < N_ALGORITHMS; i++) {
			if (is_known_type(k, algorithms[i].type) != known)
				continue;
			if (buf_fmt(out, e, "%s%s", out->len > 0 ? "," : "", algorithms[i].name) == -1)
				return -1;
		}
	return 0;
}

/* The command that fetches the key, for a hint. */
static int
hint_scan(const struct ssh_target *t, const char *type, const char *fingerprint, struct err *e)
{
	const char *scan = pubkey_scan_name(type);
	const char *file = t->n_known_hosts > 0 ? t->known_hosts[0] : "known_hosts";

	return err_hint(e, "compare the fingerprint on the host, then: ssh-keyscan -t %s -p %u %s >>%s "
	    "(or pass --host-key %s)", scan != NULL ? scan : "ed25519", (unsigned)t->port, t->address,
	    file, fingerprint);
}

static int
check_pinned(const struct ssh_target *t, const char *type, const char *fingerprint, struct err *e)
{
	size_t i;

	for (i = 0; i < t->n_host_keys; i++)
		if (strcmp(t->host_keys[i], fingerprint) == 0)
			return 0;
	(void)err_set(e, ERR_CONNECT, "not the key that --host-key asks for",
	    "check the host key: %s presented %s %s, expected %s%s", t->address, type, fingerprint,
	    t->host_keys[0], t->n_host_keys > 1 ? " or another given" : "");
	return err_hint(e, "the host may have been replaced, or someone is listening in; a host has one "
	    "fingerprint per key type");
}

static int
refuse_changed(const struct ssh_target *t, const struct known_key *known, const char *type,
    const char *fingerprint, struct err *e)
{
	char known_print[PUBKEY_FINGERPRINT_LEN];
	char wanted[HOST_TEXT_MAX];
	char why[256];

	pubkey_fingerprint(known->blob, known->len, known_print);
	(void)snprintf(why, sizeof(why), "known is %s %s (%s:%zu)", known->type, known_print,
	    known->file, known->line);
	(void)err_set(e, ERR_CONNECT, why, "host key of %s changed: presented %s %s", t->address,
	    type, fingerprint);
	host_text(t->key_alias != NULL ? t->key_alias : t->address, t->key_alias != NULL ? 22 : t->port,
	    wanted);
	return err_hint(e, "someone may be listening in, or the host was reinstalled: ask its owner; "
	    "then remove the old key with ssh-keygen -f %s -R '%s'", known->file, wanted);
}

int
hostkey_check(const struct ssh_target *t, const struct known_keys *k, const uint8_t *blob, size_t n,
    struct err *e)
{
	char type[PUBKEY_TYPE_MAX];
	char fingerprint[PUBKEY_FINGERPRINT_LEN];
	const struct known_key *other = NULL; /* a key of this host that is not the one presented */
	bool matched = false;
	size_t i;

	if (pubkey_type(blob, n, type, e) == -1) {
		e->kind = ERR_CONNECT;
		return -1;
	}
	pubkey_fingerprint(blob, n, fingerprint);
	for (i = 0; i < k->n; i++) {
		const struct known_key *key = &k->keys[i];
		bool same = key->len == n && memcmp(key->blob, blob, n) == 0;

		if (same && key->revoked)
			return err_set(e, ERR_CONNECT, "this key was revoked",
			    "check the host key: %s presented %s %s (%s:%zu)", t->address, type,
			    fingerprint, key->file, key->line);
		matched = matched || same;
		if (!same && !key->revoked &&
		    (other == NULL || strcmp(other->type, type) != 0))
			other = key;
	}
	if (t->n_host_keys > 0)
		return check_pinned(t, type, fingerprint, e);
	if (matched)
		return 0;
	if (other != NULL)
		return refuse_changed(t, other, type, fingerprint, e);
	(void)err_set(e, ERR_CONNECT, "not in known_hosts", "check the host key: %s port %u presented "
	    "%s %s", t->address, (unsigned)t->port, type, fingerprint);
	return hint_scan(t, type, fingerprint, e);
}
