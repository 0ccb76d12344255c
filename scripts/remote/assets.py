# SPDX-License-Identifier: MIT
"""Keep the static files of the build before reachable: assets.py BUILD PREVIOUS FOLDER.

What PREVIOUS (may be empty) has in FOLDER of its own, and BUILD lacks, is hard-linked into BUILD. Which
files are a build's own is in its .slipway-assets, so that what was kept once is not kept again.
"""
import os
import shutil
import sys

OWN = b".slipway-assets"


def files(folder):
    """Regular files below the folder, as paths relative to it."""
    for where, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(where, name)
            if os.path.isfile(path) and not os.path.islink(path):
                yield os.path.relpath(path, folder)


def own_files(build, folder):
    """What the build came with; a build made without this setting came with all it has."""
    try:
        with open(os.path.join(build, OWN), "rb") as listed:
            return [name for name in listed.read().split(b"\0") if name]
    except FileNotFoundError:
        return list(files(os.path.join(build, folder)))


def room_for(top, name):
    """Whether the name is free below top, and leads through folders of the build alone."""
    path = top
    for part in name.split(b"/")[:-1]:
        path = os.path.join(path, part)
        if os.path.islink(path) or (os.path.lexists(path) and not os.path.isdir(path)):
            return False
    return not os.path.lexists(os.path.join(top, name))


def keep(old, new):
    """Link the file; copy it where a link would bring in somebody's right to write."""
    os.makedirs(os.path.dirname(new), exist_ok=True)
    state = os.stat(old, follow_symlinks=False)
    if state.st_uid == os.geteuid() and not state.st_mode & 0o022:
        try:
            os.link(old, new)
            return
        except OSError:
            pass
    shutil.copyfile(old, new)
    os.utime(new, ns=(state.st_atime_ns, state.st_mtime_ns))


def main(build, previous, folder):
    top = os.path.join(build, folder)
    if os.path.islink(top):
        return
    if not os.path.isdir(top):
        raise SystemExit("slipway: assets: %s: the build has no such folder" % os.fsdecode(folder))
    own = own_files(build, folder)
    with open(os.path.join(build, OWN), "wb") as listed:
        listed.write(b"\0".join(own))
    if not previous:
        return
    for name in own_files(previous, folder):
        old = os.path.join(previous, folder, name)
        if os.path.isfile(old) and room_for(top, name):
            keep(old, os.path.join(top, name))


main(*[os.fsencode(word) for word in sys.argv[1:]])
