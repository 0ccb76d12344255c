/* SPDX-License-Identifier: MIT */
#include "deploy-lock/lock_process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/fs.h"

#define STAT_MAX 2048
#define STAT_STARTED 19 /* proc(5): field 22; the first after the command's name is field 3 */

/* The start of a small file of /proc as a string; "" when it cannot be read. */
static void
read_start(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd == -1 ? 0 : read(fd, text, size - 1);

	text[n > 0 ? n : 0] = '\0';
	if (fd != -1)
		(void)close(fd);
}

/* When the process began, in clock ticks since boot; 0: no such process. */
static int64_t
started(pid_t pid)
{
	char path[64];
	char text[STAT_MAX];
	const char *field;

	(void)snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
	read_start(path, text, sizeof text);
	field = strrchr(text, ')'); /* the name before it may hold anything */
	for (int i = 0; field != NULL && i <= STAT_STARTED; i++) {
		field = strchr(field, ' ');
		if (field != NULL)
			field++;
	}
	return field == NULL ? 0 : strtoll(field, NULL, 10);
}

static void
boot_id(char id[LOCK_VALUE_MAX])
{
	read_start("/proc/sys/kernel/random/boot_id", id, LOCK_VALUE_MAX);
	id[strcspn(id, "\n")] = '\0';
}

void
lock_process_self(struct lock_record *r)
{
	r->pid = (long)getpid();
	r->started = started(getpid());
	r->beat_ms = clock_boot_ms();
	boot_id(r->boot);
}

int64_t
lock_process_silent_ms(const struct lock_record *r)
{
	char boot[LOCK_VALUE_MAX];

	boot_id(boot);
	return lock_record_silent_ms(r, boot, clock_boot_ms());
}

bool
lock_process_expired(const struct lock_record *r)
{
	return r->lease_s > 0 && lock_process_silent_ms(r) > r->lease_s * 1000;
}

int
lock_process_has_open(int fd, pid_t pid, struct err *e)
{
	char path[64];
	struct stat mine;
	struct stat st;
	char **names;
	size_t n;
	int found = 0;
	int dir;

	if (fstat(fd, &mine) == -1)
		return err_set(e, ERR_LOCAL, NULL, "stat the lock");
	(void)snprintf(path, sizeof path, "/proc/%ld/fd", (long)pid);
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir == -1)
		return errno == ENOENT
			   ? 0
			   : err_set(e, ERR_LOCAL, NULL, "look into process %ld", (long)pid);
	names = fs_list(dir, &n, e);
	for (size_t i = 0; names != NULL && i < n && found == 0; i++)
		found = fstatat(dir, names[i], &st, 0) == 0 && st.st_dev == mine.st_dev &&
			st.st_ino == mine.st_ino;
	(void)close(dir);
	fs_free_names(names);
	return names == NULL ? -1 : found;
}

int
lock_process_kill(int fd, const char *path, const struct lock_record *r, struct err *e)
{
	pid_t pid = (pid_t)r->pid;
	int open_there = pid > 1 ? lock_process_has_open(fd, pid, e) : 0;

	if (open_there == -1)
		return -1;
	if (open_there == 0 || r->started == 0 || started(pid) != r->started)
		return err_set(e, ERR_LOCAL, "it is not there", "end process %ld that holds %s",
		    (long)pid, path);
	if (kill(pid, SIGKILL) == -1 && errno != ESRCH)
		return err_set(
		    e, ERR_LOCAL, NULL, "end process %ld that holds %s", (long)pid, path);
	return 0;
}
