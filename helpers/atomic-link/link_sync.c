/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* syncfs */
#include "atomic-link/link_sync.h"

#include <unistd.h>

int
link_sync_fs(int fd)
{
	return syncfs(fd);
}
