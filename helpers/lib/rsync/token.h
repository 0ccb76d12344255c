/* SPDX-License-Identifier: MIT */
/* lib/rsync/token.h: how literals and block numbers go over the wire: plain, zstd or zlibx.
 * Sources: openrsync rsync(5) "Block exchange" (plain); captured sessions (README, "Tokens").
 * One writer per session: zstd's state lives as long as that. */
#ifndef RSYNC_TOKEN_H
#define RSYNC_TOKEN_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/rsync/handshake.h"

#define TOKEN_DATA_MAX 16383u /* bytes of one piece of compressed data; 14 bits */

struct token;

/* NULL with *e. */
struct token *token_new(enum compress_kind kind, struct err *e);
void token_free(struct token *t);
/* For each file: begin, then literals (1..32768 bytes each) and blocks in order, then end. All
 * append to out. 0, or -1 with *e. */
int token_begin(struct token *t, struct err *e);
int token_literal(struct token *t, const uint8_t *bytes, size_t n, struct buf *out,
                  struct err *e);
int token_block(struct token *t, uint32_t block, struct buf *out, struct err *e);
int token_end(struct token *t, struct buf *out, struct err *e);

#endif
