/* SPDX-License-Identifier: MIT */
#include "lib/ssh/target.h"

#include <stdlib.h>

#include "unit.h"

static char name[] = "web1";
static char inventory_user[] = "inv";
static char inventory_key[] = "inv_key";
static char config_file[] = "config";

struct inputs {
	struct ssh_settings settings;
	struct ssh_config config;
	struct inventory_host host;
};

static struct inputs
inputs(const char *config)
{
	struct inputs in = {.host = {.name = name, .address = name, .become = -1}};
	struct err e;

	in.config.file = config_file;
	CHECK_INT(buf_str(&in.config.text, config, &e), 0);
	return in;
}

static int
make(struct inputs *in, struct ssh_target *t, struct err *e)
{
	int ret = ssh_target_make(&in->settings, &in->config, &in->host, t, e);

	buf_free(&in->config.text);
	ssh_settings_free(&in->settings);
	return ret;
}

TEST(defaults)
{
	struct inputs in = inputs("");
	struct ssh_target t;
	struct err e;

	REQUIRE(make(&in, &t, &e) == 0);
	CHECK_STR(t.name, "web1");
	CHECK_STR(t.address, "web1");
	CHECK(t.key_alias == NULL);
	CHECK_INT(t.port, 22);
	CHECK_INT(t.n_identities, 0);
	CHECK_INT(t.n_known_hosts, 2);
	CHECK_STR(t.known_hosts[0], "/home/u/.ssh/known_hosts");
	CHECK(!t.known_hosts_given);
	CHECK_INT(t.connect_timeout_ms, 20000);
	CHECK_INT(t.alive_interval_ms, 15000);
	CHECK_INT(t.alive_count, 3);
	ssh_target_free(&t);
}

TEST(an_option_counts_more_than_the_inventory_and_that_more_than_ssh_config)
{
	static const char config[] = "User conf\nPort 3\nIdentityFile conf_key\nConnectTimeout 5\n";
	struct inputs in = inputs(config);
	struct ssh_target t;
	struct err e;

	REQUIRE(make(&in, &t, &e) == 0);
	CHECK_STR(t.user, "conf");
	CHECK_INT(t.port, 3);
	CHECK_STR(t.identities[0], "conf_key");
	CHECK(!t.identity_given);
	CHECK_INT(t.connect_timeout_ms, 5000);
	ssh_target_free(&t);

	in = inputs(config);
	in.host.user = inventory_user;
	in.host.port = 2;
	in.host.identity = inventory_key;
	REQUIRE(make(&in, &t, &e) == 0);
	CHECK_STR(t.user, "inv");
	CHECK_INT(t.port, 2);
	CHECK_STR(t.identities[0], "inv_key");
	CHECK_INT(t.n_identities, 1);
	CHECK(t.identity_given);
	ssh_target_free(&t);

	in = inputs(config);
	in.host.user = inventory_user;
	in.host.port = 2;
	CHECK_INT(ssh_settings_option(&in.settings, SSH_OPT_USER, "opt", &e), 0);
	CHECK_INT(ssh_settings_option(&in.settings, SSH_OPT_PORT, "1", &e), 0);
	CHECK_INT(ssh_settings_option(&in.settings, SSH_OPT_IDENTITY, "~/opt_key", &e), 0);
	CHECK_INT(ssh_settings_option(&in.settings, SSH_OPT_CONNECT_TIMEOUT, "9", &e), 0);
	REQUIRE(make(&in, &t, &e) == 0);
	CHECK_STR(t.user, "opt");
	CHECK_INT(t.port, 1);
	CHECK_STR(t.identities[0], "/home/u/opt_key");
	CHECK_INT(t.connect_timeout_ms, 9000);
	ssh_target_free(&t);
}

TEST(tokens_are_expanded)
{
	struct inputs in = inputs("HostName %h.example.com\nUser me\nIdentityFile %d/keys/%r@%h%%\n");
	struct ssh_target t;
	struct err e;

	REQUIRE(make(&in, &t, &e) == 0);
	CHECK_STR(t.address, "web1.example.com");
	CHECK_STR(t.identities[0], "/home/u/keys/me@web1.example.com%");
	ssh_target_free(&t);
	in = inputs("IdentityFile %X\n");
	CHECK_INT(make(&in, &t, &e), -1);
	CHECK_INT(e.kind, ERR_USAGE);
	in = inputs("IdentityFile key%\n");
	CHECK_INT(make(&in, &t, &e), -1);
}

