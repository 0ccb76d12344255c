#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""try.py: try a release in processes of their own, as the user that the application runs as.

Usage: try.py KEY=VALUE...   root, id, wsgi, health_path, how (import, gunicorn or uwsgi), timeout, settle
Stdin: the text of env_file, a NUL, then nothing; its end is that of who asked, and ends the try.
Status 0: the release loads, answers and stays alive. 1: it does not, which is told on stderr, and in
a line "refused: WHY" on stdout.

What the release says of itself comes over a pipe of its own (see try_app.py), so that nothing that it
prints, and no exit status, looks like success. Whatever it started is gone when we are.
"""
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import processes
import try_server
from try_setting import environment, limit, limits_of, live_server, pids, plain, say

try:
    import ctypes
except ImportError:  # a Python without it does, but for what makes a session of its own
    ctypes = None

HERE = os.path.dirname(os.path.abspath(__file__))
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
GIVE_UP = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)


class Wrong(Exception):
    """The release is not good: what is wrong, lines that tell more, a hint."""

    def __init__(self, what, lines=(), hint=""):
        super().__init__(what)
        self.lines, self.hint = lines, hint


class GivenUp(Exception):
    """Nobody waits for the answer any more."""


def prctl(*words):
    return ctypes and ctypes.CDLL(None, use_errno=True).prctl(*words, 0, 0, 0)


def descendants():
    """Our processes, also those that made a session of their own: orphans become our children."""
    parents = {}
    for pid in pids():
        status = processes.status(pid)
        if status:
            parents.setdefault(status[1], []).append(pid)
    found, left = [], [os.getpid()]
    while left:
        children = parents.get(left.pop(), [])
        found += children
        left += children
    return found


def end_all(subject, grace):
    """End the process, and whatever it started, asking first as a server does."""
    if subject is not None and subject.poll() is None:
        os.killpg(subject.pid, signal.SIGTERM)
        try:
            subject.wait(grace)
        except subprocess.TimeoutExpired:
            pass
    until = time.monotonic() + 10
    while time.monotonic() < until:
        left = descendants()
        for pid in left:
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:
                pass
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        time.sleep(0.01)
    say("warning: the processes %s of the try do not end" % " ".join(map(str, left)))


def end_of(status):
    """How a process ended, in words."""
    if status == -signal.SIGKILL:
        return "SIGKILL (out of memory?)"
    if status >= 0:
        return "exit status %d" % status
    try:
        return signal.Signals(-status).name
    except ValueError:
        return "signal %d" % -status


def exception_in(lines):
    """The last exception that a traceback in the lines ends with, or ""."""
    found, inside = "", False
    for line in lines:
        if line.startswith("Traceback (most recent call last)"):
            inside = True
        elif inside and line[:1] not in ("", " "):
            found, inside = line, False
    return found


class Try:
    """One release, one process that loads it."""

    def __init__(self, options):
        self.options = options
        self.timeout, self.settle = float(options["timeout"]), float(options["settle"])
        self.doing, self.subject, self.folder = "loading " + options["wsgi"], None, None
        if options["how"] != "import":
            self.doing = "GET %s from %s" % (options["health_path"], options["how"])
        self.output, self.events, self.crew = b"", b"", None
        self.deadline, self.pipes, self.times = 0, {}, {}

    def command(self, result):
        """What to run, and in which folder of its own, if it is a server."""
        options = self.options
        if options["how"] == "import":
            python = os.path.join(options["build"], "env", "bin", "python")
            if not os.access(python, os.X_OK):
                python = options["python"]
            return [python, os.path.join(HERE, "try_app.py"), str(result), options["health_path"],
                    options["settle"], options["wsgi"]]
        self.folder = tempfile.mkdtemp(prefix="slipway-try-")
        shutil.copy(os.path.join(HERE, "slipway_wsgi.py"), self.folder)
        return try_server.command(options["how"], options["build"], self.folder)

    def start(self, text):
        options = self.options
        env = os.path.join(options["build"], "env")
        if os.path.islink(env) and not os.path.exists(env):
            raise Wrong("builds/%s/env leads nowhere: %s" % (options["id"], os.readlink(env)))
        server = live_server(options["root"])
        limits = limits_of(server) if server else {}
        ours, result = os.pipe()
        out, err = os.pipe()

        def prepare():
            prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            limit(limits)

        command = self.command(result)
        try:
            self.subject = subprocess.Popen(
                command, cwd=options["build"], env=environment(options, text),
                stdin=subprocess.DEVNULL, stdout=err, stderr=err, pass_fds=[result],
                start_new_session=True, preexec_fn=prepare)
        except (OSError, subprocess.SubprocessError) as problem:
            raise Wrong("%s: cannot be run: %s" % (command[0], problem))
        os.close(err)
        if self.folder:
            try_server.Prober(self.folder, options["health_path"], self.settle, result).start()
        else:
            os.close(result)
        for descriptor in (ours, out):
            os.set_blocking(descriptor, False)
        self.pipes = {ours: "events", out: "output"}

    def read(self, seconds):
        """Take what has come; whether the one who asked is still there."""
        ready = select.select([0] + list(self.pipes), [], [], seconds)[0]
        if 0 in ready and not os.read(0, 4096):
            raise GivenUp
        for descriptor in ready:
            if descriptor in self.pipes:
                self.take(descriptor)

    def take(self, descriptor):
        try:
            data = os.read(descriptor, 65536)
        except BlockingIOError:
            return
        if not data:
            del self.pipes[descriptor]
        elif self.pipes[descriptor] == "events":
            self.events += data
        else:
            self.output = (self.output + data)[-16384:]

    def lines(self):
        return self.output.decode("utf-8", "replace").splitlines()

    def wrong(self, why, lines=(), hint=""):
        """Wrong, with the traceback or else the last of what the release wrote."""
        lines = list(lines) or self.lines()[-16:]
        return Wrong("%s: %s" % (self.doing, why), lines, hint)

    def next_event(self):
        """The next thing that the release says, before the deadline."""
        while b"\n" not in self.events:
            ended = self.subject.poll()
            self.read(0.05)
            if ended is not None and b"\n" not in self.events:
                self.read(0.05)
                said = exception_in(self.lines())
                raise self.wrong("it ended by itself: %s%s" % (end_of(ended), ": " + said if said else ""))
            if time.monotonic() > self.deadline:
                raise self.wrong("not done after %g s" % self.timeout, self.where_it_hangs())
        line, self.events = self.events.split(b"\n", 1)
        event = json.loads(line.decode())
        if "wrong" in event:
            self.read_until(time.monotonic() + 0.2)
            said = exception_in(self.lines()) if not event["trace"] else ""
            raise self.wrong(event["wrong"] + (" (%s)" % said if said else ""), event["trace"], event["hint"])
        return event["at"]

    def where_it_hangs(self):
        """The lines that its faulthandler writes, without our own part."""
        if self.folder:
            return ()
        os.kill(self.subject.pid, signal.SIGABRT)
        self.read_until(time.monotonic() + 0.5)
        return [line for line in self.lines() if HERE not in line and "importlib" not in line
                and line.strip() not in ("", "Fatal Python error: Aborted")][-16:]

    def read_until(self, until):
        while time.monotonic() < until and self.pipes:
            self.read(0.05)

    def run(self, text):
        self.began = time.monotonic()
        self.deadline = self.began + self.timeout
        self.start(text)
        while True:
            event = self.next_event()
            self.times.setdefault(event, time.monotonic())
            if event == "loaded":
                if not self.folder:
                    self.doing = "GET " + self.options["health_path"]
                continue
            if self.folder:
                self.same_workers()
            if event == "settled":
                return
            self.doing = "staying alive for %g s" % self.settle
            self.deadline = time.monotonic() + self.settle + self.timeout

    def latency(self):
        """Milliseconds from having loaded to the answer; with a server's own loading, where it tells of none."""
        return (self.times["answered"] - self.times.get("loaded", self.began)) * 1000

    def same_workers(self):
        """A master starts a worker anew that died: that is no release that stays alive."""
        crew = [pid for pid in pids() if (processes.status(pid) or ("", 0))[1] == self.subject.pid]
        if self.crew not in (None, crew):
            raise self.wrong("a worker ended by itself")
        self.crew = crew


