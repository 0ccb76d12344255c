/* SPDX-License-Identifier: MIT */
#include "lib/base/inventory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

static struct inventory inv;
static struct err e;
static char text[8192];

/* The hosts as "name address user port identity become;" or the error as "what: why". */
static const char *
parsed_n(const char *in, size_t n, const char *group)
{
	size_t at = 0;

	inventory_free(&inv);
	if (inventory_parse(in, n, "hosts", group, &inv, &e) == -1) {
		(void)snprintf(text, sizeof text, "%s: %s", e.what, e.why);
		return text;
	}
	text[0] = '\0';
	for (size_t i = 0; i < inv.n_hosts; i++) {
		const struct inventory_host *h = &inv.hosts[i];
		int len = snprintf(text + at, sizeof text - at, "%s %s %s %u %s %d;", h->name, h->address,
		                   h->user != NULL ? h->user : "-", h->port,
		                   h->identity != NULL ? h->identity : "-", h->become);

		at += (size_t)len;
		if (at >= sizeof text)
			break;
	}
	return text;
}

static const char *
parsed(const char *in, const char *group)
{
	return parsed_n(in, strlen(in), group);
}

TEST(a_bare_list)
{
	CHECK_STR(parsed("web1\n\n# c\n; d\n  deploy@web2:2222  # e\n[::1]:22\nfe80::1\n", NULL),
	          "web1 web1 - 0 - -1;deploy@web2:2222 web2 deploy 2222 - -1;"
	          "[::1]:22 ::1 - 22 - -1;fe80::1 fe80::1 - 0 - -1;");
}

TEST(host_variables)
{
	CHECK_STR(parsed("w ansible_host=10.0.0.1 ansible_port=2200 ansible_user=\"d\" "
	                 "ansible_ssh_private_key_file='~/my key' ansible_become=yes other=1\n", NULL),
	          "w 10.0.0.1 d 2200 ~/my key 1;");
	CHECK_STR(parsed("w ansible_ssh_host=a ansible_ssh_port=1 ansible_ssh_user=u ansible_become=no\n",
	                 NULL), "w a u 1 - 0;");
}

TEST(ranges)
{
	CHECK_STR(parsed("w[08:11].x\n", NULL),
	          "w08.x w08.x - 0 - -1;w09.x w09.x - 0 - -1;w10.x w10.x - 0 - -1;w11.x w11.x - 0 - -1;");
	CHECK_STR(parsed("d-[a:b][1:5:2]\n", NULL),
	          "d-a1 d-a1 - 0 - -1;d-a3 d-a3 - 0 - -1;d-a5 d-a5 - 0 - -1;"
	          "d-b1 d-b1 - 0 - -1;d-b3 d-b3 - 0 - -1;d-b5 d-b5 - 0 - -1;");
	CHECK_STR(parsed("[a:b]x:22\n", NULL), "ax:22 ax - 22 - -1;bx:22 bx - 22 - -1;");
	CHECK_STR(parsed("w[2:1]\n", NULL), "hosts:1: the range is empty");
	CHECK_STR(parsed("w[1:2:0]\n", NULL), "hosts:1: the range is empty");
	CHECK_STR(parsed("w[1:99999]\n", NULL), "hosts:1: the range is too long");
	CHECK_STR(parsed("w[1:4000]-[1:4000]\n", NULL), "hosts:1: too many hosts");
}

TEST(groups_and_their_variables)
{
	static const char in[] = "[web]\nw1\nw2 ansible_user=own\n[web:vars]\nansible_user = low\n"
	                         "[prod:children]\nweb\ndb\n[prod:vars]\nansible_user=high\n"
	                         "ansible_port=9\n[db]\nd1\n[all:vars]\nansible_port=1\n"
	                         "ansible_become=true\n[other]\no1\n";

	CHECK_STR(parsed(in, "prod"), "w1 w1 low 9 - 1;w2 w2 own 9 - 1;d1 d1 high 9 - 1;");
	CHECK_STR(parsed(in, "web"), "w1 w1 low 9 - 1;w2 w2 own 9 - 1;");
	CHECK_STR(parsed(in, "all"), parsed(in, NULL));
	CHECK_STR(parsed(in, "other"), "o1 o1 - 1 - 1;");
	CHECK_STR(parsed(in, "d1"), "d1 d1 high 9 - 1;");
	CHECK_STR(parsed(in, "wb"), "hosts: group \"wb\": no such group or host");
	CHECK_STR(e.hint, "did you mean \"web\"?");
}

