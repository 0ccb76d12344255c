/* SPDX-License-Identifier: MIT */
#include "lib/ssh/auth.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/text.h"
#include "lib/ssh/agent.h"
#include "lib/ssh/home.h"
#include "lib/ssh/list.h"
#include "lib/ssh/pubkey.h"

/* What there is to choose from. */
struct choice {
	const struct ssh_target *target;
	const char *agent_path; /* NULL: no agent */
	struct agent_keys agent;
	char **files; /* default files that exist */
	size_t n_files;
};

static int
set_label(struct auth_key *k, const char *from, struct err *e)
{
	char type[PUBKEY_TYPE_MAX];
	char fingerprint[PUBKEY_FINGERPRINT_LEN];
	struct err ignored;

	if (pubkey_type(k->blob.bytes, k->blob.len, type, &ignored) == 0) {
		pubkey_fingerprint(k->blob.bytes, k->blob.len, fingerprint);
		k->label = text_fmt(e, "%s %s (%s)", type, fingerprint, from);
	} else {
		k->label = text_fmt(e, "key %s", from);
	}
	return k->label == NULL ? -1 : 0;
}

static const struct agent_key *
find_in_agent(const struct choice *c, const struct buf *blob)
{
	size_t i;

	for (i = 0; i < c->agent.n; i++)
		if (blob->len > 0 && c->agent.keys[i].len == blob->len &&
		    memcmp(c->agent.keys[i].blob, blob->bytes, blob->len) == 0)
			return &c->agent.keys[i];
	return NULL;
}

static int
use_agent_key(const struct choice *c, const struct agent_key *key, struct auth_key *out,
    struct err *e)
{
	char *from;
	int ret;

	out->from_agent = true;
	out->agent_path = text_dup(c->agent_path, strlen(c->agent_path), e);
	if (out->agent_path == NULL || buf_add(&out->blob, key->blob, key->len, e) == -1)
		return -1;
	from = text_fmt(e, "agent: %s", key->comment);
	if (from == NULL)
		return -1;
	ret = set_label(out, from, e);
	free(from);
	return ret;
}

static int
check_policy(const struct keyfile *file, struct err *e)
{
	size_t bits = pubkey_rsa_bits(file->blob.bytes, file->blob.len);

	if (bits == 0 || bits >= PUBKEY_RSA_MIN_BITS)
		return 0;
	return err_set(e, ERR_LOCAL, "RSA keys of fewer than 2048 bits are not safe",
	    "use the key %s of %zu bits", file->path, bits);
}

static int
use_file(const struct choice *c, const char *path, struct auth_key *out, struct err *e)
{
	const struct agent_key *in_agent;

	if (keyfile_load(path, &out->file, e) == -1 || check_policy(&out->file, e) == -1)
		return -1;
	in_agent = find_in_agent(c, &out->file.blob);
	if (in_agent != NULL && (out->file.encrypted || !out->file.is_private)) {
		keyfile_free(&out->file);
		return use_agent_key(c, in_agent, out, e);
	}
	if (out->file.encrypted) {
		(void)err_set(e, ERR_LOCAL, "it has a passphrase, and passphrases are not asked for",
		    "use the key %s", path);
		return err_hint(e, "load it into ssh-agent (ssh-add %s), or use a deploy key without one",
		    path);
	}
	if (!out->file.is_private) {
		(void)err_set(e, ERR_LOCAL, "a public key, and the agent does not hold its private half",
		    "use the key %s", path);
		return err_hint(e, "name the private key, or load it into ssh-agent");
	}
	if (buf_add(&out->blob, out->file.blob.bytes, out->file.blob.len, e) == -1)
		return -1;
	return set_label(out, path, e);
}

/* The file that an identity stands for: itself, or its .pub when the private half is in the agent
 * alone; NULL if there is neither. malloc'ed. */
static char *
existing_file(const char *identity, struct err *e)
{
	char *beside;

	if (access(identity, F_OK) == 0)
		return text_dup(identity, strlen(identity), e);
	beside = text_fmt(e, "%s.pub", identity);
	if (beside != NULL && access(beside, F_OK) == 0)
		return beside;
	free(beside);
	return NULL;
}

static int
find_default_files(struct choice *c, struct err *e)
{
	static const char *const names[] = {".ssh/id_ed25519", ".ssh/id_ecdsa", ".ssh/id_rsa"};
	char *pattern = home_path(".ssh/id_rsa_*", e);
	glob_t found = {0};
	int ret = -1;
	size_t i;

	if (pattern == NULL)
		return -1;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char *path = home_path(names[i], e);

		if (path == NULL)
			goto out;
		if (access(path, F_OK) == 0 && list_add(&c->files, &c->n_files, path, e) == -1) {
			free(path);
			goto out;
		}
		free(path);
	}
	if (glob(pattern, 0, NULL, &found) == 0)
		for (i = 0; i < found.gl_pathc; i++)
			if (!text_ends_with(found.gl_pathv[i], ".pub") &&
			    list_add(&c->files, &c->n_files, found.gl_pathv[i], e) == -1)
				goto out;
	ret = 0;
out:
	globfree(&found);
	free(pattern);
	return ret;
}

