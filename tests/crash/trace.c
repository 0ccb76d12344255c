/* SPDX-License-Identifier: MIT */
/* trace: run a command and all that it starts under ptrace, count the system calls that change a file
 * system, and end or hold the lot just before one of them.
 *
 * usage: trace [-k N | -h N SECONDS FILE] LOG COMMAND [ARGUMENT]...
 *   -k N               kill every process, as a power cut would, before the call N is done
 *   -h N SECONDS FILE  before the call N make FILE and keep that process still for so long
 * LOG gets a line for each such call: NUMBER PROGRAM CALL PATH, and NUMBER failed if it did. Exit status: the command's; 137 killed.
 *
 * Installed setuid root it still runs the command as its caller, and set-user-ID programs below it
 * (sudo) keep their power, which they lose under an ordinary tracer. strace counts for each process
 * apart, so it cannot do this; it is enough for one program (strace -e inject). Linux 5.3. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* What the arguments of a call say. */
enum form { OPEN, PATH, FD, NONE };

struct call {
	long number;
	const char *name;
	enum form form;
	int arg; /* of the path, or of the descriptor; for OPEN the flags follow it */
};

static const struct call calls[] = {
#ifdef SYS_open
    {SYS_open, "open", OPEN, 0},
    {SYS_creat, "creat", PATH, 0},
    {SYS_rename, "rename", PATH, 0},
    {SYS_unlink, "unlink", PATH, 0},
    {SYS_mkdir, "mkdir", PATH, 0},
    {SYS_rmdir, "rmdir", PATH, 0},
    {SYS_symlink, "symlink", PATH, 1},
    {SYS_link, "link", PATH, 1},
    {SYS_mknod, "mknod", PATH, 0},
    {SYS_chmod, "chmod", PATH, 0},
    {SYS_chown, "chown", PATH, 0},
    {SYS_lchown, "lchown", PATH, 0},
    {SYS_utimes, "utimes", PATH, 0},
#endif
#ifdef SYS_renameat
    {SYS_renameat, "renameat", PATH, 1},
#endif
    {SYS_openat, "openat", OPEN, 1},
    {SYS_renameat2, "renameat2", PATH, 1},
    {SYS_unlinkat, "unlinkat", PATH, 1},
    {SYS_mkdirat, "mkdirat", PATH, 1},
    {SYS_symlinkat, "symlinkat", PATH, 2},
    {SYS_linkat, "linkat", PATH, 3},
    {SYS_mknodat, "mknodat", PATH, 1},
    {SYS_truncate, "truncate", PATH, 0},
    {SYS_fchmodat, "fchmodat", PATH, 1},
    {SYS_fchownat, "fchownat", PATH, 1},
    {SYS_utimensat, "utimensat", PATH, 1},
    {SYS_write, "write", FD, 0},
    {SYS_pwrite64, "pwrite64", FD, 0},
    {SYS_writev, "writev", FD, 0},
    {SYS_sendfile, "sendfile", FD, 0},
    {SYS_copy_file_range, "copy_file_range", FD, 2},
    {SYS_ftruncate, "ftruncate", FD, 0},
    {SYS_fallocate, "fallocate", FD, 0},
    {SYS_fchmod, "fchmod", FD, 0},
    {SYS_fchown, "fchown", FD, 0},
    {SYS_fsync, "fsync", FD, 0},
    {SYS_fdatasync, "fdatasync", FD, 0},
    {SYS_syncfs, "syncfs", FD, 0},
    {SYS_sync, "sync", NONE, 0},
};

static void
die(const char *what)
{
	perror(what);
	exit(3);
}

/* The string at `address` of the process, at most size - 1 bytes of it. */
static void
read_string(pid_t pid, unsigned long address, char *out, size_t size)
{
	size_t n = 0;

	while (n < size - 1) { /* page by page: the next one may not be there */
		size_t part = 4096 - (address + n) % 4096;
		struct iovec local = {out + n, part < size - 1 - n ? part : size - 1 - n};
		struct iovec remote = {(void *)(address + n), local.iov_len};
		ssize_t got = process_vm_readv(pid, &local, 1, &remote, 1, 0);

		if (got <= 0)
			break;
		if (memchr(out + n, '\0', (size_t)got) != NULL)
			return;
		n += (size_t)got;
	}
	out[n] = '\0';
}

/* What /proc/PID/NAME leads to. */
static void
read_proc_link(pid_t pid, const char *name, char *out, size_t size)
{
	char path[64];
	ssize_t n;

	(void)snprintf(path, sizeof path, "/proc/%ld/%s", (long)pid, name);
	n = readlink(path, out, size - 1);
	out[n > 0 ? n : 0] = '\0';
}

static int
is_regular_file_or_directory(pid_t pid, unsigned long fd)
{
	char path[64];
	struct stat st;

	(void)snprintf(path, sizeof path, "/proc/%ld/fd/%lu", (long)pid, fd);
	return stat(path, &st) == 0 && (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode));
}

/* Whether this call changes a file system; *what gets its path. */
static int
changes(pid_t pid, const struct call *c, const unsigned long long *args, char *what, size_t size)
{
	char fd[32];
	unsigned long long flags;

	*what = '\0';
	switch (c->form) {
	case NONE:
		return 1;
	case FD:
		(void)snprintf(fd, sizeof fd, "fd/%d", (int)args[c->arg]);
		read_proc_link(pid, fd, what, size);
		return is_regular_file_or_directory(pid, (unsigned long)args[c->arg]);
	case OPEN:
		flags = args[c->arg + 1];
		if ((flags & O_ACCMODE) == O_RDONLY && (flags & (O_CREAT | O_TRUNC)) == 0)
			return 0;
		break;
	case PATH:
		break;
	}
	read_string(pid, (unsigned long)args[c->arg], what, size);
	return strncmp(what, "/dev/", 5) != 0 && strncmp(what, "/proc/", 6) != 0;
}

