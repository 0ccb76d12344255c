# SPDX-License-Identifier: MIT
"""users.py: the user that the application runs as, and what it may read and write. We ask as that user
where sudo lets us, which knows of access lists; otherwise by owner, group and mode."""
import functools
import os
import pwd
import stat

from host import python, run

READ, WRITE, ENTER = os.R_OK, os.W_OK, os.X_OK
PROBE = """import os, sys
for line in sys.stdin.buffer.read().split(b"\\0"):
    mode, _, path = line.partition(b" ")
    if path and not os.access(path, int(mode)):
        sys.stdout.buffer.write(line + b"\\0")
"""


def runtime(host):
    """passwd entry of the runtime user; None if there is no such user."""
    name = host.get("runtime_user")
    try:
        return pwd.getpwnam(name) if name else host.me
    except KeyError:
        return None


def apart(host):
    """The runtime user, if there is one that is not the deploy user."""
    user = runtime(host)
    return user if user is not None and user.pw_uid not in (host.me.pw_uid, 0) else None


@functools.lru_cache(maxsize=None)
def refusal(name):
    """What sudo says to acting as the user; None if it lets us."""
    status, _, problem = run(["sudo", "-n", "-u", name, "--", "true"])
    return None if status == 0 else problem.strip()


def sudo_refusal(host):
    """What sudo says to acting as the runtime user; None if it lets us, or is not needed."""
    user = apart(host)
    return None if user is None or os.geteuid() == 0 else refusal(user.pw_name)


def sudo(host):
    """Words before a command to run it as the runtime user; None if that is refused."""
    user = apart(host)
    if user is None:
        return []
    if os.geteuid() == 0:
        return ["setpriv", "--reuid", user.pw_name, "--regid", str(user.pw_gid), "--init-groups", "--"]
    return ["sudo", "-n", "-u", user.pw_name, "--"] if sudo_refusal(host) is None else None


def by_mode(user, path, mode):
    """Whether owner, group and mode let the user do that, on the whole way there."""
    groups = os.getgrouplist(user.pw_name, user.pw_gid)

    def bits(name):
        there = os.stat(name)
        shift = 6 if there.st_uid == user.pw_uid else 3 if there.st_gid in groups else 0
        return stat.S_IMODE(there.st_mode) >> shift & 7

    try:
        way = os.path.realpath(path)
        while way != "/":
            way = os.path.dirname(way)
            if not bits(way) & ENTER:
                return False
        return bits(path) & mode == mode
    except OSError:
        return False


def denied(host, asked):
    """Of (path, mode) pairs those that the runtime user may not."""
    user = runtime(host)
    before = sudo(host)
    if before is None:
        return [(path, mode) for path, mode in asked if not by_mode(user, path, mode)]
    lines = {b"%d %s" % (mode, os.fsencode(path)): (path, mode) for path, mode in asked}
    status, out, problem = run(before + [python(), "-c", PROBE], 60, b"\0".join(lines))
    if status != 0:
        raise OSError(0, "asking as %s: %s" % (user.pw_name, problem.strip()))
    return [lines[line] for line in os.fsencode(out).split(b"\0") if line in lines]


def allowed(host, asked):
    no = set(denied(host, asked))
    return [pair for pair in asked if pair not in no]
