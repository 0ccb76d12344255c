# SPDX-License-Identifier: MIT
"""Runs one job in its containers: preparation, the steps by their rules, the result."""
import pathlib
import re
import time

import files
import ssh
import steps
from container import Containers, JobCanceled, RunnerError
from environment import Masker, shell_values
from output import Log

SHIM = pathlib.Path(__file__).resolve().parent / "shim" / "circleci"
INSTALL_SHIM = ("cd /usr/local/bin && umask 022 && cat >circleci && chmod 755 circleci && "
                "ln -s circleci circleci-agent")
ACTIONS = {
    "run": steps.run, "checkout": steps.checkout, "add_ssh_keys": ssh.add_ssh_keys,
    "restore_cache": files.restore_cache, "save_cache": files.save_cache,
    "persist_to_workspace": files.persist_to_workspace,
    "attach_workspace": files.attach_workspace,
    "store_artifacts": files.store_artifacts, "store_test_results": files.store_test_results,
}
TITLES = {
    "checkout": "Checkout code", "add_ssh_keys": "Installing additional SSH keys",
    "restore_cache": "Restoring cache", "save_cache": "Saving cache",
    "persist_to_workspace": "Persisting to workspace", "attach_workspace": "Attaching workspace",
    "store_artifacts": "Uploading artifacts", "store_test_results": "Uploading test results",
}
STORES = ("store_artifacts", "store_test_results")  # run after a failure too


class Results:
    """Where a job's logs, artifacts and test results go, and what came of it."""

    def __init__(self, folder):
        self.folder = folder
        self.artifacts = folder / "artifacts"
        self.tests = folder / "test-results"
        self.counts = None
        folder.mkdir(parents=True)

    def artifact_names(self):
        return [str(path.relative_to(self.artifacts)) for path in sorted(self.artifacts.rglob("*"))
                if path.is_file()]


def wants(step, failed):
    """True if a step runs now, by its `when` and what happened before it."""
    name, body = parts(step)
    if name in STORES:
        return True
    when = (body or {}).get("when", "on_success")
    return when == "always" or failed is (when == "on_fail")


def parts(step):
    return (step, None) if isinstance(step, str) else next(iter(step.items()))


def title(step):
    name, body = parts(step)
    given = (body or {}).get("name")
    if given or name != "run":
        return given or TITLES[name]
    return body["command"].strip().partition("\n")[0]


