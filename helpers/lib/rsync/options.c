/* SPDX-License-Identifier: MIT */
#include "lib/rsync/options.h"

#include <string.h>

void
options_init(struct rsync_options *o)
{
	memset(o, 0, sizeof *o);
	o->max_delete = -1;
}
