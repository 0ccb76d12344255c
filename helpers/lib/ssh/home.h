/* SPDX-License-Identifier: MIT */
/* lib/ssh/home.h: the user who runs us: home directory and login name. */
#ifndef SSH_HOME_H
#define SSH_HOME_H
#include "lib/base/err.h"

/* $HOME, else the passwd entry's directory; borrowed. NULL with ERR_LOCAL if there is none. */
const char *home_dir(struct err *e);
/* The login name (passwd entry, else $USER), borrowed; NULL with ERR_LOCAL. */
const char *home_user(struct err *e);
/* "HOME/rest", malloc'ed, or NULL. */
char *home_path(const char *rest, struct err *e);

#endif