static int
no_key(const struct choice *c, struct err *e)
{
	if (c->agent.n > 1) {
		(void)err_set(e, ERR_LOCAL, "the agent holds several, and none was named",
		    "choose a key for %s", c->target->name);
		return err_hint(e, "name one by --identity FILE, or FILE.pub");
	}
	(void)err_set(e, ERR_LOCAL, "none in the agent and none in ~/.ssh",
	    "choose a key for %s", c->target->name);
	return err_hint(e, "pass --identity FILE, or on CircleCI run add_ssh_keys before this step");
}

static int
choose(struct choice *c, struct auth_key *out, struct err *e)
{
	const struct ssh_target *t = c->target;
	size_t i;

	for (i = 0; i < t->n_identities; i++) {
		char *path = existing_file(t->identities[i], e);
		int ret;

		if (path == NULL && t->identity_given)
			return err_set(e, ERR_LOCAL, "no such file", "use the key %s", t->identities[i]);
		if (path == NULL)
			continue;
		ret = use_file(c, path, out, e);
		free(path);
		out->n_passed_over = t->n_identities - 1;
		return ret;
	}
	if (find_default_files(c, e) == -1)
		return -1;
	if (!t->identities_only && c->agent.n == 1) {
		out->n_passed_over = c->n_files;
		return use_agent_key(c, &c->agent.keys[0], out, e);
	}
	if (c->n_files == 0)
		return no_key(c, e);
	out->n_passed_over = c->n_files - 1 + c->agent.n;
	return use_file(c, c->files[0], out, e);
}

int
auth_choose(const struct ssh_target *t, struct auth_key *out, struct err *e)
{
	struct choice c = {.target = t, .agent_path = getenv("SSH_AUTH_SOCK")};
	struct err ignored;
	int ret;

	memset(out, 0, sizeof(*out));
	/* An agent that does not answer is as none: a file may do. */
	if (c.agent_path != NULL && (c.agent_path[0] == '\0' ||
	    agent_list(c.agent_path, &c.agent, &ignored) == -1))
		c.agent_path = NULL;
	ret = choose(&c, out, e);
	agent_keys_free(&c.agent);
	list_free(c.files, c.n_files);
	if (ret == -1)
		auth_key_free(out);
	return ret;
}

void
auth_key_free(struct auth_key *k)
{
	keyfile_free(&k->file);
	free(k->agent_path);
	free(k->label);
	buf_free(&k->blob);
	memset(k, 0, sizeof(*k));
}

/* What is signed (RFC 4252 7): string session id, byte 50, string user, string service, string
 * "publickey", boolean, string algorithm, string key. Fetches the algorithm. */
static int
signed_algorithm(const uint8_t *bytes, size_t n, char out[PUBKEY_TYPE_MAX], struct err *e)
{
	struct rd in = rd_of(bytes, n);
	const uint8_t *part = NULL;
	uint32_t len = 0;
	uint8_t byte;
	int i;

	if (rd_be32(&in, &len) && rd_bytes(&in, len, &part) && rd_u8(&in, &byte)) {
		for (i = 0; i < 3; i++)
			if (!rd_be32(&in, &len) || !rd_bytes(&in, len, &part))
				break;
		if (!in.short_ && rd_u8(&in, &byte) && rd_be32(&in, &len) && len < PUBKEY_TYPE_MAX &&
		    rd_bytes(&in, len, &part)) {
			memcpy(out, part, len);
			out[len] = '\0';
			return 0;
		}
	}
	return err_set(e, ERR_INTERNAL, "malformed request to sign", "log in");
}

static LIBSSH2_USERAUTH_PUBLICKEY_SIGN_FUNC(sign_by_agent)
{
	struct auth_key *k = *abstract;
	struct buf signature = {0};
	char algorithm[PUBKEY_TYPE_MAX];

	(void)session;
	if (signed_algorithm(data, data_len, algorithm, &k->sign_error) == -1)
		return -1;
	if (strcmp(algorithm, "ssh-rsa") == 0)
		return err_set(&k->sign_error, ERR_CONNECT, "the server offers SHA-1 only",
		    "sign with an RSA key");
	if (agent_sign(k->agent_path, k->blob.bytes, k->blob.len, algorithm, data, data_len, &signature,
	    &k->sign_error) == -1) {
		buf_free(&signature);
		return -1;
	}
	*sig = malloc(signature.len); /* libssh2 frees it: sessions use malloc (session.c) */
	if (*sig != NULL) {
		memcpy(*sig, signature.bytes, signature.len);
		*sig_len = signature.len;
	}
	buf_free(&signature);
	return *sig == NULL ? -1 : 0;
}

int
auth_offer(LIBSSH2_SESSION *session, const char *user, struct auth_key *k)
{
	void *abstract = k;
	int ret;

	if (k->from_agent)
		ret = libssh2_userauth_publickey(session, user, k->blob.bytes, k->blob.len, sign_by_agent,
		    &abstract);
	else
		ret = libssh2_userauth_publickey_frommemory(session, user, strlen(user), NULL, 0,
		    (const char *)k->file.text.bytes, k->file.text.len, NULL);
	if (ret == LIBSSH2_ERROR_EAGAIN)
		return 0;
	return ret == 0 ? 1 : -1;
}
