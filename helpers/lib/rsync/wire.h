/* SPDX-License-Identifier: MIT */
/* lib/rsync/wire.h: the protocol's integer and string codings, both ways. Sources: openrsync
 * rsync(5) "Data types"; captured sessions (README, "Codings"). Pure.
 * Writers append and return 0, or -1 on lack of memory. Readers return 1 with *out set; 0 if bytes
 * are missing; -1 if no value is coded so. After 0 and -1 the place of *r is of no meaning: parse on
 * a copy, keep it on success. */
#ifndef RSYNC_WIRE_H
#define RSYNC_WIRE_H
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"

int wire_put_le16(struct buf *out, uint16_t v, struct err *e);
int wire_put_le32(struct buf *out, uint32_t v, struct err *e);

/* 1..5 bytes; small values are short. */
int wire_put_varint(struct buf *out, uint32_t v, struct err *e);
int wire_get_varint(struct rd *r, uint32_t *out);

/* min..9 bytes; min is 3 for sizes and 4 for times. */
int wire_put_varlong(struct buf *out, int64_t v, unsigned min, struct err *e);
int wire_get_varlong(struct rd *r, unsigned min, int64_t *out);

/* A length of one or two bytes, then as many bytes. */
#define WIRE_VSTRING_MAX 0x7fffu
int wire_put_vstring(struct buf *out, const void *bytes, size_t n, struct err *e);
int wire_get_vstring(struct rd *r, const uint8_t **bytes, size_t *n);

/* Indices are coded as differences; each direction has its own state. */
#define NDX_DONE (-1)
#define NDX_DEL_STATS (-3)
struct wire_ndx {
	int64_t pos, neg;
};
void wire_ndx_init(struct wire_ndx *state);
/* ndx: 0..2^31-1 or NDX_DONE: all that a sender says. */
int wire_put_ndx(struct buf *out, struct wire_ndx *state, int32_t ndx, struct err *e);
/* *state changes only on 1. -1 also for values beyond 2^31-1. */
int wire_get_ndx(struct rd *r, struct wire_ndx *state, int32_t *out);

#endif
