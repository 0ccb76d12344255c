# SPDX-License-Identifier: MIT
"""The application that is deployed, and slipway itself, which is killed."""
import hashlib
import os
import signal
import subprocess
import time

from hosts import HERE, lab

APPLICATION = """\
import os

from parts import VERSION


def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [("%s %s" % (os.environ["SLIPWAY_RELEASE"], VERSION)).encode()]
"""
LEASE_S = 3
# A rollback that is killed is often followed by another: the build that it goes back to must not be pruned.
KEEP = 5
SETTINGS = {
    "restart": "command:supervisorctl signal HUP uwsgi",
    "health_url": "http://127.0.0.1/",
    "health_retries": 5,
    "requirements_file": "none",
    "wsgi": "wsgi:app",
    "runtime_user": "www-data",
    "try_settle": 0,
    "lock_lease": LEASE_S,
    "keep_releases": KEEP,
}
LIMIT_S = 120  # of any run of slipway
HOLD_S = 2 * LEASE_S  # that a step stands still: the next deploy begins meanwhile


class Application:
    """A source that differs from version to version, and what each version was made of."""

    def __init__(self):
        self.version = 0
        self.sources = {}

    def write(self, path, text, mode=0o644):
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        with open(path, "w") as file:
            file.write(text)
        os.chmod(path, mode)

    def settle(self, **more):
        """The settings of all runs, but for these."""
        self.write("deploy/settings", "".join("%s=%s\n" % item for item in dict(SETTINGS, **more).items()))

    def change(self, files=()):
        """A new version, with more files {path: text}."""
        for path in ("bad-web1", "requirements.txt"):
            if os.path.exists(path):
                os.remove(path)
        self.version += 1
        self.write("version.txt", "%d\n" % self.version)
        self.write("wsgi.py", APPLICATION)
        self.write("parts/__init__.py", "VERSION = %d\n" % self.version)
        self.write("static/site.css", "body { color: black }\n")
        self.write("deploy/hooks/migrate", "#!/bin/sh\ntrue\n", 0o755)
        for path, text in dict(files).items():
            self.write(path, text)
        self.sources[str(self.version)] = self.manifest()

    def manifest(self):
        """What is deployed: not slipway's own report."""
        found = {}
        for folder, folders, files in os.walk("."):
            folders[:] = [name for name in folders if name not in ("__pycache__", "deploy-report")]
            for name in files:
                path = os.path.join(folder, name)
                with open(path, "rb") as file:
                    found[os.path.relpath(path)] = hashlib.sha256(file.read()).hexdigest()
        return found


class Run:
    """One run of slipway, with what is to befall it."""

    def __init__(self, folder, words, plan=None):
        self.log = os.path.join(folder, "log")
        self.steps = os.path.join(folder, "steps")
        open(self.steps, "w").close()
        env = dict(os.environ)
        if plan is not None:
            env.update(plan, PATH=folder + "/bin:" + env["PATH"], CRASH_LOG=self.steps,
                       CRASH_REAL=folder + "/real")
        self.begun = time.monotonic()
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(["slipway", *words], env=env, stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, start_new_session=True)

    def ended(self):
        return self.process.poll() is not None

    def wait(self):
        """Its exit status as shells have it; None if it did not end in time."""
        try:
            status = self.process.wait(LIMIT_S)
        except subprocess.TimeoutExpired:
            self.kill()
            return None
        self.seconds = time.monotonic() - self.begun
        return status if status >= 0 else 128 - status

    def kill(self):
        """Also what it has started, as when a job's container goes."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()

    def output(self):
        with open(self.log, errors="replace") as file:
            return file.read()

    def seen_steps(self):
        with open(self.steps) as file:
            return file.read().split()


def make_wrappers(folder, real):
    """folder/bin with step under the names of the programs that it stands for."""
    os.makedirs(folder + "/bin", exist_ok=True)
    os.symlink(real, folder + "/real")
    for name in "remote-run", "rsync-push":
        os.symlink(HERE + "/step", folder + "/bin/" + name)


def cut(host):
    host.site.paused.set()
    lab("cut", host.name)


def mend(host):
    lab("mend", host.name)
    host.site.paused.clear()
