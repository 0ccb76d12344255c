# SPDX-License-Identifier: MIT
"""uwsgi.py: uWSGI's options, from command lines and INI files, and how they go with the way to reload."""
import functools
import os
import re
import stat

import files
import servers
from report import error, warning
from users import WRITE, denied, runtime

FOLDERS = ("/etc/uwsgi", "/etc/uwsgi/apps-enabled", "/etc/uwsgi/vassals")
SHORT = {"-i": "ini", "-H": "home", "-w": "module", "-p": "processes", "-s": "socket", "-M": "master"}
FLAGS = ("master", "lazy-apps", "lazy", "need-app", "die-on-term", "vacuum", "enable-threads", "single-interpreter",
         "strict", "thunder-lock")
HOMES = ("home", "virtualenv", "venv", "pyhome")
PATHS = ("pythonpath", "python-path", "pp")
MODULES = ("module", "wsgi", "mount", "wsgi-file", "file", "manage-script-name")
SHARED = ("shared-import", "shared-pyimport", "shared-py-import", "shared-python-import")
INCLUDE = ("ini", "include", "inherit", "ini-paste")
CHAIN_TOUCH = ("touch-chain-reload",)
TOUCHES = CHAIN_TOUCH + ("touch-reload", "touch-workers-reload")
DEPTH = 10
LONGEST = 1024  # characters of a value: one that names itself twice doubles
MOST = 2000  # options


class Options:
    """[(key, value, where)] in order, placeholders put in. command: what runs it, or None."""

    def __init__(self, command):
        self.command, self.all, self.seen, self.named = command, [], set(), {}

    def add(self, key, value, where, depth=0):
        key = key.replace("_", "-")
        if key in INCLUDE:
            self.file(value.split(":")[0] or value, depth + 1)
        elif len(self.all) < MOST:
            self.all.append((key, value, where))
            self.named[key] = value
        else:
            files.unread[where.rsplit(":", 1)[0]] = "more than %d options" % MOST

    def file(self, path, depth=0):
        path = os.path.join("/", path)
        if path in self.seen or depth > DEPTH:
            return
        self.seen.add(path)
        text = files.read(path)
        if text is None:
            return
        magic = {"p": path, "d": os.path.dirname(path) + "/", "s": os.path.basename(path),
                 "n": os.path.splitext(os.path.basename(path))[0], "h": os.uname().nodename}
        inside = 0
        for section, key, value, where in files.ini(text, path):
            if section != "uwsgi":
                continue
            # What only counts under a condition is not judged.
            if re.match(r"(if|for)-", key):
                inside += 1
            elif re.match(r"end-?(if|for)", key):
                inside = max(0, inside - 1)
            elif not inside:
                self.add(key, self.expand(value, magic), where, depth)

    def expand(self, value, magic):
        value = re.sub(r"%\(([^)]+)\)", lambda found: self.named.get(found.group(1), found.group(0)), value)
        return re.sub(r"%([pdsnh])", lambda found: magic[found.group(1)], value)[:LONGEST]

    def get(self, *keys):
        """(value, where) of the last of these options; None."""
        for key, value, where in reversed(self.all):
            if key in keys:
                return value, where
        return None

    def each(self, *keys):
        return [(key, value, where) for key, value, where in self.all if key in keys]

    def on(self, *keys):
        found = self.get(*keys)
        return found is not None and found[0].lower() not in ("false", "off", "no", "0")

    def loader(self):
        return any(value.startswith("slipway_wsgi") or "=slipway_wsgi" in value or value.endswith("slipway_wsgi.py")
                   for _, value, _ in self.each(*MODULES))

    def where(self, *keys):
        found = self.get(*keys)
        if found:
            return found[1]
        return self.command.where if self.command else sorted(self.seen)[0]


@functools.lru_cache(maxsize=None)
def of(command):
    """Options of a command; None if it is no uWSGI."""
    words = command.after("uwsgi", "uwsgi-core", "uwsgi_python")
    if words is None:
        return None
    options, at = Options(command), 0
    while at < len(words):
        word, at = words[at], at + 1
        key, equals, value = word.partition("=")
        if not word.startswith("-"):
            if word.endswith(".ini"):
                options.file(os.path.join(command.directory or "/", word))
            continue
        key = SHORT.get(key, key.lstrip("-").replace("_", "-"))
        if not equals:
            value = "true"
            if key not in FLAGS and at < len(words) and not words[at].startswith("-"):
                value, at = words[at], at + 1
        if key in INCLUDE:
            value = os.path.join(command.directory or "/", value)
        options.add(key, value, command.where)
    user = options.get("uid")
    if user and not command.user:
        command.user = user[0]
    return options


def ours(host):
    """Options of every uWSGI that has to do with the project root."""
    seen = set()
    for command in host.commands:
        options = of(command)
        if options:
            seen |= options.seen
            if host.mentioned(command.text() + str(options.all)):
                yield options
    for folder in FOLDERS:
        for path in files.names(folder):
            if path.endswith(".ini") and path not in seen:
                options = Options(None)
                options.file(path)
                if any(host.mentioned(value) for _, value, _ in options.all):
                    yield options


def mercy(command):
    """Seconds that workers get to finish; None if it is no uWSGI."""
    options = of(command)
    if options is None:
        return None
    value = (options.get("worker-reload-mercy") or ("60", ""))[0]
    return int(value) if value.isdigit() else None


