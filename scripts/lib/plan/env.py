# SPDX-License-Identifier: MIT
"""env.py: would a deploy make an environment anew, and why. The key is computed here, as remote/env.sh
does on the host: by req-checksum, with the host's Python as salt."""
import os
import re
import shutil
import subprocess

# A password or token in a URL; git@ is neither.
SECRET = re.compile(r"(://)(?!git@)[^/@\s]+@")


class Requirements:
    """Those of the source. files: what of it is pushed."""

    def __init__(self, source, work, name, items):
        self.source, self.work, self.name, self.items = source, work, name, items
        self.known = {}

    def explained(self, python):
        """(key, lines of its explanation, None), or (None, [], what is wrong)."""
        if python not in self.known:
            self.known[python] = self.explain(python)
        return self.known[python]

    def explain(self, python):
        pushed = {item["name"] for item in self.items}
        if self.name not in pushed:
            return None, [], "%s is not in the build: deploy/excludes leaves it out" % self.name
        try:
            told = self.run(self.source, python, "--explain")
            folder = self.source
            if " content=" in told:  # what is not pushed does not count
                folder = self.built()
                told = self.run(folder, python, "--explain")
            sum_ = self.run(folder, python)
        except subprocess.CalledProcessError as failed:
            return None, [], failed.stderr.strip().splitlines()[0] if failed.stderr.strip() else "req-checksum failed"
        return "%s-%.16s" % (python.split()[0], sum_.strip()), told.splitlines(), None

    def run(self, folder, python, *options):
        done = subprocess.run(
            ["req-checksum", "--salt", python, *options, self.name], cwd=folder, check=True, encoding="utf-8",
            errors="surrogateescape", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        return done.stdout

    def built(self):
        """The source without what is not pushed, in a folder of its own."""
        top = os.path.join(self.work, "built")
        if os.path.isdir(top):
            return top
        for item in self.items:
            path = os.path.join(top, item["name"])
            if item["item"][1] == "d":
                os.makedirs(path, exist_ok=True)
                continue
            os.makedirs(os.path.dirname(path), exist_ok=True)
            shutil.copy2(os.path.join(self.source, item["name"]), path, follow_symlinks=False)
        return top


def verdict(told, requirements, mode):
    """The plan's "env" of a host: "state" is none, same, there, new or unknown; "why" is a sentence."""
    live = told.get("env", [None])[0]
    if requirements.name == "none":
        return {"state": "none", "why": "there are no requirements"}
    python = told.get("python", [""])[0]
    if not python:
        return {"state": "unknown", "live": live, "why": "the host's Python does not run: set python"}
    key, lines, wrong = requirements.explained(python)
    if wrong:
        return {"state": "unknown", "live": live, "why": wrong}
    there = told.get("env_there", [])
    was = told.get("env_from")
    env = {"key": key, "live": live}
    if mode == "build":
        env.update(state="new", why="env_mode is build: each build has its own")
    elif key in there:
        env.update(state="same" if live == key else "there",
                   why="the live build has it" if live == key else "another build has it")
    else:
        env.update(state="new", why="nothing is live" if live is None else reason(was, lines))
    if was and live is not None:
        env["diff"] = difference(was, lines)
    return env


def reason(was, lines):
    if not was:
        return "the live environment does not say what it was made from: it is older than slipway plan"
    changed = difference(was, lines)
    if not changed:
        return "it is not complete on the host"
    kinds = {line.split(" ")[1] for line in changed}
    if kinds == {"python"}:
        return "the host's Python is another"
    return "the requirements differ" if "python" not in kinds else "the requirements and the host's Python differ"


def difference(old, new):
    """Lines of one alone, "- " or "+ " in front."""
    old, new = [line_of(line) for line in old], [line_of(line) for line in new]
    both = {(line, "- ") for line in old if line not in new} | {(line, "+ ") for line in new if line not in old}
    return [SECRET.sub(r"\1***@", sign + line) for line, sign in sorted(both, key=lambda one: (order(one[0]), one[1] == "+ "))]


def line_of(line):
    return re.sub("^salt ", "python ", line)


def order(line):
    """So that two versions of one requirement stand together."""
    return re.split(r"[=<>!~ \[;@]", line.partition(" ")[2])[0], line.partition(" ")[0]
