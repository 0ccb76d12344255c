# SPDX-License-Identifier: MIT
"""The lab's two web hosts: commands on them as the deploy user, the rules, the site they serve."""
import json
import os
import shlex
import subprocess
import threading
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = "/var/www/app"
SITE_PACE_S = 0.05


def lab(*words, **more):
    return subprocess.run([os.path.join(HERE, "../lab/lab"), *words], check=True, **more)


class Site(threading.Thread):
    """Asks a host's site all the time, as somebody's browser would: over the network, through nginx."""

    def __init__(self, name, address):
        super().__init__(daemon=True)
        self.name, self.url = name, "http://%s/" % address
        self.asked, self.problems, self.last = 0, [], None
        self.paused = threading.Event()
        self.start()

    def run(self):
        while True:
            if not self.paused.is_set():
                self.ask()
            time.sleep(SITE_PACE_S)

    def ask(self):
        """The release and the version that it says it is, or None."""
        self.asked += 1
        try:
            with urllib.request.urlopen(self.url, timeout=10) as answer:
                self.last = answer.read().decode().split()
                return self.last
        except OSError as problem:
            if not self.paused.is_set():
                self.problems.append("%s: the site did not answer: %s" % (self.name, problem))
            return None

    def take_problems(self):
        problems, self.problems = self.problems, []
        return sorted(set(problems))


class Host:
    def __init__(self, name, address, folder):
        self.name, self.address = name, address
        self.ssh = ["ssh", "-F", "none", "-i", os.environ["SLIPWAY_IDENTITY"], "-o", "IdentitiesOnly=yes",
                    "-o", "LogLevel=ERROR", "-o", "UserKnownHostsFile=" + os.environ["SLIPWAY_KNOWN_HOSTS"],
                    "-o", "ControlMaster=auto", "-o", "ControlPersist=60",
                    "-o", "ControlPath=%s/ssh-%s" % (folder, name), "deploy@" + address]
        self.site = None

    def run(self, command, **more):
        """As the deploy user."""
        return subprocess.run([*self.ssh, command], stdout=subprocess.PIPE, text=True, **more)

    def as_root(self, command, **more):
        return lab("host-exec", self.name, "sh", "-c", command, **more)

    def install(self, trace):
        """What the tests need on the host, and an empty project root."""
        for source, target, mode in ((trace, "crash-trace", "4755"),
                                     (HERE + "/traced", "crash-traced", "755"),
                                     (HERE + "/rules.py", "crash-rules", "755")):
            with open(source, "rb") as file:
                self.as_root("cat >/usr/local/bin/%s.new && chmod %s /usr/local/bin/%s.new && "
                             "mv /usr/local/bin/%s.new /usr/local/bin/%s"
                             % (target, mode, target, target, target), stdin=file)
        self.run("rm -rf /tmp/crash-* %s/* %s/.slipway" % (ROOT, ROOT), check=True)

    def begin_watch(self):
        # It ends when its standard input does, so it does not outlive us.
        self.watch = subprocess.Popen(
            [*self.ssh, "crash-rules %s watch & cat >/dev/null; kill $!" % ROOT], stdin=subprocess.PIPE)
        self.site = Site(self.name, self.address)

    def end_watch(self):
        self.watch.stdin.close()
        self.watch.wait()

    def look(self, question):
        answer = self.site.ask() if self.site else None
        question = dict(question, served=[answer[0]] if answer else [])
        done = self.run("crash-rules %s look" % ROOT, input=json.dumps(question))
        if done.returncode != 0:
            raise RuntimeError("%s: the rules could not be looked at" % self.name)
        found = json.loads(done.stdout)
        found["violations"] = ["%s: %s" % (self.name, text) for text in found["violations"]]
        if self.site:
            found["violations"] += self.site.take_problems()
        found["served"] = answer
        return found

    def exists(self, path):
        return self.run("test -e " + shlex.quote(path)).returncode == 0

    def lines(self, path):
        return self.run("cat %s 2>/dev/null" % shlex.quote(path)).stdout.splitlines()


class Hosts:
    def __init__(self, folder):
        env = subprocess.run([HERE + "/../lab/lab", "env"], check=True, stdout=subprocess.PIPE, text=True)
        with open(env.stdout.strip()) as file:
            values = dict(line.strip().split("=", 1) for line in file)
        self.all = [Host(name, values["LAB_" + name.upper()], folder) for name in ("web1", "web2")]
        self.by_name = {host.name: host for host in self.all}
        self.pool = ThreadPoolExecutor(len(self.all))

    def each(self, work):
        """{name: what work(host) returned}, all hosts at once."""
        return dict(zip(self.by_name, self.pool.map(work, self.all)))
