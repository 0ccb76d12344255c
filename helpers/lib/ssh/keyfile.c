/* SPDX-License-Identifier: MIT */
#include "lib/ssh/keyfile.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/fs.h"
#include "lib/base/text.h"
#include "lib/ssh/base64.h"
#include "lib/ssh/der.h"
#include "lib/ssh/pubkey.h"

#define KEYFILE_MAX 65536u /* bytes */

static int
not_a_key(const char *why, struct err *e)
{
	return err_set(e, ERR_LOCAL, why, "read a key");
}

/* The first place of text in the n bytes at p, or NULL. */
static const char *
find(const char *p, size_t n, const char *text)
{
	size_t len = strlen(text);
	size_t i;

	for (i = 0; len <= n && i <= n - len; i++)
		if (memcmp(p + i, text, len) == 0)
			return p + i;
	return NULL;
}

/* PROTOCOL.key: "openssh-key-v1\0", cipher, kdf, kdf options, number of keys, public key, ... */
static int
parse_openssh(const struct buf *der, struct keyfile *out, struct err *e)
{
	static const char magic[] = "openssh-key-v1";
	struct rd in = rd_of(der->bytes, der->len);
	const uint8_t *field[3];
	const uint8_t *blob;
	uint32_t len[3];
	uint32_t n_keys;
	uint32_t blob_len;
	size_t i;

	if (!rd_bytes(&in, sizeof(magic), &blob) || memcmp(blob, magic, sizeof(magic)) != 0)
		return not_a_key("not the OpenSSH format that it claims to be", e);
	for (i = 0; i < 3; i++)
		if (!rd_be32(&in, &len[i]) || !rd_bytes(&in, len[i], &field[i]))
			return not_a_key("cut short", e);
	if (!rd_be32(&in, &n_keys) || n_keys != 1 || !rd_be32(&in, &blob_len) ||
	    blob_len > PUBKEY_BLOB_MAX || !rd_bytes(&in, blob_len, &blob))
		return not_a_key("cut short", e);
	out->encrypted = !(len[0] == 4 && memcmp(field[0], "none", 4) == 0);
	return buf_add(&out->blob, blob, blob_len, e);
}

/* The part of a PEM text between the BEGIN line's end and the END line. */
static const char *
pem_body(const char *text, size_t n, const char *label, size_t *len)
{
	char line[64];
	const char *begin;
	const char *end;

	(void)snprintf(line, sizeof(line), "-----BEGIN %s-----", label);
	begin = find(text, n, line);
	if (begin == NULL)
		return NULL;
	begin += strlen(line);
	(void)snprintf(line, sizeof(line), "-----END %s-----", label);
	end = find(begin, n - (size_t)(begin - text), line);
	if (end == NULL)
		return NULL;
	*len = (size_t)(end - begin);
	return begin;
}

struct pem_kind {
	const char *label;
	int (*parse)(const struct buf *der, struct keyfile *out, struct err *e);
};

/* A key whose public half is not to be had stays usable: the blob is left empty. */
static int
parse_rsa(const struct buf *der, struct keyfile *out, struct err *e)
{
	return der_rsa_public(der->bytes, der->len, &out->blob, e);
}

static int
parse_ec(const struct buf *der, struct keyfile *out, struct err *e)
{
	return der_ec_public(der->bytes, der->len, &out->blob, e);
}

static int
parse_pkcs8(const struct buf *der, struct keyfile *out, struct err *e)
{
	return der_pkcs8_public(der->bytes, der->len, &out->blob, e);
}

static int
parse_pem(const struct pem_kind *kind, const char *body, size_t len, struct keyfile *out,
    struct err *e)
{
	struct buf der = {0};
	int ret;

	out->is_private = true;
	if (find(body, len, "Proc-Type: 4,ENCRYPTED") != NULL) {
		out->encrypted = true;
		return 0;
	}
	ret = base64_decode(&der, body, len, e);
	if (ret == -1)
		(void)not_a_key("its base64 is damaged", e);
	else
		ret = kind->parse(&der, out, e);
	if (der.bytes != NULL)
		memset(der.bytes, 0, der.len);
	buf_free(&der);
	return ret;
}

