/* SPDX-License-Identifier: MIT */
/* random.c: start-up and random bytes, straight from the kernel. BearSSL's own seeder is not
 * used: it trusts the processor's instruction before the kernel. */
#include <libssh2_priv.h>
#include <errno.h>
#include <sodium.h>
#include <sys/random.h>

void
_libssh2_crypto_start(void)
{
	/* Picks the fastest code for this processor. Where it fails (for want of its own source of
	 * random bytes, which we do not use) the portable code stays in place. */
	if (sodium_init() == -1)
		return;
}

int
_libssh2_random(unsigned char *buf, size_t len)
{
	while (len > 0) {
		ssize_t n = getrandom(buf, len, 0);

		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		buf += n;
		len -= (size_t)n;
	}
	return 0;
}
