# SPDX-License-Identifier: MIT
"""permissions.py: who may read, write and run what."""
import grp
import os
import shutil
import stat

import application
from host import run
from report import error, notice, warning
from users import ENTER, READ, WRITE, allowed, apart, denied, runtime, sudo_refusal


def rule_user(host):
    name = host.get("runtime_user")
    if name and runtime(host) is None:
        yield error("runtime_user %s: no such user here" % name, "name the user that the server runs as")
    for command in host.commands:
        user = command.user
        if host.mentioned(application.text(command)) and user and user not in (name or host.me.pw_name, "root"):
            yield warning(
                "the server runs as %s, and %s: releases are tried as another user" % (
                    user, "runtime_user is " + name if name else "runtime_user is not set"),
                "set runtime_user=%s" % user, command.where)


def rule_same_user(host):
    for command in host.commands:
        if not host.mentioned(application.text(command)) or not command.user:
            continue
        if command.user == host.me.pw_name and host.me.pw_uid != 0:
            yield warning("the application runs as %s, who deploys: it can change its own code, and builds share files" %
                          command.user, "run it as a user of its own, and set runtime_user to that", command.where)


def rule_sudo(host):
    problem = sudo_refusal(host)
    if problem is not None and "tty" not in problem:
        user = runtime(host)
        yield error("%s may not act as %s: no release can be tried: %s" % (
            host.me.pw_name, user.pw_name, problem.split("\n")[0]),
            "in /etc/sudoers.d/slipway: %s ALL=(%s) NOPASSWD: ALL" % (host.me.pw_name, user.pw_name))


def rule_requiretty(host):
    problem = sudo_refusal(host)
    if problem is not None and "tty" in problem:
        yield error("sudo wants a terminal, which a deploy does not have: %s" % problem.split("\n")[0],
                    "in /etc/sudoers.d/slipway: Defaults:%s !requiretty" % host.me.pw_name)


def rule_systemd(host):
    if host.restart != "systemd":
        return
    systemctl = shutil.which("systemctl")
    if systemctl is None:
        yield error("systemctl is not there: nothing can be reloaded", "set restart to what runs the application here")
    elif os.geteuid() != 0:
        words = [systemctl, "reload-or-restart", host.restart_of]
        if run(["sudo", "-n", "-l"] + words)[0] != 0:
            yield error("%s may not reload %s" % (host.me.pw_name, host.restart_of),
                        "in /etc/sudoers.d/slipway: %s ALL=(root) NOPASSWD: %s" % (host.me.pw_name, " ".join(words)))


def rule_writable(host):
    """What the application may write in the tree that it is served from."""
    if apart(host) is None:
        return
    tops = [host.root, host.builds, host.envs, os.path.join(host.root, ".slipway")]
    asked = [(path, WRITE) for path in tops if os.path.isdir(path)]
    if host.live:
        asked += [(path, WRITE) for path in host.tree(host.live)[0] if not os.path.islink(path)]
    found = [path for path, _ in allowed(host, asked)]
    if found:
        yield warning("%s may write %s%s: a build must not change once it is complete" % (
            runtime(host).pw_name, found[0], more(found)),
            "chown -R %s %s && chmod -R go-w %s" % (host.me.pw_name, found[0], found[0]))


def rule_readable(host):
    if runtime(host) is None or not host.live:
        return
    asked = []
    for path in host.tree(host.live)[0]:
        if os.path.isdir(path):
            asked.append((path, READ | ENTER))
        elif not os.path.islink(path):
            asked.append((path, READ))
    loader = os.path.join(host.root, ".slipway", "slipway_wsgi.py")
    asked += [(path, mode) for path, mode in ((os.path.dirname(loader), ENTER), (loader, READ)) if os.path.exists(path)]
    env = os.path.join(host.live, "env")
    if os.path.exists(env):
        asked.append((os.path.join(env, "lib"), READ | ENTER))
    found = [path for path, _ in denied(host, asked)]
    if found:
        yield error("%s cannot read %s%s" % (runtime(host).pw_name, found[0], more(found)),
                    "folders 0755 and files 0644, or a group that both users are in")
    if not host.tree(host.live)[1]:
        yield notice("the live build is too large to be looked at whole", "nothing to do")


def more(found):
    return " and %d more" % (len(found) - 1) if len(found) > 1 else ""


def rule_shared(host):
    for path in filter(None, host.get("shared_paths").split(",")):
        there = os.path.join(host.root, "shared", path.rstrip("/"))
        if not os.path.exists(there):
            if not path.endswith("/"):
                yield error("shared/%s: not there: a deploy would be refused" % path,
                            "put it there, or name it \"%s/\" for an empty folder" % path)
        elif path.endswith("/") and runtime(host) is not None and denied(host, [(there, WRITE | ENTER)]):
            yield warning("%s cannot write shared/%s" % (runtime(host).pw_name, path),
                          "chgrp %s %s && chmod 2775 %s" % (runtime(host).pw_gid, there, there))


def rule_setgid(host):
    """Builds that only a group may read, of a group that new builds will not have."""
    try:
        there = os.stat(host.builds)
    except OSError:
        return
    if there.st_mode & 0o005 == 0o005 or there.st_mode & stat.S_ISGID or there.st_gid == host.me.pw_gid:
        return
    try:
        group = grp.getgrgid(there.st_gid).gr_name
    except KeyError:
        group = str(there.st_gid)
    yield warning("only the group %s may enter builds, and new builds will not be that group's" % group,
                  "chmod g+s %s" % host.builds)


def rule_env_file(host):
    if not host.get("env_file"):
        return
    path = os.path.join(host.root, host.get("env_file"))
    if runtime(host) is not None and not os.access(path, READ) and denied(host, [(path, READ)]):
        name = runtime(host).pw_name
        yield error("neither %s nor %s can read env_file %s: no release can be tried" % (host.me.pw_name, name, path),
                    "chown %s %s" % (name, path) if os.path.exists(path) else "put it there, or mend env_file")
    elif os.path.exists(path) and os.stat(path).st_mode & stat.S_IROTH:
        yield warning("everybody may read env_file %s, and it holds secrets" % path, "chmod o-r %s" % path)
