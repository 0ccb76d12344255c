# SPDX-License-Identifier: MIT
"""host.py: the settings, the project root and what lies in it, and who is who on this host."""
import os
import pwd
import re
import subprocess
import sys

BUILD = re.compile(r"[0-9]{14}\Z")
WALK_MAX = 200000


class Host:
    def __init__(self, settings):
        self.settings = settings
        self.root = settings["root"].rstrip("/")
        self.roots = {self.root, os.path.realpath(self.root)}
        self.restart, _, self.restart_of = settings.get("restart", "none").partition(":")
        self.builds = os.path.join(self.root, "builds")
        self.envs = os.path.join(self.root, "envs")
        self.me = pwd.getpwuid(os.geteuid())
        self.live = self.find_live()
        self.commands = []  # what supervisor and systemd run: servers.py fills this in
        self._trees = {}

    def get(self, key, default=""):
        return self.settings.get(key) or default

    def find_live(self):
        """The live build's real path, or None."""
        link = os.path.join(self.root, "current")
        build = os.path.realpath(link)
        good = os.path.islink(link) and os.path.isdir(build)
        return build if good and os.path.dirname(build) == os.path.realpath(self.builds) else None

    def place(self, path):
        """Where a path of a configuration leads, as it is written: "current", "build", "root", or None."""
        path = os.path.normpath(path)
        for root in self.roots:
            if path == root:
                return "root"
            if path.startswith(root + "/"):
                parts = path[len(root) + 1:].split("/")
                if parts[0] == "current":
                    return "current"
                return "build" if parts[0] == "builds" and len(parts) > 1 else "root"
        return None

    def mentioned(self, text):
        return any(root in text for root in self.roots)

    def builds_there(self):
        """Names of all builds, oldest first."""
        try:
            return sorted(name for name in os.listdir(self.builds) if BUILD.match(name))
        except OSError:
            return []

    def tree(self, top):
        """Paths below top, with it; links are not followed. The second is whether these are all."""
        if top not in self._trees:
            found = [top]
            for folder, folders, files in os.walk(top):
                found += [os.path.join(folder, name) for name in folders + files]
                if len(found) > WALK_MAX:
                    break
            self._trees[top] = found[:WALK_MAX], len(found) <= WALK_MAX
        return self._trees[top]


def run(argv, seconds=10, data=None):
    """(status, stdout, stderr) of a program that only looks; status 127 if it cannot be run."""
    try:
        done = subprocess.run(argv, input=data or b"", stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        return 124, "", "no answer in %d s" % seconds
    except OSError as problem:
        return 127, "", "%s: %s" % (argv[0], problem.strerror)
    return done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")


def python():
    return sys.executable or "/usr/bin/python3"
