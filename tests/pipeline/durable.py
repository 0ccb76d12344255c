# SPDX-License-Identifier: MIT
"""Whether a deploy put things on disk in the right order, from a host's system calls.

Usage: durable.py TRACE ROOT BUILD, where TRACE is what this wrote, attached before the deploy began:
  strace -f -y -s 200 -e trace=CALLS -p PID-OF-SSHD    (CALLS: what `durable.py calls` prints)
Prints a table of the steps and status 0, or what came too late and status 1.

A call that a sync has to cover must have ended when the sync began; what comes after the sync must not
have begun before it ended. Calls that name a relative path count as changes of everything.
"""
import re
import sys

WRITES = "write,pwrite64,writev,pwritev,ftruncate,fchmod,fchown,fsetxattr,sendfile,copy_file_range,fallocate"
NAMES = (
    "rename,renameat,renameat2,link,linkat,symlink,symlinkat,unlink,unlinkat,rmdir,mkdir,mkdirat,"
    "chmod,fchmodat,chown,lchown,fchownat,utimensat,truncate,mknodat"
)
OPENS = "open,openat,creat"
SYNCS = "sync,syncfs,fsync,fdatasync"
LINE = re.compile(r"^(\d+) +(?:<\.\.\. (\w+) resumed>|(\w+)\()(.*)$")


class Call:
    def __init__(self, name, args, result, start, end):
        self.name, self.args, self.start, self.end = name, args, start, end
        self.paths = list(self.find_paths(args, result))

    def find_paths(self, args, result):
        """Absolute paths that the call names; ? before a relative one."""
        if self.name in OPENS.split(","):
            if "O_CREAT" in args or "O_TRUNC" in args:
                yield re.search(r"<(.*)>$", result).group(1)
        elif self.name in NAMES.split(","):
            for folder, path in re.findall(r'(?:(?:AT_FDCWD|\d+)<([^>]*)>, )?"([^"]*)"', args):
                if path.startswith("/"):
                    yield path
                else:
                    yield folder + "/" + path if folder else "?" + path
        else:
            yield from re.findall(r"\d+<(/[^>]*)>", args)

    def is_in(self, folder):
        return any(path[0] == "?" or path == folder or path.startswith(folder + "/") for path in self.paths)

    def __str__(self):
        return "%s(%s)" % (self.name, self.args[:150])


def calls(lines):
    """The calls that succeeded, in the order in which they ended."""
    begun = {}
    for number, line in enumerate(lines):
        match = LINE.match(line)
        if not match:
            continue
        pid, resumed, name, rest = match.groups()
        if resumed:
            start, args = begun.pop((pid, resumed), (None, ""))
            name, rest = resumed, args + rest
        else:
            start = number
        if rest.endswith("<unfinished ...>"):
            begun[pid, name] = number, rest[: -len("<unfinished ...>")]
            continue
        args, equals, result = rest.rpartition(" = ")
        if equals and start is not None and not result.startswith(("-1", "?")):
            yield Call(name, args.rstrip().rstrip(")"), result, start, number)


class Wrong(Exception):
    pass


def one(found, what):
    found = list(found)
    if len(found) != 1:
        raise Wrong("%s: expected one call, found %d: %s" % (what, len(found), "; ".join(map(str, found))))
    return found[0]


def check(trace, root, build):
    all_calls = list(calls(trace))
    syncs = [call for call in all_calls if call.name in SYNCS.split(",")]
    changes = [call for call in all_calls if call.name not in SYNCS.split(",") and call.paths]

    def sync_between(after, before, what, folder=None):
        """A sync of the whole file system, or of the folder itself, after one call and before another."""
        for sync in reversed(syncs):
            covers = sync.name in ("sync", "syncfs") or folder in sync.paths
            if covers and sync.start > after and sync.end < before:
                return sync
        raise Wrong("%s: no sync comes in time" % what)

    def completes(folder, marker, what):
        """Everything in the folder is on disk before its marker goes."""
        unlink = one((c for c in changes if c.name.startswith("unlink") and c.paths == [marker]), what)
        sync = sync_between(-1, unlink.start, what)
        mine = [c for c in changes if c.is_in(folder) and c is not unlink]
        late = [c for c in mine if c.end > sync.start and c.start < unlink.end]
        if late:
            raise Wrong("%s: after the sync: %s" % (what, "; ".join(map(str, late))))
        yield "%s, %d changes" % (what, sum(c.end < sync.start for c in mine)), sync, unlink
        return unlink

    path = root + "/builds/" + build
    first = next(c for c in changes if any(p.startswith(path) for p in c.paths))
    if not first.name.startswith("rename"):
        raise Wrong("the build is not made by a rename: %s" % first)
    env = one({re.sub(r"/\.incomplete$", "", p) for c in changes for p in c.paths
               if c.name.startswith("unlink") and re.match(root + r"/envs/[^/.]+/\.incomplete$", p)}, "environment")
    yield from completes(env, env + "/.incomplete", "the environment")
    unlink = yield from completes(path, path + "/.incomplete", "the build")
    flip = one((c for c in changes if c.name.startswith("rename") and c.paths[-1] == root + "/current"), "flip")
    yield "the marker's removal", sync_between(unlink.end, flip.start, "the marker's removal", path), flip
    late = [c for c in changes if c.start > flip.start and c.is_in(path)]
    if late:
        raise Wrong("the live build was changed: %s" % "; ".join(map(str, late)))
    line = one((c for c in changes if c.name.startswith("write") and c.is_in(root + "/.slipway/journal")
                and "active" in c.args), "the journal's line")
    yield "the flip", sync_between(flip.end, line.start, "the flip", root), line
    yield "the journal's line", sync_between(line.end, len(trace), "the journal", root + "/.slipway/journal"), None


def main(argv):
    if argv == ["calls"]:
        print(",".join((WRITES, NAMES, OPENS, SYNCS)))
        return 0
    with open(argv[0], errors="replace") as trace:
        lines = trace.read().splitlines()
    try:
        print("| what | is on disk by | before |\n|---|---|---|")
        for what, sync, then in check(lines, argv[1], argv[2]):
            print("| %s | %s | %s |" % (what, str(sync).replace(argv[1], "ROOT"),
                                        str(then or "the deploy ends").replace(argv[1], "ROOT")))
    except Wrong as wrong:
        print("durable.py: %s" % wrong)
        return 1
    return 0


sys.exit(main(sys.argv[1:]))
