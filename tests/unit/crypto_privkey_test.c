/* SPDX-License-Identifier: MIT */
/* Key files of every format, made by ssh-keygen and openssl when the test runs: each is read, its
 * public blob is the one that ssh-keygen prints, and it signs what its public key verifies. */
#include <libssh2_priv.h>
#include <stdlib.h>
#include "lib/crypto/privkey.h"
#include "unit.h"

#define PASSPHRASE "correct horse"

static char folder[] = "/tmp/slipway-privkey-XXXXXX";
static LIBSSH2_SESSION *session;

__attribute__((format(printf, 1, 2))) static int
shell(const char *fmt, ...)
{
	char command[512];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(command, sizeof(command), fmt, ap);
	va_end(ap);
	return system(command);
}

/* The file's content on the heap; *len its length. */
static char *
slurp(const char *path, size_t *len)
{
	char *text = malloc(PRIVKEY_MAX);
	FILE *file = fopen(path, "r");

	*len = 0;
	if (file != NULL) {
		*len = fread(text, 1, PRIVKEY_MAX, file);
		(void)fclose(file);
	}
	return text;
}

/* The base64 blob of an OpenSSH public key line. */
static size_t
public_blob(const char *path, unsigned char *out)
{
	char command[256], base64[8192] = "";
	FILE *pipe;
	char *bytes;
	size_t len = 0;

	(void)snprintf(command, sizeof(command), "cut -d' ' -f2 %s", path);
	pipe = popen(command, "r");
	if (pipe != NULL) {
		if (fgets(base64, sizeof(base64), pipe) != NULL)
			base64[strcspn(base64, "\n")] = '\0';
		(void)pclose(pipe);
	}
	if (_libssh2_base64_decode(session, &bytes, &len, base64, strlen(base64)) == 0) {
		memcpy(out, bytes, len);
		LIBSSH2_FREE(session, bytes);
	}
	return len;
}

static void
check_blob(const char *path, const char *passphrase)
{
	unsigned char want[2048], *method, *blob;
	size_t want_len, method_len, blob_len;
	char public_path[128];

	(void)snprintf(public_path, sizeof(public_path), "%s.pub", path);
	want_len = public_blob(public_path, want);
	REQUIRE(want_len > 0);
	REQUIRE(_libssh2_pub_priv_keyfile(session, &method, &method_len, &blob, &blob_len, path, passphrase) == 0);
	CHECK_INT(blob_len, want_len);
	CHECK_MEM(blob, want, want_len);
	CHECK_INT(want[3], method_len);
	CHECK_MEM(method, want + 4, method_len);
	LIBSSH2_FREE(session, method);
	LIBSSH2_FREE(session, blob);
}

/* Sign with the private key, verify with its public part. */
static void
check_signature(const char *path, const char *passphrase)
{
	static const unsigned char message[] = "message";
	const unsigned char *pass = (const unsigned char *)passphrase;
	unsigned char hash[64] = {0}, *sig;
	struct private_key key;
	size_t len, text_len, hash_len;
	const char *why = "";
	char *text = slurp(path, &text_len);
	br_sha256_context sha256;

	REQUIRE(privkey_parse(&key, text, text_len, passphrase, &why) == PRIVKEY_OK);
	free(text);
	switch (key.type) {
	case KEY_RSA: {
		struct rsa *rsa;

		CHECK_INT(_libssh2_rsa_new_private(&rsa, session, path, pass), 0);
		br_sha256_init(&sha256);
		br_sha256_update(&sha256, message, sizeof(message));
		br_sha256_out(&sha256, hash);
		REQUIRE(_libssh2_rsa_sha2_sign(session, rsa, hash, 32, &sig, &len) == 0);
		CHECK_INT(_libssh2_rsa_sha2_verify(rsa, 32, sig, len, message, sizeof(message)), 0);
		LIBSSH2_FREE(session, sig);
		REQUIRE(_libssh2_rsa_sha2_sign(session, rsa, hash, 64, &sig, &len) == 0);
		LIBSSH2_FREE(session, sig);
		CHECK(_libssh2_rsa_sha1_sign(session, rsa, hash, 20, &sig, &len) != 0);
		_libssh2_rsa_free(rsa);
		break;
	}
	case KEY_EC: {
		struct ec *ec;

		CHECK_INT(_libssh2_ecdsa_new_private(&ec, session, path, pass), 0);
		hash_len = _libssh2_ecdsa_get_curve_type(ec) == LIBSSH2_EC_CURVE_NISTP256 ? 32
		    : _libssh2_ecdsa_get_curve_type(ec) == LIBSSH2_EC_CURVE_NISTP384      ? 48
		                                                                          : 64;
		REQUIRE(_libssh2_ecdsa_sign(session, ec, hash, hash_len, &sig, &len) == 0);
		LIBSSH2_FREE(session, sig);
		_libssh2_ecdsa_free(ec);
		break;
	}
	case KEY_ED25519: {
		struct ed25519 *ed;

		CHECK_INT(_libssh2_ed25519_new_private(&ed, session, path, pass), 0);
		REQUIRE(_libssh2_ed25519_sign(ed, session, &sig, &len, message, sizeof(message)) == 0);
		CHECK_INT(_libssh2_ed25519_verify(ed, sig, len, message, sizeof(message)), 0);
		LIBSSH2_FREE(session, sig);
		_libssh2_ed25519_free(ed);
		break;
	}
	}
	privkey_wipe(&key);
}

