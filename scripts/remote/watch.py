#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""watch.py BUILD MODULE NOTE PID: has any process loaded MODULE from the folder BUILD?

Makes the file NOTE, goes into the background, and removes NOTE when the module's file has been
opened. Ends then, or with the process PID. Status 1, and no NOTE: there is no such module there, or
this system cannot watch.

An import opens the file of the module that a server loads first; a process that goes on with old
code does not, wherever its working directory has been moved to.
"""
import ctypes
import os
import select
import struct
import sys

IN_OPEN = 0x20
IN_ISDIR = 0x40000000
EVENT = struct.Struct("iIII")  # inotify(7): watch, mask, cookie, length of the name


def places(build, module):
    """(folder, beginning of file names) where the module's own file may be, compiled or not."""
    path = os.path.join(build, *module.split("."))
    folder, name = os.path.split(path)
    if os.path.isdir(path):
        folder, name = path, "__init__"
    for place in (folder, os.path.join(folder, "__pycache__")):
        if os.path.isdir(place) and any(entry.startswith(name + ".") for entry in os.listdir(place)):
            yield place, name + "."


def watch(build, module):
    """An inotify descriptor, and the beginning of names by watch."""
    libc = ctypes.CDLL(None, use_errno=True)
    fd = libc.inotify_init1(os.O_CLOEXEC)
    names = {}
    if fd >= 0:
        for place, name in places(build, module):
            names[libc.inotify_add_watch(fd, os.fsencode(place), IN_OPEN)] = name
    names.pop(-1, None)
    return fd, names


def opened(fd, names):
    """Whether the events that wait are of one of the names."""
    events = os.read(fd, 65536)
    while events:
        number, mask, _, length = EVENT.unpack_from(events)
        name = os.fsdecode(events[EVENT.size : EVENT.size + length].rstrip(b"\0"))
        if not mask & IN_ISDIR and name.startswith(names.get(number, "/")):
            return True
        events = events[EVENT.size + length :]
    return False


def background(keep):
    if os.fork():
        os._exit(0)
    for fd in range(3, 64):
        if fd != keep:
            try:
                os.close(fd)
            except OSError:
                pass
    null = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(null, fd)


def main(build, module, note, pid):
    try:
        fd, names = watch(build, module)
    except (OSError, AttributeError):
        return 1
    if not names:
        return 1
    open(note, "w").close()
    background(fd)
    while os.path.exists("/proc/" + pid):
        if select.select([fd], [], [], 1.0)[0] and opened(fd, names):
            os.unlink(note)
            break
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
