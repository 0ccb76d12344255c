# SPDX-License-Identifier: MIT
"""system.py: what a deploy needs of the machine, and the state of the project root."""
import os
import re
import stat
import time

import files
from host import python, run
from report import error, notice, warning

CLOCK_S = 300
SHEBANG_PORTABLE, SHEBANG_MOST = 127, 255
KEY = "cp311-0123456789abcdef"


def rule_rsync(host):
    status, out, _ = run(["rsync", "--version"])
    found = re.search(r"version v?(\d+)\.(\d+)", out)
    if status != 0 or not found:
        yield error("rsync is not there", "install rsync 3.0 or newer")
    elif int(found.group(1)) < 3:
        yield error("rsync is %s.%s" % found.groups(), "install rsync 3.0 or newer")


def rule_venv(host):
    if host.get("requirements_file") == "none":
        return
    if run([python(), "-c", "import venv, ensurepip"])[0] != 0:
        yield error("%s cannot make environments: its venv module is not whole" % python(),
                    "install python3-venv, or set python to one that has it")


def rule_current(host):
    link = os.path.join(host.root, "current")
    if not os.path.lexists(link) or host.live:
        return
    if not os.path.islink(link):
        yield error("current is not a link: a deploy would be refused",
                    "move it out of the way; the first deploy makes the link")
    elif not os.path.exists(link):
        yield error("current leads nowhere: %s" % os.readlink(link), "slipway rollback --to ID")
    else:
        yield error("current does not lead into builds: %s" % os.readlink(link),
                    "link it to the build in builds that is live")


def rule_clock(host):
    ahead = time.time() - int(host.get("now", "0"))
    if abs(ahead) > CLOCK_S:
        yield warning("the clock is %d s %s of ours: journals and logs cannot be compared" % (
            abs(ahead), "ahead" if ahead > 0 else "behind"), "let the host keep time by NTP")


def rule_shebang(host):
    env = os.path.join(host.builds, "20260101000000", "env") if host.get("env_mode") == "build" \
        else os.path.join(host.envs, KEY)
    length = len(os.fsencode("#!" + env + "/bin/python"))
    if length > SHEBANG_PORTABLE:
        level = error if length > SHEBANG_MOST else warning
        yield level("the first line of an environment's programs has %d bytes, and kernels read %d or %d" % (
            length, SHEBANG_PORTABLE, SHEBANG_MOST), "a shorter project_root")


def live_size(host):
    """(bytes, files) that the live build would take without hard links."""
    size = count = 0
    for path in host.tree(host.live)[0]:
        try:
            there = os.lstat(path)
        except OSError:
            continue
        count += 1
        size += there.st_blocks * 512 if stat.S_ISREG(there.st_mode) else 0
    return size, count


def room(what, free, need):
    if free < 2 * need:
        level = error if free < need else warning
        yield level("%d %s free, and the live build has %d" % (free, what, need),
                    "make room, or lower keep_releases")


def rule_disk(host):
    if host.live:
        there = os.statvfs(host.root)
        yield from room("kB", there.f_bavail * there.f_frsize // 1024, live_size(host)[0] // 1024)


def rule_inodes(host):
    there = os.statvfs(host.root)
    # Some file systems have no number of inodes.
    if host.live and there.f_files:
        yield from room("inodes", there.f_favail, live_size(host)[1])


def rule_selinux(host):
    if (files.read("/sys/fs/selinux/enforce") or "").strip() == "1":
        yield notice("SELinux is enforcing: files that are moved keep the label that they were made with",
                     "when the server may not read a new build: restorecon -R %s" % host.root)


def rule_leftovers(host):
    """What dead deploys left. Older than the live build: it is none that is being made."""
    for name in host.builds_there():
        if os.path.exists(os.path.join(host.builds, name, ".incomplete")) and host.live \
                and name < os.path.basename(host.live):
            yield notice("builds/%s was never completed" % name, "the next deploy removes it")


def rule_unused_envs(host):
    used = {os.path.realpath(os.path.join(host.builds, name, "env")) for name in host.builds_there()}
    for path in files.names(host.envs):
        if os.path.isdir(path) and os.path.realpath(path) not in used and \
                not os.path.exists(os.path.join(path, ".incomplete")):
            yield notice("envs/%s belongs to no build" % os.path.basename(path), "the next deploy removes it")


def rule_unread(host):
    for path, why in sorted(files.unread.items()):
        yield notice("could not look into %s: %s" % (path, why), "look there yourself, or let %s read it" % host.me.pw_name)
