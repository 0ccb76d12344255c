#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""processes.py BUILDS: which processes run from which build in the folder BUILDS (a real path).

Prints a line "PID BUILD KIND" for each process and build: its working directory, its program or a
file that it has mapped is in that build, as far as this user may see. KIND is

  server  a process that a reload should have replaced
  other   one that ends when it is done: it has a terminal, or cron, at or sshd started it. It needs
          its build, but says nothing about what the site serves. (slipway's own steps are such.)
"""
import os
import sys

STARTERS = {"cron", "crond", "anacron", "atd", "sshd", "sshd-session", "dropbear"}


def status(pid):
    """(name, parent, has a terminal) of a process; None when it has ended."""
    try:
        with open("/proc/%d/stat" % pid, "rb") as stat:
            text = stat.read().decode("utf-8", "replace")
    except OSError:
        return None
    # The name is in parentheses, and may hold some itself.
    fields = text[text.rindex(")") + 2 :].split()
    return text[text.index("(") + 1 : text.rindex(")")], int(fields[1]), fields[4] != "0"


def paths(pid):
    for link in ("cwd", "exe"):
        try:
            yield os.readlink("/proc/%d/%s" % (pid, link))
        except OSError:
            pass
    try:
        with open("/proc/%d/maps" % pid, "rb") as maps:
            for line in maps:
                start = line.find(b"/")
                if start >= 0:
                    yield os.fsdecode(line[start:].rstrip(b"\n"))
    except OSError:
        pass


def builds_of(pid, folder):
    found = set()
    for path in paths(pid):
        if path.startswith(folder + "/"):
            found.add(path[len(folder) + 1 :].split("/")[0].split(" ")[0])
    return found


def kind(pid):
    first = status(pid)
    if first is None or first[2]:
        return "other"
    parent = first[1]
    while parent > 1:
        above = status(parent)
        if above is None:
            break
        if above[0].split(":")[0] in STARTERS:
            return "other"
        parent = above[1]
    return "server"


def main(folder):
    for name in os.listdir("/proc"):
        if name.isdigit() and int(name) != os.getpid():
            for build in builds_of(int(name), folder):
                print(name, build, kind(int(name)))


if __name__ == "__main__":
    main(sys.argv[1])
