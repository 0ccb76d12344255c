# SPDX-License-Identifier: MIT
"""support.py: what the interop tests share: random trees, running both programs, comparing.

Both programs reach the same stock `rsync --server` through a remote shell that is a local one
(local-shell), so a difference is a difference of the clients."""
import os
import random
import shutil
import subprocess
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
BIN = os.environ.get("SLIPWAY_BIN", os.path.join(ROOT, "build", "bin"))
PUSH = os.path.join(BIN, "rsync-push")
SHELL = os.path.join(HERE, "local-shell")
# A server other than the one on PATH, to try a second version of rsync.
SERVER = os.environ.get("INTEROP_RSYNC", "rsync")

COMPONENTS = ["a", "b", "ab", "a-b", "foo", "bar.o", "foo.o", "x[y", "a*b", "-", "é", "a b", "lib",
              "tmp", "Makefile", ".hidden", "z!"]
REMARKS = ("created directory ", "cannot delete non-empty directory: ")


def workdir():
    return tempfile.mkdtemp(prefix="interop-", dir=os.environ.get("BATS_TEST_TMPDIR"))


def run(argv, cwd=None, timeout=60):
    """(exit status, stdout, stderr) as text."""
    done = subprocess.run(argv, cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=timeout)
    return done.returncode, done.stdout.decode(errors="surrogateescape"), \
        done.stderr.decode(errors="surrogateescape")


def stock(arguments, **more):
    """The stock client, names as they are (-8). It prints the server's remarks among the entries;
    rsync-push prints them to stderr, with -v."""
    status, out, errors = run(["rsync", "-8", "--rsync-path", SERVER, "-e", SHELL, *arguments],
                              **more)
    lines = [line for line in out.splitlines(True) if not line.startswith(REMARKS)]
    return status, "".join(lines), errors


def push(arguments, **more):
    return run([PUSH, "--rsync-path", SERVER, "-e", SHELL, *arguments], **more)


def write(path, content):
    with open(path, "wb") as f:
        f.write(content)


def content(rng):
    size = rng.choice([0, 1, 20, 699, 700, 701, 1400, 5000, 40000, rng.randrange(100000)])
    return rng.randbytes(size)


def make_tree(top, rng, any_mode=False, depth=3, width=6):
    """A random tree; returns the paths below top, directories with a trailing slash."""
    paths = []

    def fill(base, level):
        for name in rng.sample(COMPONENTS, rng.randint(1, width)):
            path = os.path.join(base, name)
            full = os.path.join(top, path)
            kind = rng.random()
            if level < depth and kind < 0.35:
                os.mkdir(full)
                paths.append(path + "/")
                fill(path, level + 1)
                os.chmod(full, rng.choice([0o755, 0o700, 0o775, 0o1777]) if any_mode else 0o755)
            elif kind < 0.45:
                os.symlink(rng.choice(["a", "../b", "/nowhere", "é"]), full)
                paths.append(path)
            else:
                write(full, content(rng))
                modes = [0o644, 0o755, 0o600, 0o444, 0o4755] if any_mode else [0o644, 0o755]
                os.chmod(full, rng.choice(modes))
                os.utime(full, (1700000000, 1700000000 + rng.randrange(4)))
                paths.append(path)
    os.makedirs(top, exist_ok=True)
    fill("", 0)
    return paths


def edit(data, rng):
    """A changed version of a file's content, part of which a delta can reuse."""
    data = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(data) + 1)
        how = rng.random()
        if how < 0.4:
            data[at:at] = rng.randbytes(rng.randint(1, 900))
        elif how < 0.7:
            del data[at:at + rng.randint(1, 900)]
        else:
            data[at:at + 5] = rng.randbytes(5)
    return bytes(data)


def mutate(top, rng):
    """Change, remove, replace and add some entries."""
    for base, dirs, files in os.walk(top):
        for name in sorted(files):
            full = os.path.join(base, name)
            what = rng.random()
            if os.path.islink(full):
                if what < 0.3:
                    os.unlink(full)
                    os.symlink("changed", full)
            elif what < 0.25:
                with open(full, "rb") as f:
                    data = f.read()
                os.unlink(full)
                write(full, edit(data, rng))
                os.utime(full, (1700000000, 1700000009))
            elif what < 0.35:
                os.unlink(full)
            elif what < 0.40:
                os.chmod(full, 0o600)
            elif what < 0.44:
                os.unlink(full)
                os.mkdir(full)
                write(os.path.join(full, "in"), b"in")
            elif what < 0.47:
                os.unlink(full)
                os.symlink("a", full)
        for name in sorted(dirs):
            full = os.path.join(base, name)
            if rng.random() < 0.05 and not os.path.islink(full):
                shutil.rmtree(full)
                write(full, b"was a directory")
        dirs[:] = sorted(d for d in dirs if os.path.isdir(os.path.join(base, d)))
        if rng.random() < 0.4:
            write(os.path.join(base, "extra" + str(rng.randrange(3))), content(rng))
        if rng.random() < 0.2:
            os.makedirs(os.path.join(base, "extradir", "deep"), exist_ok=True)


def describe(top, times=False, linked_to=()):
    """{path: what stands there}; linked_to: trees whose inodes are looked for."""
    inodes = {}
    for tree in linked_to:
        for base, _, files in os.walk(tree):
            for name in files:
                full = os.path.join(base, name)
                st = os.lstat(full)
                inodes[st.st_ino] = os.path.relpath(full, os.path.dirname(tree))
    found = {}
    for base, dirs, files in os.walk(top):
        for name in dirs + files:
            full = os.path.join(base, name)
            st = os.lstat(full)
            entry = [oct(st.st_mode), inodes.get(st.st_ino, "")]
            if os.path.islink(full):
                entry = ["link", os.readlink(full)]
            elif name in files:
                with open(full, "rb") as f:
                    entry.append(f.read())
            if times and (name in files) and not os.path.islink(full):
                entry.append(st.st_mtime_ns)
            found[os.path.relpath(full, top)] = entry
    return found


def difference(a, b):
    """Text: how two descriptions differ; "" if they do not."""
    out = []
    for path in sorted(set(a) | set(b)):
        if a.get(path) != b.get(path):
            out.append(f"{path}: {str(a.get(path))[:120]} != {str(b.get(path))[:120]}")
    return "\n".join(out)


def line_difference(a, b):
    a, b = sorted(a.splitlines()), sorted(b.splitlines())
    return "\n".join([f"only rsync: {line}" for line in a if line not in b] +
                     [f"only rsync-push: {line}" for line in b if line not in a] +
                     (["the same lines, not as often"] if a != b and set(a) == set(b) else []))


def rng_of(name):
    return random.Random(os.environ.get("INTEROP_SEED", "1") + name)
