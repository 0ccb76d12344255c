/* SPDX-License-Identifier: MIT */
#include "lib/crypto/armor.h"
#include <string.h>

#define BEGIN "-----BEGIN "
#define END "-----END "
#define DASHES "-----"
#define KIND "PRIVATE KEY"

struct line {
	const char *text;
	size_t len;
};

/* Cut the next line off the text, without its line end. False at the end of the text. */
static bool
next_line(const char **text, size_t *left, struct line *line)
{
	const char *end;

	if (*left == 0)
		return false;
	line->text = *text;
	end = memchr(*text, '\n', *left);
	line->len = end == NULL ? *left : (size_t)(end - *text);
	*text += line->len + (end != NULL);
	*left -= line->len + (end != NULL);
	while (line->len > 0 && strchr(" \t\r", line->text[line->len - 1]) != NULL &&
	    line->text[line->len - 1] != '\0')
		line->len--;
	return true;
}

/* The label of a line like "-----BEGIN LABEL-----". */
static bool
boundary(const struct line *line, const char *start, char label[ARMOR_LABEL_MAX])
{
	size_t start_len = strlen(start);
	size_t label_len;

	if (line->len < start_len + strlen(DASHES) || memcmp(line->text, start, start_len) != 0 ||
	    memcmp(line->text + line->len - strlen(DASHES), DASHES, strlen(DASHES)) != 0)
		return false;
	label_len = line->len - start_len - strlen(DASHES);
	if (label_len >= ARMOR_LABEL_MAX || memchr(line->text, '\0', line->len) != NULL)
		return false;
	memcpy(label, line->text + start_len, label_len);
	label[label_len] = '\0';
	return true;
}

static bool
ends_in(const char *label, const char *end)
{
	size_t len = strlen(label);

	return len >= strlen(end) && strcmp(label + len - strlen(end), end) == 0;
}

static int
base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

struct base64 {
	unsigned int bits;    /* not yet put out, at the low end */
	unsigned int n_chars; /* of the current group of four, padding included */
	unsigned int n_pads;
};

/* Decode one line. False at a character that does not belong, or text after padding. */
static bool
base64_line(struct base64 *state, const struct line *line, unsigned char *out, size_t *out_len)
{
	size_t i;

	for (i = 0; i < line->len; i++) {
		int value = base64_value(line->text[i]);

		if (line->text[i] == '=' && (state->n_chars >= 2 || state->n_pads > 0) && state->n_pads < 2) {
			state->n_pads++;
			state->n_chars = (state->n_chars + 1) % 4;
			continue;
		}
		if (value < 0 || state->n_pads > 0)
			return false;
		state->bits = (state->bits << 6 | (unsigned int)value) & 0xffffff;
		state->n_chars = (state->n_chars + 1) % 4;
		if (state->n_chars != 1)
			out[(*out_len)++] = (unsigned char)(state->bits >> (4 - state->n_chars) % 4 * 2 & 0xff);
	}
	return true;
}

enum armor_status
armor_decode(const char *text, size_t len, unsigned char *out, size_t *out_len, char label[ARMOR_LABEL_MAX])
{
	char end_label[ARMOR_LABEL_MAX];
	struct base64 state = {0};
	struct line line;

	*out_len = 0;
	do {
		if (!next_line(&text, &len, &line))
			return ARMOR_NONE;
	} while (!boundary(&line, BEGIN, label) || !ends_in(label, KIND));
	while (next_line(&text, &len, &line)) {
		if (boundary(&line, END, end_label))
			return strcmp(label, end_label) == 0 && state.n_chars == 0 ? ARMOR_OK : ARMOR_BROKEN;
		if (line.len > 0 && memchr(line.text, ':', line.len) != NULL)
			return ARMOR_ENCRYPTED;
		if (!base64_line(&state, &line, out, out_len))
			return ARMOR_BROKEN;
	}
	return ARMOR_BROKEN;
}
