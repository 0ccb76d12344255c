/* SPDX-License-Identifier: MIT */
#include "lib/ssh/keyfile.h"

#include <unistd.h>

#include "ssh_keys.h"
#include "unit.h"

/* A key pair of this kind: the private file alone tells the public key, as the .pub has it, or
 * (blob_inside false) leaves it to the .pub. */
static void
round_trip(const char *name, const char *options, bool blob_inside)
{
	char public_name[50];
	struct keyfile key = {0};
	struct keyfile public = {0};
	struct buf text;
	struct err e;

	REQUIRE(keys_make(name, options));
	(void)snprintf(public_name, sizeof(public_name), "%s.pub", name);
	text = keys_read(public_name);
	CHECK_INT(keyfile_parse(text.bytes, text.len, &public, &e), 0);
	CHECK(!public.is_private);
	buf_free(&text);
	text = keys_read(name);
	CHECK_INT(keyfile_parse(text.bytes, text.len, &key, &e), 0);
	CHECK(key.is_private);
	CHECK(!key.encrypted);
	CHECK_INT(key.blob.len, blob_inside ? public.blob.len : 0);
	CHECK_MEM(key.blob.bytes, public.blob.bytes, key.blob.len);
	keyfile_free(&key);
	REQUIRE(keyfile_load(keys_path(name), &key, &e) == 0);
	CHECK_INT(key.blob.len, public.blob.len);
	CHECK_STR(key.path, keys_path(name));
	keyfile_free(&key);
	keyfile_free(&public);
	buf_free(&text);
}

TEST(every_format_tells_its_public_key)
{
	round_trip("ed25519", "-t ed25519", true);
	round_trip("ecdsa256", "-t ecdsa -b 256", true);
	round_trip("ecdsa256pem", "-t ecdsa -b 256 -m PEM", true);
	round_trip("ecdsa384p8", "-t ecdsa -b 384 -m PKCS8", true);
	round_trip("ecdsa521pem", "-t ecdsa -b 521 -m PEM", true);
	round_trip("rsa", "-t rsa -b 2048", true);
	round_trip("rsapem", "-t rsa -b 2048 -m PEM", true);
	round_trip("rsap8", "-t rsa -b 2048 -m PKCS8", true);
}

static void
is_encrypted(const char *name, const char *options)
{
	struct keyfile key = {0};
	struct err e;

	REQUIRE(keys_make(name, options));
	REQUIRE(keyfile_load(keys_path(name), &key, &e) == 0);
	CHECK(key.encrypted);
	CHECK(key.is_private);
	CHECK(key.blob.len > 0); /* from the file itself or from the .pub */
	keyfile_free(&key);
}

TEST(encrypted_keys_are_recognised)
{
	is_encrypted("locked1", "-t ed25519");
	is_encrypted("locked2", "-t ecdsa -m PEM");
	is_encrypted("locked3", "-t ecdsa -m PKCS8");
}

static int
parse(const char *text)
{
	struct keyfile key = {0};
	struct err e;
	int ret = keyfile_parse(text, strlen(text), &key, &e);

	keyfile_free(&key);
	return ret;
}

TEST(what_is_no_key_is_refused)
{
	CHECK_INT(parse(""), -1);
	CHECK_INT(parse("nonsense"), -1);
	CHECK_INT(parse("ssh-ed25519"), -1);
	CHECK_INT(parse("ssh-ed25519 AAAA"), -1);
	CHECK_INT(parse("ssh-rsa AAAAC3NzaC1lZDI1NTE5"), -1);
	CHECK_INT(parse("PuTTY-User-Key-File-3: ssh-ed25519\n"), -1);
	CHECK_INT(parse("-----BEGIN DSA PRIVATE KEY-----\n-----END DSA PRIVATE KEY-----\n"), -1);
	CHECK_INT(parse("-----BEGIN RSA PRIVATE KEY-----\nMIIB\n"), -1);
	CHECK_INT(parse("-----BEGIN RSA PRIVATE KEY-----\n!\n-----END RSA PRIVATE KEY-----\n"), -1);
	CHECK_INT(parse("-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n"), -1);
}

/* Not one of these may crash, hang, or read beyond its end (the sanitizers watch). */
static void
cut_everywhere(const char *name)
{
	struct buf text = keys_read(name);
	size_t n;

	REQUIRE(text.len > 0);
	for (n = 0; n < text.len; n++) {
		struct keyfile key = {0};
		struct err e;
		char *copy = malloc(n + 1);

		if (copy == NULL)
			break;
		memcpy(copy, text.bytes, n);
		(void)keyfile_parse(copy, n, &key, &e);
		keyfile_free(&key);
		free(copy);
	}
	buf_free(&text);
}

TEST(keys_cut_at_every_length)
{
	cut_everywhere("ed25519");
	cut_everywhere("ed25519.pub");
	cut_everywhere("ecdsa256pem");
	cut_everywhere("ecdsa384p8");
}

/* The same for the bytes inside: the base64 body is cut, the frame stays whole. */
TEST(bodies_cut_at_every_length)
{
	static const char *const names[] = {"ed25519", "rsapem", "ecdsa521pem", "rsap8", "ecdsa384p8"};
	size_t i;
	size_t n;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct buf text = keys_read(names[i]);
		char *body;
		char *end;

		REQUIRE(text.len > 0 && buf_byte(&text, 0, &(struct err){0}) == 0);
		body = strchr((char *)text.bytes, '\n');
		end = body == NULL ? NULL : strstr(body, "-----END");
		REQUIRE(end != NULL);
		for (n = 0; body + n < end; n++) {
			struct buf cut = {0};
			struct keyfile key = {0};
			struct err e;

			CHECK_INT(buf_add(&cut, text.bytes, (size_t)(body - (char *)text.bytes) + n, &e), 0);
			CHECK_INT(buf_str(&cut, "\n", &e), 0);
			CHECK_INT(buf_str(&cut, end, &e), 0);
			(void)keyfile_parse(cut.bytes, cut.len, &key, &e);
			keyfile_free(&key);
			buf_free(&cut);
		}
		buf_free(&text);
	}
}

TEST(a_missing_file_is_an_error_and_leaves_nothing)
{
	struct keyfile key;
	struct err e;

	CHECK_INT(keyfile_load(keys_path("absent"), &key, &e), -1);
	CHECK_INT(e.kind, ERR_LOCAL);
	CHECK(key.path == NULL && key.text.bytes == NULL && key.blob.bytes == NULL);
}

int
main(void)
{
	if (!keys_begin())
		return 1;
	RUN(every_format_tells_its_public_key);
	RUN(encrypted_keys_are_recognised);
	RUN(what_is_no_key_is_refused);
	RUN(keys_cut_at_every_length);
	RUN(bodies_cut_at_every_length);
	RUN(a_missing_file_is_an_error_and_leaves_nothing);
	keys_end();
	return unit_done();
}