static enum privkey_status
parse(const char *path, const char *passphrase, const char **why)
{
	struct private_key key;
	size_t len;
	char *text = slurp(path, &len);
	enum privkey_status status = privkey_parse(&key, text, len, passphrase, why);

	privkey_wipe(&key);
	free(text);
	return status;
}

TEST(openssh_format)
{
	static const char *const kinds[] = {"ed25519", "ecdsa -b 256", "ecdsa -b 384", "ecdsa -b 521", "rsa -b 2048",
	    "rsa -b 3072", "rsa -b 4096"};
	char path[128];
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/openssh%zu", folder, i);
		REQUIRE(shell("ssh-keygen -q -t %s -N '' -C 'a comment' -f %s", kinds[i], path) == 0);
		check_blob(path, NULL);
		check_signature(path, NULL);
	}
}

TEST(openssh_format_with_a_passphrase)
{
	static const char *const ciphers[] = {"aes256-ctr", "aes192-ctr", "aes128-ctr", "aes256-cbc", "aes192-cbc",
	    "aes128-cbc", "aes256-gcm@openssh.com", "aes128-gcm@openssh.com", "chacha20-poly1305@openssh.com"};
	const char *why;
	char path[128];
	size_t i;

	for (i = 0; i < sizeof(ciphers) / sizeof(ciphers[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/sealed%zu", folder, i);
		REQUIRE(shell("ssh-keygen -q -t ed25519 -a 1 -Z %s -N '" PASSPHRASE "' -f %s", ciphers[i], path) == 0);
		check_blob(path, PASSPHRASE);
		check_signature(path, PASSPHRASE);
		CHECK_INT(parse(path, "wrong", &why), PRIVKEY_PASSPHRASE);
		CHECK_INT(parse(path, "", &why), PRIVKEY_PASSPHRASE);
		CHECK_INT(parse(path, NULL, &why), PRIVKEY_PASSPHRASE);
		CHECK_STR(why, "key needs a passphrase");
	}
}

TEST(pem_formats)
{
	static const char *const makers[] = {
		"ssh-keygen -q -m PEM -t rsa -b 2048 -N '' -f %s",
		"ssh-keygen -q -m PEM -t ecdsa -b 256 -N '' -f %s",
		"ssh-keygen -q -m PEM -t ecdsa -b 384 -N '' -f %s",
		"ssh-keygen -q -m PEM -t ecdsa -b 521 -N '' -f %s",
		"ssh-keygen -q -m PKCS8 -t rsa -b 2048 -N '' -f %s",
		"ssh-keygen -q -m PKCS8 -t ecdsa -b 256 -N '' -f %s",
		"openssl genpkey -quiet -algorithm ed25519 -out %s",
		"openssl ecparam -genkey -name secp384r1 -out %s", /* with its EC PARAMETERS block */
	};
	char path[128], command[256];
	size_t i;

	for (i = 0; i < sizeof(makers) / sizeof(makers[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/pem%zu", folder, i);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		(void)snprintf(command, sizeof(command), makers[i], path);
#pragma GCC diagnostic pop
		REQUIRE(shell("%s", command) == 0);
		if (i == 6) { /* ssh-keygen does not read this one: take the public key out by hand */
			REQUIRE(shell("chmod 600 %s; { printf 'ssh-ed25519 '; { printf '\\0\\0\\0\\013ssh-ed25519\\0\\0\\0 '; "
			              "openssl pkey -in %s -pubout -outform DER | tail -c 32; } | base64 -w0; "
			              "echo; } >%s.pub", path, path, path) == 0);
		} else {
			REQUIRE(shell("chmod 600 %s; ssh-keygen -y -f %s >%s.pub", path, path, path) == 0);
		}
		check_blob(path, NULL);
		check_signature(path, NULL);
	}
}

TEST(refused_kinds_say_what_they_are)
{
	char path[128];
	const char *why;

	(void)snprintf(path, sizeof(path), "%s/refused", folder);
	REQUIRE(shell("ssh-keygen -q -m PEM -t rsa -N '" PASSPHRASE "' -f %s", path) == 0);
	CHECK_INT(parse(path, PASSPHRASE, &why), PRIVKEY_REFUSED);
	CHECK_STR(why, "key is encrypted in the old PEM way; convert it with ssh-keygen -p");
	REQUIRE(shell("openssl genpkey -quiet -algorithm ed25519 -aes128 -pass pass:x -out %s", path) == 0);
	CHECK_INT(parse(path, "x", &why), PRIVKEY_REFUSED);
	CHECK_STR(why, "encrypted PKCS#8 keys are not supported; convert it with ssh-keygen -p");
	REQUIRE(shell("openssl genpkey -quiet -algorithm ed448 -out %s", path) == 0);
	CHECK_INT(parse(path, NULL, &why), PRIVKEY_REFUSED);
	CHECK_STR(why, "key is neither RSA, EC nor Ed25519");
	REQUIRE(shell("openssl ecparam -genkey -noout -name secp256k1 -out %s", path) == 0);
	CHECK_INT(parse(path, NULL, &why), PRIVKEY_REFUSED);
	CHECK_STR(why, "EC key is on a curve that SSH does not use");
	REQUIRE(shell("openssl genrsa -traditional -out %s 1024 2>/dev/null", path) == 0);
	CHECK_INT(parse(path, NULL, &why), PRIVKEY_REFUSED);
	CHECK_STR(why, "RSA key is malformed, or not of 2048 to 4096 bits");
	REQUIRE(shell("echo 'ssh-ed25519 AAAA me' >%s", path) == 0);
	CHECK_INT(parse(path, NULL, &why), PRIVKEY_REFUSED);
	CHECK_STR(why, "no private key in the file");
}

/* Decode, cut or change the inner bytes, and parse: from a heap copy of exactly that size. */
static enum privkey_status
parse_inner(const char *label, const unsigned char *bytes, size_t len)
{
	unsigned char *copy = malloc(len > 0 ? len : 1);
	struct private_key key;
	const char *why;
	enum privkey_status status;

	memset(&key, 0, sizeof(key));
	memcpy(copy, bytes, len);
	status = label == NULL ? openssh_parse(&key, copy, len, NULL, &why)
	                       : pkcs_parse(&key, label, copy, len, &why);
	privkey_wipe(&key);
	free(copy);
	return status;
}

static size_t
unarmored(const char *path, unsigned char *out)
{
	char command[256];
	FILE *pipe;
	size_t len = 0;

	(void)snprintf(command, sizeof(command),
	    "sed '1,/EC PARAMETERS-----/{/BEGIN EC PARAMETERS/,/END EC PARAMETERS/d}' %s | grep -v -- ----- | base64 -d", path);
	pipe = popen(command, "r");
	if (pipe != NULL) {
		len = fread(out, 1, 8192, pipe);
		(void)pclose(pipe);
	}
	return len;
}

static void
check_hostile(const char *name, const char *label)
{
	unsigned char bytes[8192];
	char path[128];
	size_t len, cut, i;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	len = unarmored(path, bytes);
	REQUIRE(parse_inner(label, bytes, len) == PRIVKEY_OK);
	for (cut = 0; cut < len; cut++)
		(void)parse_inner(label, bytes, cut); /* the sanitizers watch; trailing parts may be missing */
	for (cut = 0; cut < len / 2; cut++)
		CHECK(parse_inner(label, bytes, cut) != PRIVKEY_OK);
	for (i = 0; i < len; i++) { /* every byte once as a huge length or a wrong tag */
		unsigned char was = bytes[i];

		bytes[i] = 0xff;
		(void)parse_inner(label, bytes, len);
		bytes[i] = 0;
		(void)parse_inner(label, bytes, len);
		bytes[i] = was;
	}
}

TEST(truncated_or_changed_openssh_keys)
{
	check_hostile("openssh0", NULL);
	check_hostile("openssh1", NULL);
}

TEST(truncated_or_changed_pem_keys)
{
	check_hostile("pem1", "EC PRIVATE KEY");
	check_hostile("pem5", "PRIVATE KEY");
	check_hostile("pem6", "PRIVATE KEY");
}

TEST(truncated_rsa_keys)
{
	unsigned char bytes[8192];
	char path[128];
	size_t len, cut;

	(void)snprintf(path, sizeof(path), "%s/pem0", folder);
	len = unarmored(path, bytes);
	CHECK_INT(parse_inner("RSA PRIVATE KEY", bytes, len), PRIVKEY_OK);
	for (cut = 0; cut < len; cut++)
		CHECK(parse_inner("RSA PRIVATE KEY", bytes, cut) != PRIVKEY_OK);
}

TEST(a_key_whose_halves_do_not_match_is_refused)
{
	unsigned char bytes[8192];
	char path[128];
	size_t len;

	(void)snprintf(path, sizeof(path), "%s/openssh0", folder);
	len = unarmored(path, bytes);
	REQUIRE(len > 150);
	bytes[130] ^= 1; /* in the private part's copy of the public key */
	CHECK_INT(parse_inner(NULL, bytes, len), PRIVKEY_REFUSED);
}

TEST(text_cut_at_each_length)
{
	struct private_key key;
	char path[128];
	const char *why;
	size_t len, cut;
	char *text;

	(void)snprintf(path, sizeof(path), "%s/openssh0", folder);
	text = slurp(path, &len);
	for (cut = 0; cut + 1 < len; cut++) {
		char *copy = malloc(cut > 0 ? cut : 1);

		memcpy(copy, text, cut);
		CHECK(privkey_parse(&key, copy, cut, NULL, &why) == PRIVKEY_REFUSED);
		free(copy);
	}
	free(text);
}

TEST(files_that_cannot_be_read)
{
	unsigned char *method, *blob;
	size_t method_len, blob_len;
	char path[128];
	struct rsa *rsa;

	(void)snprintf(path, sizeof(path), "%s/none", folder);
	CHECK_INT(_libssh2_pub_priv_keyfile(session, &method, &method_len, &blob, &blob_len, path, NULL),
	    LIBSSH2_ERROR_FILE);
	CHECK_INT(_libssh2_pub_priv_keyfile(session, &method, &method_len, &blob, &blob_len, folder, NULL),
	    LIBSSH2_ERROR_FILE);
	(void)snprintf(path, sizeof(path), "%s/openssh0", folder);
	CHECK_INT(_libssh2_rsa_new_private(&rsa, session, path, NULL), LIBSSH2_ERROR_FILE);
	CHECK(rsa == NULL);
	REQUIRE(shell("head -c 70000 /dev/zero >%s/large", folder) == 0);
	(void)snprintf(path, sizeof(path), "%s/large", folder);
	CHECK_INT(_libssh2_pub_priv_keyfile(session, &method, &method_len, &blob, &blob_len, path, NULL),
	    LIBSSH2_ERROR_FILE);
}

TEST(rsa_signs_by_sha2_alone)
{
	unsigned char rsa[] = "ssh-rsa", ed[] = "ssh-ed25519";

	CHECK_STR(_libssh2_supported_key_sign_algorithms(session, rsa, 7), "rsa-sha2-512,rsa-sha2-256");
	CHECK(_libssh2_supported_key_sign_algorithms(session, ed, 11) == NULL);
}

int
main(void)
{
	int ret;

	if (mkdtemp(folder) == NULL || libssh2_init(0) != 0 || (session = libssh2_session_init()) == NULL) {
		printf("Bail out! no folder or no session\n");
		return 1;
	}
	RUN(openssh_format);
	RUN(openssh_format_with_a_passphrase);
	RUN(pem_formats);
	RUN(refused_kinds_say_what_they_are);
	RUN(truncated_or_changed_openssh_keys);
	RUN(truncated_or_changed_pem_keys);
	RUN(truncated_rsa_keys);
	RUN(a_key_whose_halves_do_not_match_is_refused);
	RUN(text_cut_at_each_length);
	RUN(files_that_cannot_be_read);
	RUN(rsa_signs_by_sha2_alone);
	ret = unit_done();
	libssh2_session_free(session);
	(void)shell("rm -rf %s", folder);
	return ret;
}
