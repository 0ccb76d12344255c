/* SPDX-License-Identifier: MIT */
#include "lib/ssh/pubkey.h"

#include "lib/base/buf.h"
#include "lib/ssh/keyfile.h"
#include "ssh_keys.h"
#include "unit.h"

/* What ssh-keygen -l says of a key: "BITS FINGERPRINT COMMENT (TYPE)". */
static void
ask_ssh_keygen(const char *name, unsigned *bits, char fingerprint[PUBKEY_FINGERPRINT_LEN])
{
	char command[200];
	FILE *p;

	(void)snprintf(command, sizeof(command), "ssh-keygen -lf %s.pub", keys_path(name));
	p = popen(command, "r");
	if (p == NULL || fscanf(p, "%u %50s", bits, fingerprint) != 2)
		*bits = 0;
	if (p != NULL)
		(void)pclose(p);
}

static void
compare(const char *name, const char *options, const char *want_type)
{
	struct keyfile key;
	struct err e;
	char want[PUBKEY_FINGERPRINT_LEN] = "";
	char got[PUBKEY_FINGERPRINT_LEN];
	char type[PUBKEY_TYPE_MAX];
	unsigned bits = 0;

	REQUIRE(keys_make(name, options));
	REQUIRE(keyfile_load(keys_path(name), &key, &e) == 0);
	ask_ssh_keygen(name, &bits, want);
	pubkey_fingerprint(key.blob.bytes, key.blob.len, got);
	CHECK_STR(got, want);
	CHECK_INT(pubkey_type(key.blob.bytes, key.blob.len, type, &e), 0);
	CHECK_STR(type, want_type);
	CHECK_INT(pubkey_rsa_bits(key.blob.bytes, key.blob.len), strcmp(type, "ssh-rsa") == 0 ? bits : 0);
	keyfile_free(&key);
}

TEST(type_fingerprint_and_bits_are_ssh_keygens)
{
	compare("ed25519", "-t ed25519", "ssh-ed25519");
	compare("ecdsa", "-t ecdsa -b 384", "ecdsa-sha2-nistp384");
	compare("rsa2048", "-t rsa -b 2048", "ssh-rsa");
	compare("rsa2056", "-t rsa -b 2056", "ssh-rsa");
}

TEST(a_blob_without_a_type_is_refused)
{
	static const uint8_t empty[] = {0, 0, 0, 0};
	static const uint8_t too_long[] = {0, 0, 0, 9, 'a'};
	static const uint8_t unprintable[] = {0, 0, 0, 2, 'a', '\n'};
	char type[PUBKEY_TYPE_MAX];
	struct err e;

	CHECK_INT(pubkey_type(empty, sizeof(empty), type, &e), -1);
	CHECK_INT(pubkey_type(too_long, sizeof(too_long), type, &e), -1);
	CHECK_INT(pubkey_type(unprintable, sizeof(unprintable), type, &e), -1);
	CHECK_STR(type, "");
	CHECK_INT(pubkey_type(NULL, 0, type, &e), -1);
}

TEST(bits_of_a_damaged_rsa_key_are_none)
{
	static const uint8_t cut[] = {0, 0, 0, 7, 's', 's', 'h', '-', 'r', 's', 'a', 0, 0, 0, 1, 3, 0, 0, 0, 9, 1};
	static const uint8_t zero[] = {0, 0, 0, 7, 's', 's', 'h', '-', 'r', 's', 'a', 0, 0, 0, 1, 3, 0, 0, 0, 1, 0};

	CHECK_INT(pubkey_rsa_bits(cut, sizeof(cut)), 0);
	CHECK_INT(pubkey_rsa_bits(zero, sizeof(zero)), 0);
}

TEST(names_for_ssh_keyscan)
{
	CHECK_STR(pubkey_scan_name("ssh-ed25519"), "ed25519");
	CHECK_STR(pubkey_scan_name("ecdsa-sha2-nistp521"), "ecdsa");
	CHECK_STR(pubkey_scan_name("ssh-rsa"), "rsa");
	CHECK(pubkey_scan_name("ssh-dss") == NULL);
}

int
main(void)
{
	if (!keys_begin())
		return 1;
	RUN(type_fingerprint_and_bits_are_ssh_keygens);
	RUN(a_blob_without_a_type_is_refused);
	RUN(bits_of_a_damaged_rsa_key_are_none);
	RUN(names_for_ssh_keyscan);
	keys_end();
	return unit_done();
}
