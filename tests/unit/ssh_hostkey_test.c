/* SPDX-License-Identifier: MIT */
#include "lib/ssh/hostkey.h"

#include "unit.h"

/* Two ed25519 public keys and an RSA one that are not anybody's: 32 bytes of 1, of 2; a small n. */
#define KEY1 "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB"
#define KEY2 "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIC"
#define RSA "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAAQM="

/* KEY1 in wire form. */
static const uint8_t key1[] = {0, 0, 0, 11, 's', 's', 'h', '-', 'e', 'd', '2', '5', '5', '1', '9', 0, 0, 0, 32,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};

static struct known_keys
parse(const char *text, const char *host, uint16_t port)
{
	struct known_keys k = {0};
	struct err e;

	CHECK_INT(known_keys_parse(text, strlen(text), "known_hosts", host, port, &k, &e), 0);
	return k;
}

static size_t
count(const char *text, const char *host, uint16_t port)
{
	struct known_keys k = parse(text, host, port);
	size_t n = k.n;

	known_keys_free(&k);
	return n;
}

TEST(plain_lines_match_host_and_port)
{
	CHECK_INT(count("web1 " KEY1 "\n", "web1", 22), 1);
	CHECK_INT(count("web1 " KEY1, "WEB1", 22), 1);
	CHECK_INT(count("web1,10.0.0.1 " KEY1 " comment here\n", "10.0.0.1", 22), 1);
	CHECK_INT(count("web1 " KEY1 "\n", "web1", 2222), 0);
	CHECK_INT(count("[web1]:2222 " KEY1 "\n", "web1", 2222), 1);
	CHECK_INT(count("[web1]:2222 " KEY1 "\n", "web1", 22), 0);
	CHECK_INT(count("web10 " KEY1 "\n", "web1", 22), 0);
}

TEST(patterns_match_and_negate)
{
	CHECK_INT(count("*.example.com,!db.example.com " KEY1 "\n", "web.example.com", 22), 1);
	CHECK_INT(count("*.example.com,!db.example.com " KEY1 "\n", "db.example.com", 22), 0);
}

/* Captured: "ssh-keygen -H" of OpenSSH 9.2p1, of lines for example.com and [example.com]:2222. */
#define HASHED_22 "|1|J5xvW8OiILuRzsO+9lpfYfjlVF4=|s8YpifNNpgO01rxS8C0gzE6WVyo= "
#define HASHED_2222 "|1|OYvhy2v7Fx0SyZZMuS/a2+fKN6w=|3XEcNB/zi7FUe+nWNl7VBdGepgY= "

TEST(hashed_lines_match)
{
	CHECK_INT(count(HASHED_22 KEY1 "\n", "example.com", 22), 1);
	CHECK_INT(count(HASHED_22 KEY1 "\n", "example.com", 2222), 0);
	CHECK_INT(count(HASHED_22 KEY1 "\n", "example.org", 22), 0);
	CHECK_INT(count(HASHED_2222 KEY1 "\n", "Example.com", 2222), 1);
	CHECK_INT(count("|1|IF3wdyHg66OPd6n2VDRKIe3UMyI=|AAAA " KEY1 "\n", "example.com", 22), 0);
	CHECK_INT(count("|1|onlysalt " KEY1 "\n", "example.com", 22), 0);
	CHECK_INT(count("|1| " KEY1 "\n", "example.com", 22), 0);
}

TEST(markers_comments_and_damaged_lines)
{
	struct known_keys k = parse("# comment\n"
	    "\n"
	    "@cert-authority web1 " KEY1 "\n"
	    "@revoked web1 " KEY2 "\n"
	    "@unknown web1 " KEY1 "\n"
	    "web1\n"
	    "web1 ssh-ed25519\n"
	    "web1 ssh-ed25519 !!!!\n"
	    "web1 ssh-ed25519 AAAA\n"
	    "  web1\t" KEY1 "\r\n", "web1", 22);

	CHECK_INT(k.n, 2);
	CHECK(k.n == 2 && k.keys[0].revoked && k.keys[0].line == 4);
	CHECK(k.n == 2 && !k.keys[1].revoked && k.keys[1].line == 10);
	known_keys_free(&k);
}

