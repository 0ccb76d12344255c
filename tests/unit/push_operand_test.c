/* SPDX-License-Identifier: MIT */
#include "rsync-push/push_operand.h"

#include "lib/base/err.h"
#include "unit.h"

/* "user|host|dest" of an operand, or why it is none. */
static const char *
remote(const char *operand)
{
	static char text[256];
	struct push_remote r;
	struct err e;

	if (push_remote_parse(operand, &r, &e) == -1) {
		CHECK_INT(e.kind, ERR_USAGE);
		(void)snprintf(text, sizeof(text), "%s", e.why);
		return text;
	}
	(void)snprintf(text, sizeof(text), "%s|%s|%s", r.user == NULL ? "-" : r.user, r.host, r.dest);
	push_remote_free(&r);
	return text;
}

TEST(a_destination_has_user_host_and_path)
{
	CHECK_STR(remote("web1:/var/www"), "-|web1|/var/www");
	CHECK_STR(remote("deploy@web1:builds/1"), "deploy|web1|builds/1");
	CHECK_STR(remote("web1:"), "-|web1|.");
	CHECK_STR(remote("[2001:db8::1]:a:b"), "-|2001:db8::1|a:b");
	CHECK_STR(remote("u@[::1]:~/x"), "u|::1|~/x");
	CHECK_STR(remote("web1:a@b:c"), "-|web1|a@b:c");
}

TEST(what_is_no_destination_is_refused)
{
	CHECK_STR(remote("builds/1"), "it names no host");
	CHECK_STR(remote("./web1:x"), "it names no host");
	CHECK_STR(remote("[::1]x"), "it names no host");
	CHECK_STR(remote("web1"), "it names no host");
	CHECK_STR(remote(""), "it names no host");
	CHECK_STR(remote("web1::module"), "the rsync daemon's HOST::MODULE is not supported");
	CHECK_STR(remote(":x"), "the host or the user is not a name");
	CHECK_STR(remote("@web1:x"), "the host or the user is not a name");
	CHECK_STR(remote("-oProxyCommand=x:y"), "the host or the user is not a name");
	CHECK_STR(remote("u@-x:y"), "the host or the user is not a name");
	CHECK_STR(remote("[]:x"), "the host or the user is not a name");
}

/* The words joined by '|', or why there are none. */
static const char *
words(const char *command)
{
	static char text[256];
	struct err e;
	char **w = push_words(command, &e);
	size_t i;

	if (w == NULL)
		return strcpy(text, e.why);
	text[0] = '\0';
	for (i = 0; w[i] != NULL; i++) {
		(void)strcat(text, i == 0 ? "" : "|");
		(void)strcat(text, w[i]);
	}
	push_words_free(w);
	return text;
}

TEST(a_command_is_divided_at_blanks_outside_quotes)
{
	CHECK_STR(words("ssh"), "ssh");
	CHECK_STR(words("  ssh -p\t22  "), "ssh|-p|22");
	CHECK_STR(words("ssh -o 'ProxyCommand=nc %h %p'"), "ssh|-o|ProxyCommand=nc %h %p");
	CHECK_STR(words("a \"b c\"d ''"), "a|b cd|");
	CHECK_STR(words("a 'it is \"so\"'"), "a|it is \"so\"");
	CHECK_STR(words("ssh 'x"), "a quote is open");
	CHECK_STR(words("  "), "it is empty");
}

int
main(void)
{
	RUN(a_destination_has_user_host_and_path);
	RUN(what_is_no_destination_is_refused);
	RUN(a_command_is_divided_at_blanks_outside_quotes);
	return unit_done();
}
