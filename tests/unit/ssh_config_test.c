/* SPDX-License-Identifier: MIT */
#include "lib/ssh/config.h"

#include "unit.h"

static char file[] = "config";

static int
lookup(const char *text, const char *host, struct ssh_config_host *out, struct err *e)
{
	struct ssh_config c = {.file = file};
	int ret;

	CHECK_INT(buf_str(&c.text, text, e), 0);
	ret = ssh_config_lookup(&c, host, out, e);
	buf_free(&c.text);
	return ret;
}

TEST(the_first_value_wins_and_lists_collect)
{
	struct ssh_config_host h;
	struct err e;

	REQUIRE(lookup("# comment\n"
	    "Host web*\n"
	    "  HostName = 10.0.0.1\n"
	    "\tPort=2222\n"
	    "  User \"the deployer\"  # not a comment for ssh, but the second word is passed over\n"
	    "  IdentityFile ~/.ssh/a\n"
	    "Host *\n"
	    "  user other\n"
	    "  port 23\n"
	    "  identityfile ~/.ssh/b\n"
	    "  UserKnownHostsFile one two\n"
	    "  UserKnownHostsFile three\n"
	    "  IdentitiesOnly yes\n"
	    "  ServerAliveInterval 0\n"
	    "  ConnectTimeout 7\n"
	    "  HostKeyAlias alias\n"
	    "  Compression yes\n", "web1", &h, &e) == 0);
	CHECK_STR(h.host_name, "10.0.0.1");
	CHECK_INT(h.port, 2222);
	CHECK_STR(h.user, "the deployer");
	CHECK_INT(h.n_identity_files, 2);
	CHECK_STR(h.identity_files[1], "~/.ssh/b");
	CHECK_INT(h.n_known_hosts, 2);
	CHECK_STR(h.known_hosts[1], "two");
	CHECK(h.identities_only);
	CHECK_INT(h.alive_interval_s, 0);
	CHECK_INT(h.alive_count, 0);
	CHECK_INT(h.connect_timeout_s, 7);
	CHECK_STR(h.host_key_alias, "alias");
	ssh_config_host_free(&h);
}

TEST(lines_above_the_first_host_are_for_all)
{
	struct ssh_config_host h;
	struct err e;

	REQUIRE(lookup("Port 24\nHost other\nPort 25\n", "web1", &h, &e) == 0);
	CHECK_INT(h.port, 24);
	CHECK_INT(h.alive_interval_s, -1);
	ssh_config_host_free(&h);
}

TEST(host_lines_take_several_patterns_and_negation)
{
	static const char text[] = "Host !db1 web? db*\nPort 24\n";
	struct ssh_config_host h;
	struct err e;

	REQUIRE(lookup(text, "db2", &h, &e) == 0);
	CHECK_INT(h.port, 24);
	ssh_config_host_free(&h);
	REQUIRE(lookup(text, "db1", &h, &e) == 0);
	CHECK_INT(h.port, 0);
	ssh_config_host_free(&h);
}

TEST(match_lines_on_hosts_are_understood)
{
	struct ssh_config_host h;
	struct err e;

	REQUIRE(lookup("Match host db*,!db1 exec \"true\"\nPort 20\nMatch originalhost \"web1,web2\"\n"
	    "HostName 10.0.0.1\nMatch host web1\nPort 21\nMatch all\nPort 22\n", "web1", &h, &e) == 0);
	CHECK_INT(h.port, 22);
	CHECK_STR(h.host_name, "10.0.0.1");
	ssh_config_host_free(&h);
}

static void
is_refused(const char *text, const char *what, const char *why)
{
	struct ssh_config_host h;
	struct err e = {0};

	CHECK_INT(lookup(text, "web1", &h, &e), -1);
	CHECK_INT(e.kind, ERR_USAGE);
	CHECK_STR(e.what, what);
	CHECK(strstr(e.why, why) != NULL);
	CHECK(h.user == NULL && h.identity_files == NULL);
}

TEST(what_we_cannot_do_is_refused_where_it_applies)
{
	struct ssh_config_host h;
	struct err e;

	is_refused("User u\nProxyJump b\n", "config:2", "ProxyJump");
	is_refused("ProxyCommand nc %h\n", "config:1", "ProxyCommand");
	is_refused("Include x\n", "config:1", "Include");
	is_refused("Host other\nMatch user u\n", "config:2", "Match");
	is_refused("Match host web1 exec \"true\"\n", "config:1", "Match");
	is_refused("Match host\n", "config:1", "without a value");
	is_refused("StrictHostKeyChecking no\n", "config:1", "StrictHostKeyChecking");
	is_refused("StrictHostKeyChecking accept-new\n", "config:1", "StrictHostKeyChecking");
	CHECK_INT(lookup("StrictHostKeyChecking yes\nStrictHostKeyChecking no\nProxyJump none\n"
	    "ProxyJump b\nHost other\nProxyJump b\n", "web1", &h, &e), 0);
	ssh_config_host_free(&h);
}

TEST(malformed_lines_are_named)
{
	is_refused("Port\n", "config:1", "without a value");
	is_refused("Port x\n", "config:1", "Port x");
	is_refused("Port 65536\n", "config:1", "65535");
	is_refused("User \"open\n", "config:1", "no closing quote");
	is_refused("Host \"open\n", "config:1", "no closing quote");
}

int
main(void)
{
	RUN(the_first_value_wins_and_lists_collect);
	RUN(lines_above_the_first_host_are_for_all);
	RUN(host_lines_take_several_patterns_and_negation);
	RUN(match_lines_on_hosts_are_understood);
	RUN(what_we_cannot_do_is_refused_where_it_applies);
	RUN(malformed_lines_are_named);
	return unit_done();
}