def environment_text():
    """Everything on stdin before the NUL."""
    text = b""
    while not text.endswith(b"\0"):
        byte = os.read(0, 1)
        if not byte:
            raise GivenUp
        text += byte
    return text[:-1].decode("utf-8", "surrogateescape")


def give_up(*_):
    raise GivenUp


def main(arguments):
    options = dict(argument.split("=", 1) for argument in arguments)
    options["build"] = os.path.realpath(os.path.join(options["root"], "builds", options["id"]))
    for number in GIVE_UP:
        signal.signal(number, give_up)
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    this, grace = Try(options), 0
    try:
        this.run(environment_text())
        grace = 1
        print("asked: good %d GET %s" % (this.latency(), plain(options["health_path"])))
        return 0
    except Wrong as wrong:
        say("try: %s" % wrong)
        print("refused: %s" % plain("try: %s" % wrong))
        for line in wrong.lines:
            sys.stderr.write("    %s\n" % plain(line[:300]))
        if wrong.hint:
            say("hint: %s" % wrong.hint)
    except GivenUp:
        say("try: given up")
    finally:
        for number in GIVE_UP:
            signal.signal(number, signal.SIG_IGN)
        end_all(this.subject, grace)
        if this.folder:
            shutil.rmtree(this.folder, ignore_errors=True)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
