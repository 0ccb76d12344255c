/* SPDX-License-Identifier: MIT */
#include "lib/rsync/options.h"

#include <string.h>

void
options_init(struct rsync_options *o)
{
	memset(o, 0, sizeof *o);
	o->max_delete = -1;
}

bool
options_sends_rules(const struct rsync_options *o)
{
	return o->del != DELETE_NONE;
}

bool
options_compresses(const struct rsync_options *o)
{
	return o->use_compress != USE_COMPRESS_NONE;
}
