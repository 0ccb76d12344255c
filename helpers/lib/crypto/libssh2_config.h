/* SPDX-License-Identifier: MIT */
/* libssh2_config.h: what libssh2 asks of its build: the system it runs on (musl or glibc on
 * Linux). Found by its -DHAVE_CONFIG_H. */
#ifndef CRYPTO_LIBSSH2_CONFIG_H
#define CRYPTO_LIBSSH2_CONFIG_H

/* fd_set, explicit_bzero and friends, which -std=c11 alone would hide */
#ifndef _DEFAULT_SOURCE
#define _DEFAULT_SOURCE 1
#endif

#define HAVE_UNISTD_H
#define HAVE_INTTYPES_H
#define HAVE_SYS_SELECT_H
#define HAVE_SYS_UIO_H
#define HAVE_SYS_SOCKET_H
#define HAVE_SYS_IOCTL_H
#define HAVE_SYS_TIME_H
#define HAVE_SYS_UN_H
#define HAVE_ARPA_INET_H
#define HAVE_NETINET_IN_H
#define HAVE_GETTIMEOFDAY
#define HAVE_STRTOLL
#define HAVE_SNPRINTF
#define HAVE_EXPLICIT_BZERO
#define HAVE_POLL
#define HAVE_O_NONBLOCK

#endif
