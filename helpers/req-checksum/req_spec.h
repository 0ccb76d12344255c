/* SPDX-License-Identifier: MIT */
/* req-checksum/req_spec.h: one requirement in canonical form. Sources: PEP 508 (dependency
 * specifiers), PEP 503 (normalised names), PEP 440 (the operators; versions are left as they are).
 * Pure. */
#ifndef REQ_CHECKSUM_REQ_SPEC_H
#define REQ_CHECKSUM_REQ_SPEC_H
#include <stdbool.h>
#include <stddef.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"

/* Append the canonical form of a requirement without its options ("Flask [B,a] >=2, <3 ; x>'1'"):
 * normalised name, sorted extras and specifiers, marker with single blanks and double quotes. What
 * does not parse as one is appended with each run of blanks as one: it then only changes more often
 * than need be.
 * *path: the local path that it names, malloc'ed, or NULL: of ./dir, /dir, dir/sub, x.whl,
 * file:..., NAME @ file:..., without extras and marker. */
int req_spec(struct buf *out, const char *text, char **path, struct err *e);

/* PEP 503: lower case, runs of - _ . as one -. Appends n bytes so. */
int req_spec_name(struct buf *out, const char *name, size_t n, struct err *e);
/* Append the canonical form of a marker; -1 with ERR_NO if it does not parse as one. */
int req_spec_marker(struct buf *out, const char *marker, struct err *e);
/* Whether this is the URL of something remote ("https://...", "git+ssh://..."); not file:. */
bool req_spec_is_url(const char *text);

#endif