def reload_way(host, options):
    """How this uWSGI is reloaded: "chain" and "workers" keep the master, "whole" does not; None: it is
    not, but started anew."""
    if host.restart == "uwsgi-fifo":
        fifo = options.get("master-fifo")
        return "chain" if fifo and fifo[0] == host.restart_of else None
    if host.restart == "uwsgi-touch":
        for key, value, _ in options.each(*TOUCHES):
            if value.split(" ")[0] == host.restart_of:
                return {"touch-chain-reload": "chain", "touch-workers-reload": "workers"}.get(key, "whole")
        return None
    return "whole" if servers.reload_signal(host) else None


def reloaded(host):
    for options in ours(host):
        way = reload_way(host, options)
        if way:
            yield options, way


def rule_need_app(host):
    for options, _ in reloaded(host):
        if options.on("need-app"):
            level = error if host.get("try") == "none" else warning
            yield level("need-app: a build that cannot be imported ends all of uWSGI when it is reloaded",
                        "need-app = false", options.where("need-app"))


def rule_lazy_apps(host):
    for options, way in reloaded(host):
        if way in ("chain", "workers") and not options.on("lazy-apps", "lazy"):
            yield error("without lazy-apps the new workers are copies of the old: a deploy changes nothing",
                        "lazy-apps = true", options.where("lazy-apps", "lazy"))


def rule_path(host):
    """Paths through `current` are resolved when uWSGI starts, or at every import."""
    for options in ours(host):
        way = reload_way(host, options)
        for key, value, where in options.each("chdir", *HOMES):
            if host.place(value) == "current" and way in ("chain", "workers") and not (
                    key == "chdir" and options.loader()):
                yield error("%s = %s is resolved once: reloaded workers stay in the old build" % (key, value),
                            "leave it out, and module = slipway_wsgi:application", where)
        for key, value, where in options.each(*PATHS):
            if host.place(value) == "current":
                yield warning("%s = %s: a module that an old worker imports after a deploy comes from the new build" % (
                    key, value), "pythonpath = %s/.slipway and module = slipway_wsgi:application" % host.root, where)


def rule_loader(host):
    for options, _ in reloaded(host):
        if not options.loader() and options.each(*MODULES):
            yield warning("the module is not the loader: nothing makes a reload load the new build",
                          "pythonpath = %s/.slipway, module = slipway_wsgi:application, env = SLIPWAY_WSGI=%s" % (
                              host.root, host.get("wsgi", "module:callable")), options.where(*MODULES))


def rule_shared_import(host):
    """With threads the module does nothing."""
    for options, _ in reloaded(host):
        threads = (options.get("threads") or ("1", ""))[0]
        if options.loader() and threads == "1" and not any(
                "slipway_uwsgi" in value for _, value, _ in options.each(*SHARED)):
            yield warning("a worker that is reloaded may lose a request that it has just accepted, or cut a long "
                          "answer off", "shared-import = slipway_uwsgi, and a restart of uWSGI",
                          options.where(*MODULES))


def rule_die_on_term(host):
    for options in ours(host):
        command = options.command
        if command and command.manager == "supervisor" and not options.on("die-on-term") and \
                command.options.get("stopsignal", "TERM").upper() in ("TERM", "SIGTERM"):
            yield error("TERM makes uWSGI reload: supervisor kills it in the end, and workers live on with old code",
                        "die-on-term = true", options.where("die-on-term"))


def reachable(host, path):
    """A deploy writes there as itself, or as the runtime user."""
    return os.access(path, os.W_OK) or (runtime(host) is not None and not denied(host, [(path, WRITE)]))


def rule_touch(host):
    path = host.restart_of
    if host.restart != "uwsgi-touch":
        return
    if not any(reload_way(host, options) for options in ours(host)):
        yield error("no uWSGI watches %s: a deploy changes nothing" % path, "touch-chain-reload = %s" % path)
    folder = os.path.dirname(path)
    if not reachable(host, path if os.path.exists(path) else folder):
        yield error("%s may not touch %s" % (host.me.pw_name, path),
                    "a folder that the deploy user's group may write: chgrp %d %s && chmod 2770 %s" % (
                        host.me.pw_gid, folder, folder))


def rule_fifo(host):
    path = host.restart_of
    if host.restart != "uwsgi-fifo":
        return
    try:
        is_fifo = stat.S_ISFIFO(os.stat(path).st_mode)
    except OSError:
        is_fifo = False
    if not is_fifo:
        yield error("%s is no FIFO: nothing can be reloaded" % path, "master-fifo = %s, and uWSGI running" % path)
    elif not reachable(host, path):
        yield error("neither %s nor the runtime user may write to %s" % (host.me.pw_name, path),
                    "set runtime_user to the user that uWSGI runs as")


def rule_python(host):
    """uWSGI brings its own Python: packages of an environment for another cannot be loaded."""
    if not host.live:
        return
    made_for = files.matches(os.path.join(host.live, "env", "lib", "python3*"))
    for options in ours(host):
        for _, name, where in options.each("plugin", "plugins"):
            folder = (options.get("plugins-dir", "plugin-dir") or ("/usr/lib/uwsgi/plugins", ""))[0]
            plugin = os.path.basename(os.path.realpath(os.path.join(folder, name.split(",")[0] + "_plugin.so")))
            # A link of Debian's alternatives; python311_plugin.so says which it is.
            found = re.match(r"python3(\d+)_plugin\.so\Z", plugin)
            if found and made_for and not any(path.endswith("/python3." + found.group(1)) for path in made_for):
                yield error("uWSGI runs Python 3.%s, and the live build's env is for %s" % (
                    found.group(1), os.path.basename(made_for[0])),
                    "set python to that of the plugin, or plugin to that of the env", where)