TEST(a_host_named_twice_is_one)
{
	CHECK_STR(parsed("[a]\nh ansible_host=1.1.1.1\n[b]\nh ansible_port=5\nh\n", NULL),
	          "h 1.1.1.1 - 5 - -1;");
}

TEST(what_is_malformed_names_its_line)
{
	CHECK_STR(parsed("a\nb user\n", NULL), "hosts:2: expected KEY=VALUE, found \"user\"");
	CHECK_STR(parsed("a\n[web\n", NULL), "hosts:2: the section's name is not as in [GROUP]");
	CHECK_STR(parsed("[]\n", NULL), "hosts:1: the section's name is not as in [GROUP]");
	CHECK_STR(parsed("[ab:x]\n", NULL), "hosts:1: a section is [GROUP], [GROUP:vars] or [GROUP:children]");
	CHECK_STR(parsed("[a] b\n", NULL), "hosts:1: something follows the section's name");
	CHECK_STR(parsed("[a:vars]\nx\n", NULL), "hosts:2: expected KEY=VALUE, found \"x\"");
	CHECK_STR(parsed("a 'b\n", NULL), "hosts:1: a quote is not closed");
	CHECK_STR(parsed("a:0\n", NULL), "hosts:1: the port is not a number from 1 to 65535");
	CHECK_STR(parsed("a:65536\n", NULL), "hosts:1: the port is not a number from 1 to 65535");
	CHECK_STR(parsed("a ansible_port=x\n", NULL), "hosts:1: the port is not a number from 1 to 65535");
	CHECK_STR(parsed("a ansible_become=perhaps\n", NULL),
	          "hosts:1: ansible_become is neither true nor false");
	CHECK_STR(parsed("[a:children]\nb c\n", NULL), "hosts:2: one group a line is expected here");
	CHECK_STR(parsed("[a:children]\nb\n", NULL), "hosts:2: group \"b\": no section defines it");
	CHECK_STR(parsed("# nothing\n", NULL), "hosts: no host in it");
	CHECK_STR(parsed("all:\n", NULL), "hosts:1: the port is not a number from 1 to 65535");
}

TEST(hostile_names_are_refused)
{
	CHECK_STR(parsed("-oProxyCommand=x\n", NULL), "hosts:1: a host name cannot start with \"-\"");
	CHECK_STR(parsed("h ansible_host=-x\n", NULL), "hosts:1: a host name cannot start with \"-\"");
	CHECK_STR(parsed("-u@h\n", NULL), "hosts:1: a user name cannot start with \"-\"");
	CHECK_STR(parsed("h ansible_user='a b'\n", NULL),
	          "hosts:1: the user name holds a character that none can hold");
	CHECK_STR(parsed("a;reboot\n", NULL), "hosts:1: the host name holds a character that none can hold");
	CHECK_STR(parsed_n("a\0b\n", 4, NULL), "hosts:1: it holds a NUL byte");
	CHECK_STR(parsed_n("[a\0b]\n", 6, NULL), "hosts:1: the section's name is not as in [GROUP]");
}

TEST(groups_in_a_circle_are_refused)
{
	CHECK_STR(parsed("[a:children]\nb\n[b:children]\nc\n[c:children]\na\n", NULL),
	          "hosts:1: group \"a\": it contains itself");
	CHECK_STR(parsed("[a:children]\na\n", NULL), "hosts:1: group \"a\": it contains itself");
}

