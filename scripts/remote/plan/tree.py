# SPDX-License-Identifier: MIT
"""List a build: tree.py BUILD. Prints lines "tree: PART": base64 of deflated JSON, an object with
files     [path, "f" or "l", size, SHA-256 or target, executable or not] of each, as the push brought it;
          null for the sum of a file that this user may not read
compiled  [number, bytes] of the bytecode, which each build has anew
assets    the names in .slipway-assets: static files that are its own; null if it has none
What slipway itself puts into a build is left out: REVISION, env, markers, bytecode, links to what is shared.
"""
import base64
import hashlib
import json
import os
import stat
import sys
import zlib

OURS = {"REVISION", "env", ".incomplete", ".failed", ".slipway-assets"}
LINE = 6000


def sum_of(path):
    digest = hashlib.sha256()
    try:
        with open(path, "rb") as file:
            for part in iter(lambda: file.read(1 << 20), b""):
                digest.update(part)
    except OSError:
        return None
    return digest.hexdigest()


def assets(build):
    try:
        with open(os.path.join(build, ".slipway-assets"), "rb") as file:
            return [os.fsdecode(name) for name in file.read().split(b"\0") if name]
    except OSError:
        return None


def shared(path, target):
    """Whether prepare.sh made this link."""
    return target == "../" * (path.count("/") + 2) + "shared/" + path


def entry(build, path):
    full = os.path.join(build, path)
    state = os.lstat(full)
    if stat.S_ISLNK(state.st_mode):
        target = os.readlink(full)
        return None if shared(path, target) else [path, "l", len(os.fsencode(target)), target, False]
    if not stat.S_ISREG(state.st_mode):
        return None
    return [path, "f", state.st_size, sum_of(full), bool(state.st_mode & 0o100)]


def listing(build):
    files, compiled = [], [0, 0]
    for where, folders, names in os.walk(build):
        inside = "" if where == build else os.path.relpath(where, build) + "/"
        links = [name for name in folders if os.path.islink(os.path.join(where, name))]
        folders[:] = [name for name in folders if name not in links and inside + name not in OURS]
        for name in names + links:
            if name.endswith(".pyc") or os.path.basename(where) == "__pycache__":
                compiled[0] += 1
                compiled[1] += os.lstat(os.path.join(where, name)).st_size
            elif inside + name not in OURS:
                files.append(entry(build, inside + name))
    return {"files": sorted(one for one in files if one), "compiled": compiled, "assets": assets(build)}


def main(build):
    packed = base64.b64encode(zlib.compress(json.dumps(listing(build)).encode())).decode()
    for start in range(0, len(packed), LINE):
        print("tree: " + packed[start:start + LINE])


main(sys.argv[1])