TEST(algorithms_of_known_types_are_offered_first)
{
	struct known_keys k = parse("web1 " RSA "\n@revoked web1 " KEY1 "\n", "web1", 22);
	struct buf out = {0};
	struct err e;

	CHECK_INT(hostkey_algorithms(&k, &out, &e), 0);
	CHECK_INT(buf_byte(&out, 0, &e), 0);
	CHECK_STR((const char *)out.bytes, "rsa-sha2-512,rsa-sha2-256,ssh-ed25519,ecdsa-sha2-nistp256,"
	    "ecdsa-sha2-nistp384,ecdsa-sha2-nistp521");
	buf_free(&out);
	known_keys_free(&k);
}

static char address[] = "web1";
static char file[] = "known_hosts";

/* KEY1 is presented by web1, which is known by `text`. */
static int
check(const char *text, char **host_keys, size_t n_host_keys, struct err *e)
{
	char *files[] = {file};
	struct ssh_target t = {.name = address, .address = address, .port = 22, .known_hosts = files,
	    .n_known_hosts = 1, .host_keys = host_keys, .n_host_keys = n_host_keys};
	struct known_keys k = parse(text, address, 22);
	int ret;

	memset(e, 0, sizeof(*e));
	ret = hostkey_check(&t, &k, key1, sizeof(key1), e);
	known_keys_free(&k);
	return ret;
}

TEST(a_known_key_is_accepted)
{
	struct err e;

	CHECK_INT(check("web1 " KEY1 "\n", NULL, 0, &e), 0);
	CHECK_INT(check("web1 " KEY2 "\nweb1 " KEY1 "\n", NULL, 0, &e), 0);
}

TEST(unknown_changed_and_revoked_keys_are_refused)
{
	struct err e;

	CHECK_INT(check("", NULL, 0, &e), -1);
	CHECK_INT(e.kind, ERR_CONNECT);
	CHECK_STR(e.why, "not in known_hosts");
	CHECK(strstr(e.hint, "ssh-keyscan -t ed25519 -p 22 web1 >>known_hosts") != NULL);
	CHECK_INT(check("web1 " KEY2 "\n", NULL, 0, &e), -1);
	CHECK(strstr(e.what, "changed: presented ssh-ed25519 SHA256:") != NULL);
	CHECK(strstr(e.why, "known is ssh-ed25519 SHA256:") != NULL);
	CHECK(strstr(e.why, "(known_hosts:1)") != NULL);
	CHECK_INT(check("web1 " RSA "\nweb1 " KEY2 "\n", NULL, 0, &e), -1);
	CHECK(strstr(e.why, "(known_hosts:2)") != NULL);
	CHECK_INT(check("web1 " KEY1 "\n@revoked web1 " KEY1 "\n", NULL, 0, &e), -1);
	CHECK_STR(e.why, "this key was revoked");
}

TEST(a_pinned_fingerprint_counts_alone)
{
	char right[PUBKEY_FINGERPRINT_LEN];
	char wrong[] = "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
	char *both[] = {wrong, right};
	struct err e;

	pubkey_fingerprint(key1, sizeof(key1), right);
	CHECK_INT(check("", both, 2, &e), 0);
	CHECK_INT(check("web1 " KEY2 "\n", both, 2, &e), 0);
	CHECK_INT(check("web1 " KEY1 "\n", both, 1, &e), -1);
	CHECK_INT(check("@revoked web1 " KEY1 "\n", both, 2, &e), -1);
}

TEST(a_malformed_key_is_refused)
{
	static const uint8_t bad[] = {0, 0, 0, 99, 'x'};
	struct ssh_target t = {.name = address, .address = address, .port = 22};
	struct known_keys k = {0};
	struct err e;

	CHECK_INT(hostkey_check(&t, &k, bad, sizeof(bad), &e), -1);
	CHECK_INT(e.kind, ERR_CONNECT);
}

int
main(void)
{
	RUN(plain_lines_match_host_and_port);
	RUN(patterns_match_and_negate);
	RUN(hashed_lines_match);
	RUN(markers_comments_and_damaged_lines);
	RUN(algorithms_of_known_types_are_offered_first);
	RUN(a_known_key_is_accepted);
	RUN(unknown_changed_and_revoked_keys_are_refused);
	RUN(a_pinned_fingerprint_counts_alone);
	RUN(a_malformed_key_is_refused);
	return unit_done();
}
