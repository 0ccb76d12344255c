/* SPDX-License-Identifier: MIT */
/* armor.h: the text form of key files: "-----BEGIN X-----", base64, "-----END X-----" (RFC 7468).
 * Pure; input of any length and content is fine. */
#ifndef CRYPTO_ARMOR_H
#define CRYPTO_ARMOR_H
#include <stdbool.h>
#include <stddef.h>

#define ARMOR_LABEL_MAX 40

enum armor_status { ARMOR_OK, ARMOR_NONE, ARMOR_ENCRYPTED, ARMOR_BROKEN };

/* Decode the first block in text (len bytes) whose label ends in "PRIVATE KEY" into out (at least
 * len bytes), fill *out_len and label. NONE: there is no such block. ENCRYPTED: it has headers
 * ("Proc-Type: 4,ENCRYPTED"), an old scheme that we do not read. BROKEN: no end line, another
 * label there, or not base64. out may have been written to whatever is returned. */
enum armor_status armor_decode(const char *text, size_t len, unsigned char *out, size_t *out_len,
    char label[ARMOR_LABEL_MAX]);

#endif
