# SPDX-License-Identifier: MIT
"""gunicorn.py: gunicorn's command lines and configuration files. A configuration file is Python: its
constants are read, nothing is run."""
import ast
import functools
import os
import re

import files
import servers
from report import error

FLAGS = ("--preload", "--daemon", "-D", "--reload", "--check-config", "--print-config", "--no-sendfile",
         "--capture-output", "--enable-stdio-inheritance", "--proxy-protocol", "--spew", "-R", "--reuse-port")
SHORT = {"-c": "--config", "-p": "--pid", "-t": "--timeout", "-b": "--bind", "-w": "--workers"}
APP = re.compile(r"[A-Za-z_][\w.]*(:.+)?\Z")


class Gunicorn:
    """option: (value, where), names as in a configuration file. The command line wins."""

    def __init__(self, command, words):
        self.command, self.options = command, {}
        line = dict(parse(words))
        config = line.get("config", "gunicorn.conf.py")
        config = config[7:] if config.startswith("python:") else config[5:] if config.startswith("file:") else config
        for base in (line.get("chdir", ""), command.directory):
            path = os.path.join(base or "/", config)
            for name, value, number in constants(files.read(path) or ""):
                self.options.setdefault(name, (value, "%s:%d" % (path, number)))
        for name, value in line.items():
            self.options[name] = (value, command.where)

    def get(self, name, default=""):
        return self.options.get(name, (default, ""))[0]

    def where(self, name):
        return self.options.get(name, ("", self.command.where))[1]

    def loader(self):
        return str(self.get("wsgi_app")).startswith("slipway_wsgi")


def parse(words):
    """(name, value) of a command line's words."""
    at = 0
    while at < len(words):
        word, at = words[at], at + 1
        name, equals, value = word.partition("=")
        name = SHORT.get(name, name)
        if not word.startswith("-"):
            if APP.match(word):
                yield "wsgi_app", word
            continue
        if name in FLAGS:
            value = True
        elif not equals and at < len(words):
            value, at = words[at], at + 1
        yield {"--preload": "preload_app", "--pid": "pidfile"}.get(name, name.lstrip("-").replace("-", "_")), value


def constants(text):
    """(name, value, line) of NAME = CONSTANT at the top of a Python file."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    yield target.id, node.value.value, node.lineno


@functools.lru_cache(maxsize=None)
def of(command):
    """Options of a command; None if it is no gunicorn."""
    words = command.after("gunicorn")
    return Gunicorn(command, words) if words is not None else None


def ours(host):
    for command in host.commands:
        server = of(command)
        if server and (host.mentioned(command.text()) or host.mentioned(str(server.options))):
            yield server


def mercy(command):
    server = of(command)
    if server is None:
        return None
    value = str(server.get("graceful_timeout", 30))
    return int(value) if value.isdigit() else None


def by_hup(host):
    return host.restart == "gunicorn-hup" or servers.reload_signal(host)


def rule_preload(host):
    for server in ours(host):
        if server.get("preload_app", False) is True and by_hup(host):
            yield error("gunicorn loads the application before its workers, so HUP never loads a new build",
                        "leave preload out, or set restart=gunicorn-usr2:PIDFILE", server.where("preload_app"))


def rule_cwd(host):
    for server in ours(host):
        command = server.command
        if by_hup(host) and host.place(command.directory or "/") == "current" and not command.by_shell \
                and not server.get("chdir") and not server.loader():
            yield error("gunicorn stays in the folder that it was started in: after HUP it loads the old build again",
                        "slipway_wsgi:application as the application, with pythonpath %s/.slipway" % host.root,
                        command.wheres.get("directory", command.where))


def rule_pidfile(host):
    if host.restart not in ("gunicorn-hup", "gunicorn-usr2"):
        return
    servers_here = list(ours(host))
    if servers_here and not any(server.get("pidfile") == host.restart_of for server in servers_here):
        yield error("no gunicorn writes %s: nothing can be reloaded" % host.restart_of,
                    "pidfile = \"%s\"" % host.restart_of, servers_here[0].where("pidfile"))


def rule_usr2(host):
    for server in ours(host):
        command = server.command
        if host.restart == "gunicorn-usr2" and command.manager == "supervisor" and not command.by_shell and \
                os.path.basename(command.argv[0]).startswith(("gunicorn", "python")) and \
                os.path.basename(command.argv[0]) != "gunicorn-run":
            yield error("after USR2 another master goes on: supervisor sees its own end, and starts one more beside it",
                        "run it by gunicorn-run (scripts/server)", command.where)
