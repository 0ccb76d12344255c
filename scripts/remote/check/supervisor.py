# SPDX-License-Identifier: MIT
"""supervisor.py: programs of the application that supervisor runs."""
import os

import application
import gunicorn
import servers
import uwsgi
from host import run
from report import error, warning

FALSE = ("false", "no", "off", "0")


def ours(host):
    """supervisor's programs that have to do with the project root, or that restart names."""
    for command in host.commands:
        if command.manager == "supervisor" and (host.mentioned(application.text(command)) or (
                host.restart == "supervisor" and host.restart_of.split(":")[-1] == command.name)):
            yield command


def where(command, key):
    return command.wheres.get(key, command.where)


def number(command, key, default):
    value = command.options.get(key, "")
    return int(value) if value.isdigit() else default


def rule_startsecs(host):
    for command in ours(host):
        seconds = number(command, "startsecs", 1)
        if seconds < 2:
            yield warning("%s counts as started after %d s: one that dies at once does not make a restart fail" % (
                command.name, seconds), "startsecs=2 in [program:%s]" % command.name, where(command, "startsecs"))


def rule_stopwaitsecs(host):
    for command in ours(host):
        wait = number(command, "stopwaitsecs", 10)
        mercy = uwsgi.mercy(command) or gunicorn.mercy(command)
        if mercy is not None and wait < mercy:
            yield warning(
                "%s is killed after %d s, and its workers have %d s to finish: they would live on with old code" % (
                    command.name, wait, mercy),
                "stopwaitsecs=%d in [program:%s]" % (mercy + 5, command.name), where(command, "stopwaitsecs"))


def rule_autorestart(host):
    for command in ours(host):
        if command.options.get("autorestart", "").lower() in FALSE:
            yield warning("%s stays down when it dies" % command.name,
                          "autorestart=true in [program:%s]" % command.name, where(command, "autorestart"))


def socket():
    """(path of supervisor's socket, FILE:LINE of its mode), None without one."""
    path = place = None
    for _, lines in servers.supervisor_files():
        for section, key, value, at in lines:
            if section == "unix_http_server" and key == "file":
                path, place = value, place or at
            if section == "unix_http_server" and key == "chmod":
                place = at
    return path, place


def rule_socket(host):
    if host.restart != "supervisor":
        return
    path, place = socket()
    if path and os.path.exists(path) and not os.access(path, os.R_OK | os.W_OK):
        yield error("%s may not use supervisor's socket %s: nothing can be restarted" % (host.me.pw_name, path),
                    "chmod=0770 and chown=root:%s in [unix_http_server], or become=true" % host.me.pw_name, place)


def rule_program(host):
    if host.restart != "supervisor":
        return
    path, _ = socket()
    if path and os.path.exists(path) and not os.access(path, os.R_OK | os.W_OK):
        return
    status, out, problem = run(["supervisorctl", "status", host.restart_of])
    if status == 127:
        yield error("supervisorctl is not there: nothing can be restarted", "install supervisor, or set restart")
    elif "no such" in out or "no such" in problem:
        known = ", ".join(command.name for command in host.commands if command.manager == "supervisor")
        yield error("supervisor knows no program %s" % host.restart_of,
                    "set restart to one that it knows: %s" % (known or "none is configured"))
    elif status not in (0, 3):
        yield error("supervisor does not answer: %s" % (out + problem).strip().split("\n")[-1],
                    "start supervisord, or set restart")
