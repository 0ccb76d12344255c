/* SPDX-License-Identifier: MIT */
/* security_key.c: keys that live in a hardware token. A deploy has nobody to touch one, so they
 * are refused; the core needs the functions in order to link. */
#include <libssh2_priv.h>

static int
refuse(LIBSSH2_SESSION *session)
{
	return _libssh2_error(session, LIBSSH2_ERROR_METHOD_NOT_SUPPORTED, "hardware security keys are not supported");
}

int
_libssh2_ecdsa_new_private_sk(struct ec **ec, unsigned char *flags, const char **application,
    const unsigned char **key_handle, size_t *handle_len, LIBSSH2_SESSION *session, const char *filename,
    unsigned const char *passphrase)
{
	(void)ec, (void)flags, (void)application, (void)key_handle, (void)handle_len;
	(void)filename, (void)passphrase;
	return refuse(session);
}

int
_libssh2_ecdsa_new_private_frommemory_sk(struct ec **ec, unsigned char *flags, const char **application,
    const unsigned char **key_handle, size_t *handle_len, LIBSSH2_SESSION *session, const char *filedata,
    size_t filedata_len, unsigned const char *passphrase)
{
	(void)ec, (void)flags, (void)application, (void)key_handle, (void)handle_len;
	(void)filedata, (void)filedata_len, (void)passphrase;
	return refuse(session);
}

int
_libssh2_ed25519_new_private_sk(struct ed25519 **ed, unsigned char *flags, const char **application,
    const unsigned char **key_handle, size_t *handle_len, LIBSSH2_SESSION *session, const char *filename,
    const uint8_t *passphrase)
{
	(void)ed, (void)flags, (void)application, (void)key_handle, (void)handle_len;
	(void)filename, (void)passphrase;
	return refuse(session);
}

int
_libssh2_ed25519_new_private_frommemory_sk(struct ed25519 **ed, unsigned char *flags, const char **application,
    const unsigned char **key_handle, size_t *handle_len, LIBSSH2_SESSION *session, const char *filedata,
    size_t filedata_len, unsigned const char *passphrase)
{
	(void)ed, (void)flags, (void)application, (void)key_handle, (void)handle_len;
	(void)filedata, (void)filedata_len, (void)passphrase;
	return refuse(session);
}

int
_libssh2_sk_pub_keyfilememory(LIBSSH2_SESSION *session, unsigned char **method, size_t *method_len,
    unsigned char **pubkeydata, size_t *pubkeydata_len, int *algorithm, unsigned char *flags,
    const char **application, const unsigned char **key_handle, size_t *handle_len, const char *privatekeydata,
    size_t privatekeydata_len, const char *passphrase)
{
	(void)method, (void)method_len, (void)pubkeydata, (void)pubkeydata_len, (void)algorithm, (void)flags;
	(void)application, (void)key_handle, (void)handle_len, (void)privatekeydata;
	(void)privatekeydata_len, (void)passphrase;
	return refuse(session);
}
