/* SPDX-License-Identifier: MIT */
/* Tests of req-checksum's pure modules: req_lines, req_spec, req_line, req_set, req_raw. */
#include "req-checksum/req_spec.h"

#include <stdlib.h>

#include "req-checksum/req_line.h"
#include "req-checksum/req_lines.h"
#include "req-checksum/req_raw.h"
#include "req-checksum/req_set.h"
#include "req-checksum/req_tree.h"
#include "unit.h"

static struct buf out;
static struct err e;
static char path[256]; /* the local path of the last spec(), or "-" */

static const char *
spec(const char *text)
{
	char *found;

	buf_clear(&out);
	if (req_spec(&out, text, &found, &e) == -1)
		return NULL;
	(void)snprintf(path, sizeof path, "%s", found != NULL ? found : "-");
	free(found);
	return buf_cstr(&out, &e);
}

/* Logical lines as "number:text|". */
static const char *
lines_n(const char *in, size_t n)
{
	struct req_lines l;
	const char *text;
	size_t number;
	int ret;

	buf_clear(&out);
	req_lines_init(&l, in, n);
	while ((ret = req_lines_next(&l, &text, &number, &e)) == 1)
		(void)buf_fmt(&out, &e, "%zu:%s|", number, text);
	req_lines_free(&l);
	return ret == -1 ? e.why : buf_cstr(&out, &e);
}

static const char *
lines(const char *in)
{
	return lines_n(in, strlen(in));
}

/* Parts as "KIND text (path)|". */
static const char *
parts(const char *text)
{
	static const char kinds[] = "ROIC";
	struct req_line line;

	buf_clear(&out);
	if (req_line_parse(text, &line, &e) == -1)
		return e.why;
	for (size_t i = 0; i < line.n; i++)
		(void)buf_fmt(&out, &e, "%c%s %s|", kinds[line.at[i].kind], line.at[i].ordered ? "#" : "",
		              line.at[i].text);
	req_line_free(&line);
	return buf_cstr(&out, &e);
}

TEST(lines_are_joined_and_stripped)
{
	CHECK_STR(lines("a\n\n  b  \nc"), "1:a|3:b|4:c|");
	CHECK_STR(lines("a # x\n#b\nc#d\n"), "1:a|3:c#d|");
	CHECK_STR(lines("a \\\n b\\\nc\nd"), "1:a  bc|4:d|");
	CHECK_STR(lines("a \\\n# x \\\nb\n"), "1:a|3:b|");
	CHECK_STR(lines("a\\"), "1:a|");
	CHECK_STR(lines("a # x \\\nb\nc"), "1:a|3:c|");
	CHECK_STR(lines("a\r\nb\r\n"), "1:a|2:b|");
	CHECK_STR(lines("\xef\xbb\xbf" "a"), "1:a|");
	CHECK_STR(lines(""), "");
	CHECK_STR(lines("\\\n\\\n"), "");
	CHECK_STR(lines_n("a\nb\0\n", 5), "it holds a NUL byte");
}

TEST(named_requirements)
{
	CHECK_STR(spec("Flask"), "flask");
	CHECK_STR(spec("A.b_-C"), "a-b-c");
	CHECK_STR(spec("a [ Y_z , x,,x ]>= 1 , == 2.*"), "a[x,y-z]==2.*,>=1");
	CHECK_STR(spec("a[]"), "a");
	CHECK_STR(spec("a (>=1)"), "a>=1");
	CHECK_STR(spec("a>=1,"), "a>=1");
	CHECK_STR(spec("a===any-thing"), "a===any-thing");
	CHECK_STR(spec("a @ https://x/y#z ; m"), "a @ https://x/y#z; m");
	CHECK_STR(spec("a;"), "a");
	CHECK_STR(path, "-");
}

TEST(markers)
{
	CHECK_STR(spec("a;python_version<'3'and(b  in\"x y\" )"),
	          "a; python_version < \"3\" and (b in \"x y\")");
	CHECK_STR(spec("a; b == 'say \"x\"'"), "a; b == 'say \"x\"'");
	CHECK_STR(spec("a; b == 'x"), "a; b == 'x");
	CHECK_STR(spec("a; b  %  c"), "a; b % c");
}

TEST(urls_and_paths)
{
	CHECK_STR(spec("git+ssh://git@x/y.git@v1#egg=y"), "git+ssh://git@x/y.git@v1#egg=y");
	CHECK_STR(path, "-");
	CHECK_STR(spec("https://x/a;b.whl ; m < '1'"), "https://x/a;b.whl; m < \"1\"");
	CHECK_STR(spec("./pkg/[Dev,a];m<'1'"), "./pkg[a,dev]; m < \"1\"");
	CHECK_STR(path, "./pkg");
	CHECK_STR(spec("sub/dir"), "sub/dir");
	CHECK_STR(path, "sub/dir");
	CHECK_STR(spec("Pkg//"), "Pkg/"); /* "Pkg" would be a name */
	CHECK_STR(path, "Pkg");
	CHECK_STR(spec("x.tgz\f; m"), "x.tgz; m");
	CHECK_STR(spec("."), ".");
	CHECK_STR(path, ".");
	CHECK_STR(spec("/"), "/");
	CHECK_STR(path, "/");
	CHECK_STR(spec("a-1.whl"), "a-1.whl");
	CHECK_STR(path, "a-1.whl");
	CHECK_STR(spec("file:///srv/p#egg=p"), "file:///srv/p#egg=p");
	CHECK_STR(path, "/srv/p");
	CHECK_STR(spec("p @ file://localhost/srv/p"), "p @ file://localhost/srv/p");
	CHECK_STR(path, "/srv/p");
	CHECK_STR(spec("file:"), "file:");
}

