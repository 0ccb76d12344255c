# SPDX-License-Identifier: MIT
"""try_setting.py: what a server's process has, and one that a release is tried in has too: variables and
limits; and how try.py says something.
"""
import os
import pwd
import re
import resource
import sys

import processes

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
LIMITS = {
    "Max cpu time": "CPU", "Max file size": "FSIZE", "Max data size": "DATA", "Max stack size": "STACK",
    "Max resident set": "RSS", "Max processes": "NPROC", "Max open files": "NOFILE",
    "Max locked memory": "MEMLOCK", "Max address space": "AS", "Max msgqueue size": "MSGQUEUE",
}
VARIABLE = re.compile(
    r"""[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)[ \t]*=[ \t]*"""
    r"""(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([^"'\n][^\n]*|))[ \t\r]*(?:#[^\n]*)?(?:\n|\Z)""", re.DOTALL)


def plain(line):
    return "".join(c if c.isprintable() else "?" for c in line)


def say(line):
    sys.stderr.write("slipway: %s\n" % plain(line))


def variables(text):
    """KEY=VALUE lines as systemd reads them: comments, quotes, an "export" in front; nothing is run."""
    found, at = {}, 0
    while at < len(text):
        match = VARIABLE.match(text, at)
        if match:
            name, double, single, bare = match.groups()
            if double is not None:
                found[name] = re.sub(r'\\(["\\$`\n])', lambda m: m[1].strip("\n"), double)
            else:
                found[name] = bare.strip() if single is None else single
            at = match.end()
            continue
        end = text.find("\n", at) + 1 or len(text)
        line = text[at:end].strip()
        if line and line[0] not in "#;":
            say("warning: env_file: line %d is not KEY=VALUE: passed over" % (text.count("\n", 0, at) + 1))
        at = end
    return found


def environment(options, text):
    """Nothing of the deploy's own environment is in it."""
    user = pwd.getpwuid(os.getuid())
    env = {"PATH": PATH, "LANG": "C.UTF-8", "HOME": user.pw_dir, "USER": user.pw_name,
           "LOGNAME": user.pw_name}
    env.update(variables(text))
    env.update({"SLIPWAY_ROOT": options["root"], "SLIPWAY_WSGI": options["wsgi"],
                "SLIPWAY_RELEASE": options["id"], "SLIPWAY_TRY_BUILD": options["build"],
                "PYTHONDONTWRITEBYTECODE": "1"})
    return env


def pids():
    return [int(entry) for entry in os.listdir("/proc") if entry.isdigit()]


def live_server(root):
    """A process that serves the live build, as far as this user may see; else None."""
    builds = os.path.realpath(os.path.join(root, "builds"))
    live = os.path.basename(os.path.realpath(os.path.join(root, "current")))
    found = []
    for pid in pids():
        name = (processes.status(pid) or ("",))[0]
        if live in processes.builds_of(pid, builds) and processes.kind(pid) == "server":
            found.append((not name.startswith(("uwsgi", "gunicorn", "python")), pid))
    return min(found)[1] if found else None


def limits_of(pid):
    """The soft limits of a process, as {resource: value}."""
    found = {}
    try:
        with open("/proc/%s/limits" % pid, encoding="ascii") as file:
            for line in file:
                name, soft = line[:26].strip(), line[26:].split(None, 1)[0]
                if name in LIMITS and hasattr(resource, "RLIMIT_" + LIMITS[name]):
                    number = getattr(resource, "RLIMIT_" + LIMITS[name])
                    found[number] = resource.RLIM_INFINITY if soft == "unlimited" else int(soft)
    except OSError:
        pass
    return found


def limit(limits):
    """In the new process: never more than it may have anyway, and no core file in the build."""
    for number, soft in limits.items():
        hard = resource.getrlimit(number)[1]
        if hard != resource.RLIM_INFINITY and (soft == resource.RLIM_INFINITY or soft > hard):
            soft = hard
        resource.setrlimit(number, (soft, hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