TEST(groups_that_share_children_many_times_over_are_quick)
{
	char *in = malloc(1 << 16);
	size_t n = 0;

	REQUIRE(in != NULL);
	for (int i = 0; i < 200; i++) /* 2^200 ways down */
		n += (size_t)snprintf(in + n, 200, "[a%d:children]\nb%d\nc%d\n[b%d:children]\na%d\n"
		                      "[c%d:children]\na%d\n", i, i, i, i, i + 1, i, i + 1);
	n += (size_t)snprintf(in + n, 100, "[a200]\nhost\n");
	CHECK_STR(parsed_n(in, n, "a0"), "host host - 0 - -1;");
	free(in);
}

TEST(every_truncation_is_a_list_or_an_error)
{
	static const char in[] = "[w:vars]\nansible_user=\"x\"\n[w]\nu@h[1:2]:22 ansible_host='a' b=\"c\\\"\"\n"
	                         "[::1]:23\n[p:children]\nw\n";

	for (size_t n = 0; n < sizeof in; n++) {
		char *copy = malloc(n + 1); /* so that reading beyond is seen */

		REQUIRE(copy != NULL);
		memcpy(copy, in, n);
		(void)parsed_n(copy, n, NULL);
		free(copy);
	}
	CHECK_STR(parsed(in, "p"), "u@h1:22 a u 22 - -1;u@h2:22 a u 22 - -1;[::1]:23 ::1 x 23 - -1;");
}

TEST(lists_on_the_command_line)
{
	inventory_free(&inv);
	CHECK_INT(inventory_load("a,u@b:22,[::1]:5", &inv, &e), 0);
	CHECK_INT(inv.n_hosts, 3);
	CHECK_STR(inv.hosts[1].address, "b");
	CHECK_INT(inv.hosts[2].port, 5);
	inventory_free(&inv);
	CHECK_INT(inventory_load("a,,b", &inv, &e), -1);
	CHECK_STR(e.what, "--hosts \"a,,b\"");
	CHECK_INT(inventory_load("", &inv, &e), -1);
	CHECK_INT(inventory_load("no/such/file:web", &inv, &e), -1);
	CHECK_INT(e.kind, ERR_LOCAL);
	CHECK_STR(e.what, "open no/such/file");
}

/* The names that --limit leaves, or the error. */
static const char *
limited(const char *names)
{
	size_t at = 0;

	(void)parsed("w1 ansible_user=u\nw2 ansible_port=3\nu@w3:4\n", NULL);
	if (inventory_limit(&inv, names, &e) == -1) {
		(void)snprintf(text, sizeof text, "%s: %s", e.what, e.why);
		return text;
	}
	text[0] = '\0';
	for (size_t i = 0; i < inv.n_hosts; i++)
		at += (size_t)snprintf(text + at, sizeof text - at, "%s;", inv.hosts[i].name);
	return text;
}

TEST(a_limit_keeps_the_hosts_it_names)
{
	CHECK_STR(limited("w2"), "w2;");
	CHECK_INT(inv.hosts[0].port, 3);
	CHECK_STR(limited("u@w3:4,w1"), "w1;u@w3:4;");
	CHECK_STR(limited("w1,w1,w2,u@w3:4"), "w1;w2;u@w3:4;");
	CHECK_STR(limited("w1,w"), "--limit \"w\": no such host in the inventory");
	CHECK_STR(limited("w1,"), "--limit \"\": no such host in the inventory");
	CHECK_STR(limited(""), "--limit \"\": no such host in the inventory");
}

int
main(void)
{
	RUN(a_bare_list);
	RUN(host_variables);
	RUN(ranges);
	RUN(groups_and_their_variables);
	RUN(a_host_named_twice_is_one);
	RUN(what_is_malformed_names_its_line);
	RUN(hostile_names_are_refused);
	RUN(groups_in_a_circle_are_refused);
	RUN(groups_that_share_children_many_times_over_are_quick);
	RUN(every_truncation_is_a_list_or_an_error);
	RUN(lists_on_the_command_line);
	RUN(a_limit_keeps_the_hosts_it_names);
	inventory_free(&inv);
	return unit_done();
}