TEST(what_does_not_parse_stays_as_it_is)
{
	CHECK_STR(spec("  a   b "), "a b");
	CHECK_STR(spec("a[x"), "a[x");
	CHECK_STR(spec("a[x!]"), "a[x!]");
	CHECK_STR(spec("a >"), "a >");
	CHECK_STR(spec("a >= 1 2"), "a >= 1 2");
	CHECK_STR(spec("-a"), "-a");
	CHECK_STR(spec(""), "");
}

TEST(options)
{
	CHECK_STR(parts("-rbase.txt"), "I base.txt|");
	CHECK_STR(parts("-c 'my limits.txt'"), "C my limits.txt|");
	CHECK_STR(parts("-i http://a --pre --no-binary=x"),
	          "O# --index-url http://a|O --pre|O# --no-binary x|");
	CHECK_STR(parts("--new-option v --other=w --flag"), "O --new-option v|O --other=w|O --flag|");
	CHECK_STR(parts("-e ./p[x] --config-settings a=b"), "R -e ./p[x] --config-settings a=b|");
	CHECK_STR(parts("A==1 --hash=sha256:b --hash sha256:a"), "R a==1 --hash sha256:a --hash sha256:b|");
	CHECK_STR(parts("-r"), "--requirement needs a value");
	CHECK_STR(parts("-e"), "--editable needs a value");
	CHECK_STR(parts("-r 'x"), "a quote is not closed");
	CHECK_INT(e.kind, ERR_LOCAL);
}

TEST(many_hashes)
{
	char *text = malloc(300000);
	size_t n = 1;

	REQUIRE(text != NULL);
	text[0] = 'a';
	for (int i = 0; i < 2000; i++)
		n += (size_t)snprintf(text + n, 100, " --hash=sha256:%d", i);
	CHECK_INT(strlen(parts(text)), n + 3); /* "R ", "|" */
	for (int i = 0; i < 3000; i++)
		n += (size_t)snprintf(text + n, 100, " --hash=sha256:%d", i);
	CHECK_STR(parts(text), "too many words");
	free(text);
}

TEST(sets_are_sorted_and_hold_each_entry_once)
{
	struct req_set s = {0};
	char key[REQ_KEY_LEN + 1];
	char empty[REQ_KEY_LEN + 1];

	CHECK_INT(req_set_key(&s, empty, &e), 0);
	CHECK_STR(empty, "74d6677e1f522a8cf4c0f9efd15b3385");
	CHECK_INT(req_set_add(&s, "b", &e), 0);
	CHECK_INT(req_set_add(&s, "a\nc", &e), 0);
	CHECK_INT(req_set_add(&s, "b", &e), 0);
	req_set_sort(&s);
	buf_clear(&out);
	CHECK_INT(req_set_text(&s, &out, &e), 0);
	CHECK_STR(buf_cstr(&out, &e), "req-checksum 1\na c\nb\n");
	CHECK_INT(req_set_key(&s, key, &e), 0);
	CHECK(strlen(key) == REQ_KEY_LEN && strcmp(key, empty) != 0);
	req_set_free(&s);
}

TEST(trees_pass_over_caches_and_history)
{
	CHECK(req_tree_skips(".git") && req_tree_skips("__pycache__") && req_tree_skips("a.pyc"));
	CHECK(req_tree_skips("x.egg-info"));
	CHECK(!req_tree_skips("git") && !req_tree_skips("a.py") && !req_tree_skips(".gitignore"));
}

TEST(raw_lines_escape_names_as_coreutils_do)
{
	buf_clear(&out);
	CHECK_INT(req_raw_line(&out, "00", "a b", &e), 0);
	CHECK_INT(req_raw_line(&out, "00", "a\\b\nc\rd", &e), 0);
	CHECK_STR(buf_cstr(&out, &e), "00  a b\n\\00  a\\\\b\\nc\\rd\n");
}

TEST(every_truncation_parses_or_is_refused)
{
	static const char in[] = "A_b[x,Y]>=1,<2 ; p<'3' and (q) --hash=sha256:a \\\n"
	                         "-e ./p[x];m\n-r 'a b' -c c\\\n\n./x/ ; y\nfile://localhost/z#e\n";
	struct req_lines l;
	const char *text;
	size_t number;

	for (size_t n = 0; n <= sizeof in; n++) {
		char *copy = malloc(n + 1); /* so that reading beyond is seen */

		REQUIRE(copy != NULL);
		memcpy(copy, in, n < sizeof in ? n : sizeof in);
		req_lines_init(&l, copy, n < sizeof in ? n : sizeof in);
		while (req_lines_next(&l, &text, &number, &e) == 1)
			(void)parts(text);
		req_lines_free(&l);
		free(copy);
	}
}

int
main(void)
{
	RUN(lines_are_joined_and_stripped);
	RUN(named_requirements);
	RUN(markers);
	RUN(urls_and_paths);
	RUN(what_does_not_parse_stays_as_it_is);
	RUN(options);
	RUN(many_hashes);
	RUN(sets_are_sorted_and_hold_each_entry_once);
	RUN(trees_pass_over_caches_and_history);
	RUN(raw_lines_escape_names_as_coreutils_do);
	RUN(every_truncation_parses_or_is_refused);
	buf_free(&out);
	return unit_done();
}