TEST(named_known_hosts_files_replace_the_defaults)
{
	struct inputs in = inputs("UserKnownHostsFile conf\n");
	struct ssh_target t;
	struct err e;

	REQUIRE(make(&in, &t, &e) == 0);
	CHECK_INT(t.n_known_hosts, 2);
	CHECK_STR(t.known_hosts[0], "conf");
	ssh_target_free(&t);
	in = inputs("UserKnownHostsFile conf\n");
	CHECK_INT(ssh_settings_option(&in.settings, SSH_OPT_KNOWN_HOSTS, "given", &e), 0);
	REQUIRE(make(&in, &t, &e) == 0);
	CHECK_INT(t.n_known_hosts, 1);
	CHECK_STR(t.known_hosts[0], "given");
	CHECK(t.known_hosts_given);
	ssh_target_free(&t);
}

TEST(keepalives_are_no_closer_than_libssh2_sends_them)
{
	struct inputs in = inputs("ServerAliveInterval 1\nServerAliveCountMax 2\n");
	struct ssh_target t;
	struct err e;

	REQUIRE(make(&in, &t, &e) == 0);
	CHECK_INT(t.alive_interval_ms, 2000);
	CHECK_INT(t.alive_count, 2);
	ssh_target_free(&t);
	in = inputs("ServerAliveInterval 0\n");
	REQUIRE(make(&in, &t, &e) == 0);
	CHECK_INT(t.alive_interval_ms, 0);
	ssh_target_free(&t);
}

TEST(settings_come_from_options_then_the_environment)
{
	struct ssh_settings s = {0};
	struct err e;

	(void)setenv("SLIPWAY_PORT", "99", 1);
	(void)setenv("SLIPWAY_USER", "env", 1);
	(void)setenv("SLIPWAY_IDENTITY", "", 1);
	(void)setenv("SLIPWAY_KNOWN_HOSTS", "a:b", 1);
	(void)setenv("SLIPWAY_HOST_KEY", " SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n", 1);
	CHECK_INT(ssh_settings_option(&s, SSH_OPT_USER, "opt", &e), 0);
	CHECK_INT(ssh_settings_finish(&s, &e), 0);
	CHECK_INT(s.port, 99);
	CHECK_STR(s.user, "opt");
	CHECK(s.identity == NULL);
	CHECK_INT(s.n_known_hosts, 2);
	CHECK_STR(s.known_hosts[1], "b");
	CHECK_INT(s.n_host_keys, 1);
	CHECK_INT(s.parallel, 32);
	ssh_settings_free(&s);
	(void)setenv("SLIPWAY_PORT", "0", 1);
	CHECK_INT(ssh_settings_finish(&s, &e), -1);
	CHECK_INT(e.kind, ERR_USAGE);
	CHECK(strstr(e.what, "SLIPWAY_PORT") != NULL || strstr(e.why, "SLIPWAY_PORT") != NULL);
	ssh_settings_free(&s);
	(void)unsetenv("SLIPWAY_PORT");
}

TEST(settings_refuse_bad_values)
{
	struct ssh_settings s = {0};
	struct err e;

	CHECK_INT(ssh_settings_option(&s, SSH_OPT_PORT, "65536", &e), -1);
	CHECK_INT(ssh_settings_option(&s, SSH_OPT_USER, "", &e), -1);
	CHECK_INT(ssh_settings_option(&s, SSH_OPT_PARALLEL, "0", &e), -1);
	CHECK_INT(ssh_settings_option(&s, SSH_OPT_HOST_KEY, "MD5:00", &e), -1);
	CHECK_INT(ssh_settings_option(&s, SSH_OPT_HOST_KEY,
	    "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", &e), -1);
	CHECK_INT(ssh_settings_option(&s, 1, "x", &e), -1);
	CHECK_INT(e.kind, ERR_INTERNAL);
	ssh_settings_free(&s);
}

int
main(void)
{
	(void)setenv("HOME", "/home/u", 1);
	RUN(defaults);
	RUN(an_option_counts_more_than_the_inventory_and_that_more_than_ssh_config);
	RUN(tokens_are_expanded);
	RUN(named_known_hosts_files_replace_the_defaults);
	RUN(keepalives_are_no_closer_than_libssh2_sends_them);
	RUN(settings_come_from_options_then_the_environment);
	RUN(settings_refuse_bad_values);
	return unit_done();
}
