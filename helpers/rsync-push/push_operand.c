/* SPDX-License-Identifier: MIT */
#include "rsync-push/push_operand.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/text.h"

static int
bad_remote(const char *operand, const char *why, struct err *e)
{
	(void)err_set(e, ERR_USAGE, why, "read the destination '%s'", operand);
	return err_hint(e, "the last operand is [USER@]HOST:DEST, or DEST with --hosts");
}

/* The ':' that ends the host, or NULL. */
static const char *
host_end(const char *host)
{
	const char *close;

	if (*host != '[')
		return strchr(host, ':');
	close = strchr(host, ']');
	return close != NULL && close[1] == ':' ? close + 1 : NULL;
}

int
push_remote_parse(const char *operand, struct push_remote *out, struct err *e)
{
	size_t user_len = strcspn(operand, "@:/[");
	const char *host = operand;
	const char *colon;
	size_t host_len;

	*out = (struct push_remote){ 0 };
	if (operand[user_len] == '@')
		host = operand + user_len + 1;
	colon = host_end(host);
	if (colon == NULL || memchr(host, '/', (size_t)(colon - host)) != NULL)
		return bad_remote(operand, "it names no host", e);
	if (colon[1] == ':')
		return bad_remote(operand, "the rsync daemon's HOST::MODULE is not supported", e);
	host_len = (size_t)(colon - host);
	if (*host == '[') {
		host++;
		host_len -= 2;
	}
	if (host_len == 0 || *host == '-' || (host > operand && user_len == 0 && *operand == '@'))
		return bad_remote(operand, "the host or the user is not a name", e);
	if (operand[user_len] == '@' && (out->user = text_dup(operand, user_len, e)) == NULL)
		return -1;
	out->host = text_dup(host, host_len, e);
	out->dest = colon[1] == '\0' ? text_dup(".", 1, e) : text_dup(colon + 1, strlen(colon + 1), e);
	if (out->host != NULL && out->dest != NULL)
		return 0;
	push_remote_free(out);
	return -1;
}

void
push_remote_free(struct push_remote *r)
{
	free(r->user);
	free(r->host);
	free(r->dest);
	*r = (struct push_remote){ 0 };
}

/* Append the word at *at to word and move *at behind it. */
static int
next_word(const char **at, struct buf *word, struct err *e)
{
	char quote = '\0';

	for (; **at != '\0' && (quote != '\0' || (**at != ' ' && **at != '\t')); (*at)++) {
		if (quote == '\0' && (**at == '\'' || **at == '"'))
			quote = **at;
		else if (quote != '\0' && **at == quote)
			quote = '\0';
		else if (buf_byte(word, (uint8_t)**at, e) == -1)
			return -1;
	}
	return quote == '\0' ? 0 : err_set(e, ERR_USAGE, "a quote is open", "read the command");
}

char **
push_words(const char *command, struct err *e)
{
	char **words = calloc(strlen(command) + 2, sizeof(words[0]));
	struct buf word = { 0 };
	size_t n = 0;

	if (words == NULL) {
		(void)err_set(e, ERR_LOCAL, NULL, "allocate words");
		return NULL;
	}
	for (;;) {
		command += strspn(command, " \t");
		if (*command == '\0')
			break;
		buf_clear(&word);
		if (next_word(&command, &word, e) == -1 ||
		    (words[n] = text_dup((const char *)word.bytes, word.len, e)) == NULL)
			goto fail;
		n++;
	}
	if (n > 0) {
		buf_free(&word);
		return words;
	}
	(void)err_set(e, ERR_USAGE, "it is empty", "read the command");
fail:
	buf_free(&word);
	push_words_free(words);
	return NULL;
}

void
push_words_free(char **words)
{
	size_t i;

	for (i = 0; words != NULL && words[i] != NULL; i++)
		free(words[i]);
	free(words);
}
