/* SPDX-License-Identifier: MIT */
/* lib/base/build_name.h: names of builds (YYYYmmddHHMMSS, UTC), the only order of builds there is,
 * and the marker files inside a build. Pure. */
#ifndef BASE_BUILD_NAME_H
#define BASE_BUILD_NAME_H
#include <stdbool.h>

#define BUILD_NAME_LEN 14u             /* digits */
#define BUILD_INCOMPLETE ".incomplete" /* exists until the build is complete */
#define BUILD_FAILED ".failed"         /* exists when the build must never be used */

/* Exactly 14 ASCII digits. (Whether they form a date is of no meaning to the order.) */
bool build_name_valid(const char *name);
/* <0, 0, >0 as a is older than, the same as, newer than b. Both valid. */
int build_name_compare(const char *a, const char *b);

#endif
