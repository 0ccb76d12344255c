# SPDX-License-Identifier: MIT
"""cron.py: jobs that run from a build."""
import os
import re

import files
from host import run
from report import error, warning
from users import apart, sudo

FOLDERS = ("/etc/cron.d", "/etc/cron.hourly", "/etc/cron.daily", "/etc/cron.weekly", "/etc/cron.monthly",
           "/var/spool/cron/crontabs", "/var/spool/cron")


def crontabs(host):
    """(name, text) of every crontab and script of cron."""
    paths = ["/etc/crontab", "/etc/anacrontab"]
    for folder in FOLDERS:
        paths += files.names(folder)
    for path in paths:
        if not os.path.isdir(path):
            yield path, files.read(path) or ""
    if os.geteuid() == 0:
        return
    # What crontab(1) shows is read although the file may not be.
    asked = [(host.me.pw_name, [])]
    if apart(host) is not None and sudo(host):
        asked.append((apart(host).pw_name, sudo(host)))
    for name, before in asked:
        status, out, _ = run(before + ["crontab", "-l"])
        if status == 0:
            yield "crontab of %s" % name, out


def lines(host):
    for name, text in crontabs(host):
        for number, line in enumerate(text.splitlines(), 1):
            if line.strip() and line.lstrip()[0] != "#" and host.mentioned(line):
                yield line.strip(), "%s:%d" % (name, number)


def paths(host, line):
    return [word for word in re.split(r"[\s'\"=;&|<>():,]+", line) if word.startswith("/") and host.place(word)]


def rule_build(host):
    for line, where in lines(host):
        for path in paths(host, line):
            if host.place(path) == "build":
                yield error("a job runs from %s: it stays on that build, and dies when that is pruned" % path,
                            "cd -P %s/current && exec ... in the job" % host.root, where)
                break


def rule_current(host):
    for line, where in lines(host):
        if re.search(r"\b(cd|readlink|realpath)\s", line):
            continue
        for path in paths(host, line):
            if host.place(path) == "current":
                yield warning("a job runs from %s: a deploy while it runs mixes two builds in it" % path,
                              "cd -P %s/current && exec ... in the job" % host.root, where)
                break
