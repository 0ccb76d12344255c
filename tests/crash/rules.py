#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""rules.py ROOT look|watch: the rules that hold on a host at every instant (design: architecture.md).

look: a JSON question on stdin, a JSON answer on stdout. Question, all optional:
  sources   {version: {path: sha256}} of what was deployed; a build's version is in its version.txt
  served    names of builds that the site has answered from since the last look
  settled   true: a deploy has just succeeded, so nothing may be left lying about
  keep      keep_releases
  excused   names of builds that may be left incomplete: a process was still at work in them
Answer: current, version (of the live build), builds {name: state}, lock ("free" or its holder),
violations [sentence], calls of `watch` so far that found something being part of these.
What it has seen of complete builds it keeps in RECORD, to see that they stay as they are.

watch: looks at the live link all the time, and writes what is wrong with it to WATCHED.
"""
import ast
import collections
import hashlib
import json
import os
import re
import stat
import subprocess
import sys
import time

NAME = re.compile(r"[0-9]{14}")
# What is being made or removed, which nobody takes for a build.
ASIDE = re.compile(r"\.new|\.marker|\.pruning-[0-9]{14}")
# What slipway adds to a build, besides bytecode.
OURS = {"REVISION", "env"}
PACE_S = 0.01


def digest(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def tree(folder):
    """{path: what it is} of all that is below folder."""
    found = {}
    for at, folders, files in os.walk(folder):
        for name in folders + files:
            path = os.path.join(at, name)
            mode = os.lstat(path).st_mode
            if stat.S_ISLNK(mode):
                what = "-> " + os.readlink(path)
            elif stat.S_ISDIR(mode):
                what = "folder %o" % stat.S_IMODE(mode)
            else:
                what = "%o %s" % (stat.S_IMODE(mode), digest(path))
            found[os.path.relpath(path, folder)] = what
    return found


def state_of(build):
    """As the markers say."""
    for marker in "failed", "incomplete":
        if os.path.lexists(os.path.join(build, "." + marker)):
            return marker
    return "complete"


def read(path):
    with open(path) as file:
        return file.read()


class Host:
    def __init__(self, root):
        self.root = root
        self.builds = os.path.join(root, "builds")
        self.state = os.path.join(root, ".slipway")
        known = "/tmp/crash-rules" + root.replace("/", "-")
        self.record_file = known + ".record"
        self.watched_file = known + ".watched"
        self.violations = []

    def wrong(self, text, *args):
        self.violations.append(text % args)

    # ---- the live link ----

    def live(self):
        """The name of the live build; None if there is no link. Says what is wrong with it."""
        link = os.path.join(self.root, "current")
        if not os.path.lexists(link):
            return None
        if not os.path.islink(link):
            self.wrong("current is not a link")
            return None
        target = os.path.realpath(link)
        if os.path.dirname(target) != os.path.realpath(self.builds) or not os.path.isdir(target):
            self.wrong("current leads to no build: %s", os.readlink(link))
            return None
        if state_of(target) != "complete":
            self.wrong("current leads to a build that is %s: %s", state_of(target), target)
        return os.path.basename(target)

    def watch(self):
        seen = False
        with open(self.watched_file, "w", buffering=1) as out:
            while True:
                self.violations = []
                text = self.link_text()
                name = self.live()
                if name is None and seen and not self.violations:
                    self.wrong("current is missing")
                # Where it has moved between two of our looks, nothing is wrong.
                if self.violations and self.link_text() == text:
                    out.write("watched: %s\n" % "; ".join(self.violations))
                seen = seen or name is not None
                time.sleep(PACE_S)

    def link_text(self):
        try:
            return os.readlink(os.path.join(self.root, "current"))
        except OSError:
            return None

    # ---- the builds ----

    def names(self):
        try:
            return sorted(os.listdir(self.builds))
        except FileNotFoundError:
            return []

    def look_at_builds(self, question, record):
        states = {}
        for name in self.names():
            path = os.path.join(self.builds, name)
            if ASIDE.fullmatch(name):
                if question.get("settled"):
                    self.wrong("builds/%s is left lying about", name)
                continue
            if not NAME.fullmatch(name):
                self.wrong("builds/%s is no name of a build", name)
                continue
            try:
                states[name] = state_of(path)
                if states[name] == "complete":
                    self.look_at_complete(name, question.get("sources"), record)
                elif states[name] == "incomplete" and name in record["complete"]:
                    self.wrong("builds/%s was complete and is not any more", name)
            except FileNotFoundError:
                # A step that goes on while we look may take it away, as a whole.
                if os.path.lexists(path):
                    raise
                states.pop(name, None)
        for name in set(record["complete"]) - set(states):
            del record["complete"][name]
        return states

    def look_at_complete(self, name, sources, record):
        path = os.path.join(self.builds, name)
        found = tree(path)
        before = record["complete"].setdefault(name, found)
        for entry in sorted(set(found) | set(before)):
            if found.get(entry) != before.get(entry):
                self.wrong("builds/%s is complete and was changed: %s", name, entry)
        if before is not found:
            return  # its content has been compared already
        if sources is not None:
            self.compare(name, found, sources.get(read(os.path.join(path, "version.txt")).strip()))
        if not re.fullmatch(r"(?:[a-z]+: .*\n|[a-z]+:\s*\n)+", read(os.path.join(path, "REVISION"))):
            self.wrong("builds/%s/REVISION is not whole", name)
        self.look_at_env(name)

    def compare(self, name, found, source):
        if source is None:
            self.wrong("builds/%s is of no version that was deployed", name)
            return
        for entry, wanted in source.items():
            if found.get(entry, "none").split()[-1] != wanted:
                self.wrong("builds/%s is complete, but %s is not what was deployed", name, entry)
        for entry, what in found.items():
            if entry in source or what.startswith("folder") or "__pycache__" in entry:
                continue
            if entry.split("/")[0] not in OURS:
                self.wrong("builds/%s is complete and has a file of nobody's: %s", name, entry)

    def look_at_env(self, name):
        env = os.path.join(self.builds, name, "env")
        if not os.path.lexists(env):
            return
        if not os.path.isdir(env) or os.path.lexists(os.path.join(env, ".incomplete")):
            self.wrong("builds/%s is complete, its env is not", name)
        elif not os.access(env + "/bin/python", os.X_OK) or \
                subprocess.call([env + "/bin/python", "-c", "import pip"], stderr=subprocess.DEVNULL) != 0:
            self.wrong("builds/%s is complete, the Python of its env does not run", name)

    # ---- the rest ----

    def look_at_journal(self, live, settled):
        path = os.path.join(self.state, "journal")
        if not os.path.exists(path):
            return
        event = None
        for line in read(path).splitlines():
            try:
                event = json.loads(line)
            except ValueError:
                event = None
                if line.count('"event"') > 1:
                    self.wrong("the journal has two events in a line that is torn: %s", line)
        if settled and (event is None or (event["event"], event["build"]) != ("active", live)):
            self.wrong("the journal does not end with the live build: %s", event)

    def look_at_rest(self, question, states):
        for name, last in ("slipway_uwsgi.py", "add_timer"), ("slipway_wsgi.py", "application"):
            loader = os.path.join(self.state, name)
            if not os.path.exists(loader):
                continue
            try:
                ast.parse(read(loader))
                whole = last in read(loader)
            except SyntaxError:
                whole = False
            if not whole:
                self.wrong("the loader is not whole")
        for name in question.get("served", []):
            # Failed it may be: then the reload back to the build before was cut short.
            if states.get(name, "not there") in ("not there", "incomplete"):
                self.wrong("the site answered from %s, which is %s", name, states.get(name, "not there"))

    def look_for_remains(self, states, keep):
        """What a deploy that succeeded leaves of those before."""
        count = collections.Counter(states.values())
        if count["incomplete"]:
            self.wrong("incomplete builds are left: %s", [name for name in states if states[name] == "incomplete"])
        # One that a process still runs from, and the one that a rollback would go to, may come on top.
        if keep and count["complete"] > keep + 2:
            self.wrong("%d complete builds are left", count["complete"])
        for name in os.listdir(self.root):
            if name.startswith(".") and name != ".slipway":
                self.wrong("%s is left in the project root", name)
        for name in os.listdir(os.path.join(self.root, "envs")):
            if os.path.lexists(os.path.join(self.root, "envs", name, ".incomplete")):
                self.wrong("envs/%s is left incomplete", name)

    def lock(self):
        for version in sorted(os.listdir(os.path.join(self.state, "bin"))):
            tool = os.path.join(self.state, "bin", version, "deploy-lock")
            if os.access(tool, os.X_OK):
                shown = subprocess.run([tool, "show", os.path.join(self.state, "lock")],
                                       stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
                return "free" if shown.returncode else shown.stdout
        return "free"

    def watched(self):
        if not os.path.exists(self.watched_file):
            return
        with open(self.watched_file, "r+") as file:
            self.violations += sorted(set(file.read().splitlines()))
            file.truncate(0)

    def forget(self):
        if os.path.exists(self.record_file):
            os.remove(self.record_file)

    def look(self, question):
        try:
            record = json.loads(read(self.record_file))
        except FileNotFoundError:
            record = {"complete": {}, "live": None}
        live = self.live()
        if live is None and record["live"] is not None and not self.violations:
            self.wrong("current is missing")
        record["live"] = live
        states = self.look_at_builds(question, record)
        self.look_at_journal(live, question.get("settled"))
        self.look_at_rest(question, states)
        if question.get("settled"):
            excused = question.get("excused", [])
            self.look_for_remains({name: state for name, state in states.items() if name not in excused},
                                  question.get("keep"))
        self.watched()
        with open(self.record_file, "w") as file:
            json.dump(record, file)
        version = os.path.join(self.root, "current", "version.txt")
        return {
            "current": live,
            "version": read(version).strip() if os.path.exists(version) else None,
            "builds": states,
            "lock": self.lock() if os.path.isdir(self.state + "/bin") else "free",
            "violations": self.violations,
        }


def main(root, command):
    host = Host(root)
    if command == "watch":
        host.watch()
    json.dump(host.look(json.load(sys.stdin)), sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
