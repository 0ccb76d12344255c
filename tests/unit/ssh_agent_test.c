/* SPDX-License-Identifier: MIT */
#include "lib/ssh/agent.h"

#include <stdlib.h>

#include "unit.h"

/* An answer with two keys. */
static const uint8_t two[] = {12, 0, 0, 0, 2, 0, 0, 0, 3, 'a', 'b', 'c', 0, 0, 0, 1, 'x', 0, 0, 0, 1, 'd', 0, 0, 0, 0};

TEST(keys_and_comments)
{
	struct agent_keys k = {0};
	struct err e;

	REQUIRE(agent_parse_identities(two, sizeof(two), &k, &e) == 0);
	CHECK_INT(k.n, 2);
	CHECK_INT(k.keys[0].len, 3);
	CHECK_MEM(k.keys[0].blob, "abc", 3);
	CHECK_STR(k.keys[0].comment, "x");
	CHECK_STR(k.keys[1].comment, "");
	agent_keys_free(&k);
	CHECK_INT(k.n, 0);
}

TEST(no_keys)
{
	static const uint8_t none[] = {12, 0, 0, 0, 0};
	struct agent_keys k = {0};
	struct err e;

	CHECK_INT(agent_parse_identities(none, sizeof(none), &k, &e), 0);
	CHECK_INT(k.n, 0);
}

TEST(an_answer_cut_at_every_length_is_refused)
{
	size_t n;

	for (n = 0; n < sizeof(two); n++) {
		uint8_t *copy = malloc(n + 1);
		struct agent_keys k = {0};
		struct err e;

		REQUIRE(copy != NULL);
		memcpy(copy, two, n);
		CHECK_INT(agent_parse_identities(copy, n, &k, &e), -1);
		CHECK_INT(e.kind, ERR_LOCAL);
		agent_keys_free(&k);
		free(copy);
	}
}

TEST(hostile_answers_are_refused)
{
	static const uint8_t failure[] = {5};
	static const uint8_t many[] = {12, 0xff, 0xff, 0xff, 0xff};
	static const uint8_t empty_key[] = {12, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0};
	static const uint8_t huge_key[] = {12, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff, 1};
	struct agent_keys k = {0};
	struct err e;

	CHECK_INT(agent_parse_identities(failure, sizeof(failure), &k, &e), -1);
	CHECK_INT(agent_parse_identities(many, sizeof(many), &k, &e), -1);
	CHECK_INT(agent_parse_identities(empty_key, sizeof(empty_key), &k, &e), -1);
	CHECK_INT(agent_parse_identities(huge_key, sizeof(huge_key), &k, &e), -1);
	agent_keys_free(&k);
}

TEST(an_agent_that_is_not_there)
{
	struct agent_keys k = {0};
	struct buf signature = {0};
	struct err e;
	char path[200];

	CHECK_INT(agent_list("/nonexistent/agent", &k, &e), -1);
	CHECK_INT(e.kind, ERR_LOCAL);
	memset(path, 'x', sizeof(path));
	path[sizeof(path) - 1] = '\0';
	CHECK_INT(agent_list(path, &k, &e), -1);
	CHECK_INT(agent_sign("/nonexistent/agent", two, 3, "ssh-ed25519", two, 3, &signature, &e), -1);
}

int
main(void)
{
	RUN(keys_and_comments);
	RUN(no_keys);
	RUN(an_answer_cut_at_every_length_is_refused);
	RUN(hostile_answers_are_refused);
	RUN(an_agent_that_is_not_there);
	return unit_done();
}
