/* SPDX-License-Identifier: MIT */
/* Arbitrary bytes as a server's stdout. The first byte chooses options, the second the size of the
 * pieces; a handshake stands in front unless bit 7 is set, so that the rest reaches the requests. */
#include "../unit/rsync_session.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const hellos[] = {
	"\x1f\0\0\0\x3e\1\2\3\4",
	"\x1e\0\0\0\x0e\1\2\3\4",
};
#define HELLO_LEN 9

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct session t;
	size_t each;
	int ok = 0;

	if (size < 2)
		return 0;
	session_init(&t);
	t.o.checksum = (data[0] & 1) != 0;
	t.o.del = (data[0] & 2) != 0;
	t.o.dry_run = (data[0] & 4) != 0;
	if (data[0] & 8)
		t.o.use_compress = data[0] & 0x80 ? USE_COMPRESS_NEGOTIATED : USE_COMPRESS_ZLIBX;
	session_start(&t);
	if ((data[0] & 0x80) == 0)
		ok = session_feed(&t, hellos[data[0] >> 4 & 1], HELLO_LEN, false);
	each = 1 + data[1];
	data += 2;
	size -= 2;
	while (ok == 0 && size > 0) {
		size_t n = size < each ? size : each;

		ok = session_feed(&t, data, n, false);
		data += n;
		size -= n;
	}
	(void)sender_eof(t.s, &t.e);
	(void)sender_finish(t.s, data == NULL, &t.e);
	session_free(&t);
	return 0;
}
