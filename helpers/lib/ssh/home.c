/* SPDX-License-Identifier: MIT */
#include "lib/ssh/home.h"

#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/base/text.h"

const char *
home_dir(struct err *e)
{
	const char *home = getenv("HOME");
	const struct passwd *pw;

	if (home != NULL && home[0] == '/')
		return home;
	pw = getpwuid(getuid());
	if (pw == NULL || pw->pw_dir == NULL || pw->pw_dir[0] != '/') {
		(void)err_set(e, ERR_LOCAL, "HOME is not set", "find the home directory");
		return NULL;
	}
	return pw->pw_dir;
}

const char *
home_user(struct err *e)
{
	const struct passwd *pw = getpwuid(getuid());
	const char *user = pw != NULL ? pw->pw_name : getenv("USER");

	if (user == NULL || user[0] == '\0') {
		(void)err_set(e, ERR_LOCAL, "this user has no name", "choose a user to log in as");
		(void)err_hint(e, "pass --user");
		return NULL;
	}
	return user;
}

char *
home_path(const char *rest, struct err *e)
{
	const char *home = home_dir(e);

	return home == NULL ? NULL : text_fmt(e, "%s/%s", home, rest);
}