/* "TYPE BASE64 [COMMENT]" */
static int
parse_public(const char *text, size_t n, struct keyfile *out, struct err *e)
{
	const char *end = memchr(text, '\n', n);
	const char *blank;
	const char *blob;
	char type[PUBKEY_TYPE_MAX];
	size_t len;

	if (end != NULL)
		n = (size_t)(end - text);
	blank = memchr(text, ' ', n);
	if (blank == NULL)
		return not_a_key("no key in it", e);
	blob = blank + 1;
	n -= (size_t)(blob - text);
	end = memchr(blob, ' ', n);
	len = end != NULL ? (size_t)(end - blob) : n;
	if (base64_decode(&out->blob, blob, len, e) == -1 ||
	    pubkey_type(out->blob.bytes, out->blob.len, type, e) == -1 ||
	    strlen(type) != (size_t)(blank - text) || memcmp(type, text, strlen(type)) != 0) {
		buf_clear(&out->blob);
		return not_a_key("no key in it", e);
	}
	return 0;
}

int
keyfile_parse(const void *bytes, size_t n, struct keyfile *out, struct err *e)
{
	static const struct pem_kind kinds[] = {
		{"OPENSSH PRIVATE KEY", parse_openssh},
		{"RSA PRIVATE KEY", parse_rsa},
		{"EC PRIVATE KEY", parse_ec},
		{"PRIVATE KEY", parse_pkcs8},
	};
	const char *text = bytes;
	size_t len;
	size_t i;

	if (find(text, n, "-----BEGIN ENCRYPTED PRIVATE KEY-----") != NULL) {
		out->is_private = true;
		out->encrypted = true;
		return 0;
	}
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const char *body = pem_body(text, n, kinds[i].label, &len);

		if (body != NULL)
			return parse_pem(&kinds[i], body, len, out, e);
	}
	if (find(text, n, "-----BEGIN DSA PRIVATE KEY-----") != NULL)
		return not_a_key("DSA keys are not supported: make an ed25519 key", e);
	if (find(text, n, "PuTTY-User-Key-File") != NULL)
		return not_a_key("in PuTTY's format: export it as an OpenSSH key", e);
	if (find(text, n, "-----BEGIN ") != NULL)
		return not_a_key("not a private key, or its END line is missing", e);
	return parse_public(text, n, out, e);
}

static int
load_beside(const char *path, struct keyfile *out, struct err *e)
{
	struct keyfile public = {0};
	struct buf text = {0};
	char *beside = text_fmt(e, "%s.pub", path);
	int ret = 0;

	if (beside == NULL)
		return -1;
	/* It is for messages and for finding the key in the agent only: a bad one is no error. */
	if (access(beside, R_OK) == 0 &&
	    fs_read_file(AT_FDCWD, beside, true, KEYFILE_MAX, &text, e) == 0 &&
	    keyfile_parse(text.bytes, text.len, &public, e) == 0 && !public.is_private)
		ret = buf_add(&out->blob, public.blob.bytes, public.blob.len, e);
	buf_free(&text);
	keyfile_free(&public);
	free(beside);
	return ret;
}

int
keyfile_load(const char *path, struct keyfile *out, struct err *e)
{
	memset(out, 0, sizeof(*out));
	if (fs_read_file(AT_FDCWD, path, true, KEYFILE_MAX, &out->text, e) == -1)
		goto fail;
	if (keyfile_parse(out->text.bytes, out->text.len, out, e) == -1) {
		(void)snprintf(e->what, sizeof(e->what), "read the key %s", path);
		goto fail;
	}
	if (out->blob.len == 0 && load_beside(path, out, e) == -1)
		goto fail;
	out->path = text_dup(path, strlen(path), e);
	if (out->path == NULL)
		goto fail;
	return 0;
fail:
	keyfile_free(out);
	return -1;
}

void
keyfile_free(struct keyfile *k)
{
	if (k->text.bytes != NULL) {
		volatile uint8_t *p = k->text.bytes; /* volatile: not to be optimised away */
		size_t i;

		for (i = 0; i < k->text.len; i++)
			p[i] = 0;
	}
	free(k->path);
	buf_free(&k->text);
	buf_free(&k->blob);
	memset(k, 0, sizeof(*k));
}