class JobRun:
    """One execution of a job on one node; the nodes of a job share its build number."""

    def __init__(self, pipeline, name, job, context_values, workspace, build, node=(0, 1)):
        self.pipeline = pipeline
        self.name = name
        self.job = job
        self.node = node
        self.project_values = {**pipeline.project_values, **context_values}
        self.build = build
        slug = re.sub(r"[^A-Za-z0-9._-]+", "-", name)
        if node[1] > 1:
            slug += f".{node[0]}"
        self.results = Results(pipeline.folder / slug)
        self.workspace = workspace
        self.masker = Masker(self.project_values.values())
        self.records = []

    def run(self):
        """Run all steps. Returns the job's record for result.json."""
        started = time.monotonic()
        status = "canceled"  # unless we get to the end
        self.pipeline.say(f"job {self.name} (build {self.build})")
        self.pipeline.job_runs = True
        docker = [{**entry, "environment": shell_values(entry.get("environment"))}
                  for entry in self.job["docker"]]
        try:
            name = self.pipeline.container_name()
            with Containers(self.pipeline.lab, name, docker) as containers:
                session = self._prepare(containers)
                self.pipeline.say(f"  {time.monotonic() - started:6.1f} s  Spin up environment: "
                                  + ", ".join(entry["image"] for entry in docker))
                try:
                    status = self._steps(session)
                finally:
                    self._keep_release_log(session)
        except JobCanceled:  # the workflow goes on
            pass
        except RunnerError:
            status = "errored"
            raise
        finally:
            self.pipeline.job_runs = False
            record = {"name": self.name, "build": self.build, "status": status,
                      "seconds": round(time.monotonic() - started, 2), "steps": self.records,
                      "artifacts": self.results.artifact_names(), "tests": self.results.counts,
                      "folder": self.results.folder.name}
            self.pipeline.say(f"job {self.name}: {status} in {record['seconds']:.1f} s")
            self.pipeline.job_ended(record)
        return record

    def _prepare(self, containers):
        session = steps.Session(containers, self.job, self.pipeline, {})
        session.results, session.workspace = self.results, self.workspace
        session.ssh_keys = self.pipeline.ssh_keys
        session.runner_dir = f"/tmp/.circleci-{self.build}"
        session.home = containers.output("sh", "-c", "cd && pwd -P").decode().strip()
        session.directory = session.path(self.job.get("working_directory", "~/project"), "/")
        bash = containers.succeeds("test", "-x", "/bin/bash")
        session.shell = self.job.get("shell") or \
            ("/bin/bash" if bash else "/bin/sh") + " -eo pipefail"
        bash_env = f"/tmp/.bash_env-{self.build}-{self.node[0]}-build"
        containers.output("sh", "-c", 'mkdir -p -m 700 "$0" && mkdir -p "$1" && : >"$2"',
                          session.runner_dir, session.directory, bash_env)
        containers.output("sh", "-c", INSTALL_SHIM, stdin=SHIM.read_bytes(), user="0")
        containers.put(f"{session.runner_dir}/releases.before", self.pipeline.release_log())
        session.exported = {**self.project_values, **self._builtin()}
        session.environment = {**session.exported, **shell_values(self.job.get("environment")),
                               "BASH_ENV": bash_env, "HOME": session.home,
                               "CIRCLE_RUNNER_DIR": session.runner_dir}
        socket = ssh.start_agent(session)
        if socket:
            session.environment["SSH_AUTH_SOCK"] = socket
        return session

    def _builtin(self):
        index, total = self.node
        previous = {"CIRCLE_PREVIOUS_BUILD_NUM": str(self.build - 1)} if self.build > 1 else {}
        return {**self.pipeline.builtin_values(), **previous, "CIRCLE_JOB": self.name,
                "CIRCLE_BUILD_NUM": str(self.build),
                "CIRCLE_BUILD_URL": f"{self.pipeline.url}/jobs/{self.build}",
                "CIRCLE_NODE_INDEX": str(index), "CIRCLE_NODE_TOTAL": str(total),
                "CIRCLE_WORKING_DIRECTORY": self.job.get("working_directory", "~/project")}

    def _steps(self, session):
        failed = False
        for number, step in enumerate(self.job["steps"], 1):
            if not wants(step, failed):
                continue
            ok = self._step(session, number, step)
            # Stores warn and do not fail; a cleanup step's failure adds nothing to a failed job.
            failed = failed or (not ok and parts(step)[0] not in STORES)
            if not failed and parts(step)[0] == "run" and self._halted(session):
                self.pipeline.say("  halted by a step")
                break
        return "failed" if failed else "success"

    @staticmethod
    def _halted(session):
        return session.containers.succeeds("test", "-e", f"{session.runner_dir}/halt")

    def _step(self, session, number, step):
        name, body = parts(step)
        slug = re.sub(r"[^A-Za-z0-9]+", "-", title(step)).strip("-").lower()[:40]
        log = Log(self.results.folder / f"{number:02}-{slug}.log", self.masker,
                  self.pipeline.terminal)
        self.pipeline.say(f"  step  {title(step)}")
        started, status = time.monotonic(), None  # None stays when the job is cancelled
        try:
            ACTIONS[name](session, body or {}, log)
            status = 0
        except steps.StepFailed as failure:
            status = failure.status
            log.write(f"{failure}\n")
        finally:
            if not (body or {}).get("background"):
                log.close()
            taken = time.monotonic() - started
            self.records.append({"name": title(step), "type": name, "exit": status,
                                 "seconds": round(taken, 2), "log": log.path.name})
        self.pipeline.say(f"  {taken:6.1f} s  {title(step)}: {'ok' if status == 0 else 'failed'}")
        return status == 0

    def _keep_release_log(self, session):
        """What the job reported by `circleci run release`, as an artifact of the runner's own."""
        path = f"{session.runner_dir}/release.log"
        if session.containers.succeeds("test", "-e", path):
            content = session.containers.output("cat", path)
            (self.results.folder / "release.log").write_bytes(content)
