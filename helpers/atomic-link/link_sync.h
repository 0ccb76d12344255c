/* SPDX-License-Identifier: MIT */
/* atomic-link/link_sync.h: Linux's syncfs, which POSIX lacks, behind a wall of its own. */
#ifndef ATOMIC_LINK_LINK_SYNC_H
#define ATOMIC_LINK_LINK_SYNC_H

/* Write out all of the file system that fd is on. 0, or -1 with errno. */
int link_sync_fs(int fd);

#endif