#define WAITING_MAX 64 /* processes in the middle of a call */

struct run {
	FILE *log;
	struct {
		pid_t pid;
		long n; /* 0: free */
	} waiting[WAITING_MAX];
	long n;       /* calls so far */
	long kill_at; /* 0: never */
	long hold_at;
	unsigned hold_s;
	const char *hold_file;
};

static void
hold(const struct run *r)
{
	int fd = open(r->hold_file, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	if (fd == -1)
		die(r->hold_file);
	(void)!fchown(fd, getuid(), getgid());
	(void)close(fd);
	(void)sleep(r->hold_s);
}

/* Remember that pid is in the call n, or (0) in none of ours. Returns the call that it was in, or 0. */
static long
note(struct run *r, pid_t pid, long n)
{
	size_t place = WAITING_MAX - 1;
	long was = 0;

	for (size_t i = 0; i < WAITING_MAX; i++) {
		if (r->waiting[i].pid == pid) {
			was = r->waiting[i].n;
			place = i;
			break;
		}
		if (r->waiting[i].n == 0)
			place = i;
	}
	r->waiting[place].pid = pid;
	r->waiting[place].n = n;
	return was;
}

static void
on_call(struct run *r, pid_t pid)
{
	struct __ptrace_syscall_info info;
	char what[4096];
	char program[4096];
	long n;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof info, &info) <= 0)
		return;
	n = note(r, pid, 0);
	if (info.op == PTRACE_SYSCALL_INFO_EXIT && n != 0 && info.exit.is_error)
		(void)fprintf(r->log, "%ld failed\n", n);
	if (info.op != PTRACE_SYSCALL_INFO_ENTRY)
		return;
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
		if ((unsigned long long)calls[i].number != info.entry.nr)
			continue;
		if (!changes(pid, &calls[i], (const unsigned long long *)info.entry.args, what,
			sizeof what))
			return;
		read_proc_link(pid, "exe", program, sizeof program);
		(void)fprintf(r->log, "%ld %s %s %s\n", ++r->n,
		    strrchr(program, '/') != NULL ? strrchr(program, '/') + 1 : "?", calls[i].name,
		    what);
		(void)fflush(r->log);
		if (r->n == r->kill_at)
			_exit(137); /* PTRACE_O_EXITKILL ends them all */
		if (r->n == r->hold_at)
			hold(r);
		(void)note(r, pid, r->n);
		return;
	}
}

/* One stop of one process; then it goes on. */
static void
on_stop(struct run *r, pid_t pid, int status)
{
	int signal = WSTOPSIG(status);
	int event = status >> 16;

	if (event == PTRACE_EVENT_STOP && signal != SIGTRAP) {
		(void)ptrace(PTRACE_LISTEN, pid, 0, 0); /* stopped by a signal: it stays so */
		return;
	}
	if (signal == (SIGTRAP | 0x80))
		on_call(r, pid);
	if (signal == (SIGTRAP | 0x80) || event != 0)
		signal = 0;
	(void)ptrace(PTRACE_SYSCALL, pid, 0, signal);
}

static int
trace(struct run *r, pid_t first)
{
	int result = 3;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, __WALL)) != -1 || errno == EINTR) {
		if (pid == -1)
			continue;
		if (WIFSTOPPED(status))
			on_stop(r, pid, status);
		else if (pid == first)
			result = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	}
	return result;
}

static pid_t
start(char **argv)
{
	const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
			     PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
	int gate[2];
	char byte;
	pid_t pid;

	if (pipe2(gate, O_CLOEXEC) == -1)
		die("pipe");
	pid = fork();
	if (pid == -1)
		die("fork");
	if (pid == 0) {
		(void)close(gate[1]);
		(void)!read(gate[0], &byte, 1); /* until we are traced */
		if (setresgid(getgid(), getgid(), getgid()) == -1 ||
		    setresuid(getuid(), getuid(), getuid()) == -1)
			die("set the user");
		(void)execvp(argv[0], argv);
		die(argv[0]);
	}
	if (ptrace(PTRACE_SEIZE, pid, 0, options) == -1)
		die("trace");
	(void)close(gate[0]);
	(void)close(gate[1]);
	return pid;
}

int
main(int argc, char **argv)
{
	struct run r = {0};
	int i = 1;
	int fd;

	if (argc > 3 && strcmp(argv[1], "-k") == 0) {
		r.kill_at = atol(argv[2]);
		i = 3;
	} else if (argc > 5 && strcmp(argv[1], "-h") == 0) {
		r.hold_at = atol(argv[2]);
		r.hold_s = (unsigned)atol(argv[3]);
		r.hold_file = argv[4];
		i = 5;
	}
	if (argc < i + 2) {
		(void)fprintf(stderr,
		    "usage: trace [-k N | -h N SECONDS FILE] LOG COMMAND [ARGUMENT]...\n");
		return 2;
	}
	fd = open(argv[i], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	r.log = fd == -1 ? NULL : fdopen(fd, "w");
	if (r.log == NULL)
		die(argv[i]);
	(void)!fchown(fd, getuid(), getgid());
	return trace(&r, start(argv + i + 1));
}
