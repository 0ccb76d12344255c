# SPDX-License-Identifier: MIT
"""The containers of one job: primary and services in one network namespace, by podman."""
import json
import subprocess

from errors import ConfigError

ULIMITS = ("--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024")
# Reads a script from stdin into the file $0, notes its process in $1, goes to $2, runs the rest.
RUN_SCRIPT = ('cat >"$0" && echo $$ >"$1" && cd -- "$2" && shift 2 && exec "$@" "$0" </dev/null')


class Canceled(BaseException):
    """The runner was told to stop: what runs is killed, as a cancelled workflow is."""


class JobCanceled(BaseException):
    """The runner was told to cancel the job that runs."""


class RunnerError(Exception):
    """The lab failed, not the job: podman, the network helper or an image."""


def command(*words, stdin=None):
    """Run a program of the lab to its end; its stdout as bytes."""
    done = subprocess.run(words, input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          check=False)
    if done.returncode != 0:
        text = done.stderr.decode(errors="replace").strip()
        raise RunnerError(f"{' '.join(words[:3])}…: exit {done.returncode}: {text}")
    return done.stdout


class Images:
    """The local images that stand in for the references of a config."""

    def __init__(self, path):
        with open(path, encoding="utf-8") as stream:
            lines = [line.split() for line in stream if line.strip() and line[0] != "#"]
        self.rules = [(pattern, image) for pattern, image in lines]

    def local(self, reference):
        """The stand-in of reference; a * at the end of a pattern matches any rest."""
        for pattern, image in self.rules:
            if reference == pattern or \
                    (pattern.endswith("*") and reference.startswith(pattern[:-1])):
                return image
        raise ConfigError(f"image '{reference}': the local runner has no image for it")


class Containers:
    """A context manager: the containers live as long as the block."""

    def __init__(self, lab, name, docker):
        self.lab = lab          # podman, network_helper, images, hosts
        self.name = name
        self.docker = docker    # entries of the job's `docker:`, environments as strings
        self.names = []
        self.primary = f"{name}-0"
        self.user = docker[0].get("user")

    def __enter__(self):
        try:
            path = command(self.lab.network_helper, "add", self.name).decode().strip()
            for index in range(len(self.docker) - 1, -1, -1):  # services first
                self._start(index, path)
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def _start(self, index, namespace):
        entry = self.docker[index]
        name = f"{self.name}-{index}"
        self.names.append(name)
        words = [self.lab.podman, "run", "--detach", "--pull", "never", *ULIMITS,
                 "--name", name, "--hostname", name, "--add-host", f"{name}:127.0.0.1",
                 "--network", f"ns:{namespace}"]
        for host in self._hosts():
            words += ["--add-host", host]
        for key, value in entry.get("environment", {}).items():
            words += ["--env", f"{key}={value}"]
        if entry.get("user"):
            words += ["--user", entry["user"]]
        tail = [self.lab.images.local(entry["image"])]
        if index == 0:  # the image's own entrypoint and command do not run in the primary
            words += ["--entrypoint", '["sleep", "infinity"]']
        else:
            if entry.get("entrypoint"):
                words += ["--entrypoint", json.dumps(as_words(entry["entrypoint"]))]
            tail += as_words(entry.get("command", []))
        command(*words, *tail)

    def _hosts(self):
        """Names for /etc/hosts: the lab's, and services that the config names."""
        return [*self.lab.hosts, *(f"{entry['name']}:127.0.0.1" for entry in self.docker
                                   if entry.get("name"))]

    def __exit__(self, *_exception):
        if self.names:
            subprocess.run([self.lab.podman, "rm", "--force", "--time", "0", *self.names],
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        subprocess.run([self.lab.network_helper, "del", self.name], check=False,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def words(self, *words, environment=None, user=None):
        """The command line that runs words in the primary container."""
        options = []
        for key, value in (environment or {}).items():
            options += ["--env", f"{key}={value}"]
        if user or self.user:
            options += ["--user", user or self.user]
        return [self.lab.podman, "exec", "--interactive", *options, self.primary, *words]

    def output(self, *words, stdin=b"", **options):
        """Run words to their end in the primary container; their stdout as bytes."""
        return command(*self.words(*words, **options), stdin=stdin)

    def succeeds(self, *words):
        return subprocess.run(self.words(*words), stdin=subprocess.DEVNULL, check=False,
                              stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL).returncode == 0

    def put(self, path, content, mode="600", user=None):
        """Write a file in the primary container."""
        self.output("sh", "-c", 'umask 077; cat >"$0" && chmod "$1" "$0"', path, mode,
                    stdin=content, user=user)

    def script(self, path, pid_file, directory, shell, environment):
        """The command line that runs the script on its stdin as a step."""
        return self.words("/bin/sh", "-c", RUN_SCRIPT, path, pid_file, directory, *shell,
                          environment=environment)


def as_words(value):
    return value.split() if isinstance(value, str) else list(value)
