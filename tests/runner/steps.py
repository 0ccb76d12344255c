# SPDX-License-Identifier: MIT
"""The `run` and `checkout` steps, and what every step is given."""
import math
import posixpath
import shlex
import subprocess
import threading

from environment import shell_values
from output import follow, seconds


class StepFailed(Exception):
    """A step failed; the text goes to its log, the status beside it."""

    def __init__(self, message, status=1):
        super().__init__(message)
        self.status = status


class Session:
    """One job's run, as its steps see it."""

    def __init__(self, containers, job, pipeline, environment):
        self.containers = containers
        self.job = job                  # the flat job
        self.pipeline = pipeline        # branch, tag, revision, repository, state, …
        self.environment = environment  # of every step
        self.exported = {}              # the part of it that cache keys may name
        self.home = ""
        self.shell = ""
        self.directory = ""             # the working directory, absolute
        self.runner_dir = ""            # ours in the container: scripts, BASH_ENV, flags
        self.results = None             # artifacts and test results of the job
        self.ssh_keys = []
        self.workspace = None
        self.count = 0

    def path(self, path, base=None):
        """A path of the config as the container has it: ~ and relative ones resolved."""
        if path == "~" or path.startswith("~/"):
            path = self.home + path[1:]
        return posixpath.normpath(posixpath.join(base or self.directory, path))


def run(session, body, log):
    """A shell step: one new shell that runs the command as a script."""
    session.count += 1
    script = f"{session.runner_dir}/step-{session.count}"
    pid_file = f"{script}.pid"
    shell = shlex.split(body.get("shell") or session.shell)
    directory = session.path(body.get("working_directory", "."))
    environment = {**session.environment, **shell_values(body.get("environment"))}
    words = session.containers.script(script, pid_file, directory, shell, environment)
    process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT)
    with process.stdin:
        process.stdin.write(body["command"].encode())
    if body.get("background"):
        threading.Thread(target=_follow_background, args=(process, log), daemon=True).start()
        return
    limit = body.get("no_output_timeout", "10m")
    if not follow(process, log, seconds(limit)):
        _kill(session, pid_file)
        process.wait()
        raise StepFailed(f"Too long with no output (exceeded {limit}): context deadline exceeded")
    status = process.wait()
    if status != 0:
        raise StepFailed(f"Exited with code exit status {status}", status)


def _follow_background(process, log):
    """A background step's output, until the job's containers end it."""
    follow(process, log, math.inf)
    log.close()
    process.wait()


def _kill(session, pid_file):
    session.containers.succeeds(
        "sh", "-c", 'kill -s KILL -- "-$(cat "$0")"', pid_file)


# Arguments: bundle, directory, revision, branch (empty on a tag), URL.
CHECKOUT = """
set -e
mkdir -p -- "$2"
cd -- "$2"
if [ -e .git ]; then
	git fetch -q "$1" '+refs/*:refs/remotes/bundle/*'
elif [ -n "$(ls -A)" ]; then
	echo "Directory (\\"$2\\") you are trying to checkout to is not empty and not a git repository" >&2
	exit 1
else
	git clone -q --no-checkout "$1" .
	git remote set-url origin "$5"
fi
git config gc.auto 0
if [ -n "$4" ]; then git checkout -q --force -B "$4" "$3"; else git checkout -q --force "$3"; fi
git reset -q --hard "$3"
rm -f -- "$1"
git log -1 --format='HEAD is now at %h %s'
"""


def checkout(session, body, log):
    """Clone the pipeline's commit, from a bundle of it, with the image's own git."""
    if body.get("method", "full") == "shallow":
        raise StepFailed("checkout: method shallow is not supported by the local runner")
    if not session.containers.succeeds("git", "--version"):
        raise StepFailed("checkout: the image has no git")
    pipeline = session.pipeline
    bundle = f"{session.runner_dir}/checkout.bundle"
    session.containers.put(bundle, pipeline.bundle())
    words = session.containers.words(
        "sh", "-c", CHECKOUT, "checkout", bundle, session.path(body.get("path", ".")),
        pipeline.revision, pipeline.branch, pipeline.repository_url,
        environment=session.environment)
    wait(words, log)


def wait(words, log, stdin=subprocess.DEVNULL):
    """Run a command line of the container to its end, its output to log."""
    process = subprocess.Popen(words, stdin=stdin, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT)
    follow(process, log, math.inf)
    if process.wait() != 0:
        raise StepFailed(f"Exited with code exit status {process.returncode}", process.returncode)
