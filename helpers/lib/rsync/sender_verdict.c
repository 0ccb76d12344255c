/* SPDX-License-Identifier: MIT */
#include "lib/rsync/sender_private.h"

#define LIMIT_DELETE 4u /* of io_errors: --max-delete stopped deletions */

/* rsync(1), EXIT VALUES. */
static const char *
exit_meaning(int status)
{
	switch (status) {
	case 1:
		return "its rsync refused an option";
	case 2:
		return "its rsync saw a protocol error";
	case 3:
		return "it could not use the destination";
	case 4:
		return "its rsync lacks something that was asked for";
	case 11:
		return "its rsync could not read or write a file";
	case 12:
		return "its rsync saw the connection break";
	case 20:
		return "its rsync was stopped by a signal";
	case 22:
		return "its rsync ran out of memory";
	case 23:
		return "some files were not transferred";
	case 24:
		return "some files vanished";
	case 25:
		return "the limit of deletions was reached";
	case 30:
		return "its rsync timed out";
	case 126:
		return "rsync cannot be executed there";
	case 127:
		return "rsync is not installed there";
	case 255:
		return "the connection to it broke"; /* as ssh says it */
	default:
		return status > 128 ? "its rsync was killed" : "its rsync failed";
	}
}

int
sender_eof(struct sender *s, struct err *e)
{
	if (s->state == AWAIT_EOF)
		return 0;
	if (s->state == REFUSED)
		return err_set(e, ERR_PROTO,
		    s->first_error[0] != '\0' ? s->first_error : exit_meaning(s->refusal),
		    "push: the server gave up");
	return err_set(e, ERR_PROTO, "the server's rsync ended too early", "rsync protocol, %s",
	    sender_rules[s->state].name);
}

static int
remote_failure(const struct sender *s, int status, struct err *e)
{
	bool not_started = s->state == AWAIT_VERSION && (status == 126 || status == 127);
	const char *why = s->first_error[0] != '\0' ? s->first_error : exit_meaning(status);

	(void)err_set(e, not_started ? ERR_REMOTE : ERR_PROTO, why,
	    "push: the server's rsync exited with status %d", status);
	if (not_started)
		return err_hint(e, "install rsync 3.0 or newer on the server");
	return -1;
}

static const char *
io_errors_meaning(uint32_t io_errors)
{
	if (io_errors & LIMIT_DELETE)
		return exit_meaning(25);
	return (io_errors & ~FLIST_IO_VANISHED) == 0 ? exit_meaning(24) : exit_meaning(23);
}

int
sender_finish(struct sender *s, int remote_status, struct err *e)
{
	if (remote_status > 0)
		return remote_failure(s, remote_status, e);
	if (s->broken)
		return err_set(e, ERR_PROTO, "the session was broken off", "rsync protocol, %s",
		    sender_rules[s->state].name);
	if (sender_eof(s, e) == -1)
		return -1;
	if (remote_status < 0)
		return err_set(e, ERR_PROTO, "no exit status came", "push: end the server's rsync");
	if (s->has_error)
		return err_set(e, ERR_PROTO, s->first_error, "push: the server reported an error");
	if (s->io_errors != 0)
		return err_set(e, ERR_PROTO, io_errors_meaning(s->io_errors), "push");
	return 0;
}
