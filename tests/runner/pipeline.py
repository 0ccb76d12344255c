# SPDX-License-Identifier: MIT
"""One pipeline: a commit's config, processed and run, with everything kept in the state."""
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import uuid

import filters
import support
import yamlio
from container import Canceled, JobCanceled, RunnerError
from errors import ConfigError
from job import JobRun
from parameters import bind_pipeline, parse_given
from process import PIPELINE_VALUES, process


class Lab:
    """What the lab supplies: podman, namespaces, images, names of machines."""

    def __init__(self, podman, network_helper, images, hosts):
        self.podman, self.network_helper = podman, network_helper
        self.images, self.hosts = images, hosts


class Pipeline:
    """The facts of a pipeline that its jobs and steps ask for, and its run."""

    def __init__(self, lab, state, options):
        self.lab, self.state = lab, state
        self.project = pathlib.Path(options.project).resolve()
        self.branch, self.tag = options.branch or "", options.tag or ""
        ref = f"refs/tags/{self.tag}" if self.tag else f"refs/heads/{self.branch}"
        self.ref = ref
        self.revision = self._git("rev-parse", "--verify", f"{options.revision or ref}^{{commit}}")
        self.number = options.rerun or state.next_number("pipeline")
        self.folder = state.new_folder(self.number)
        self.name = self.project.name.removesuffix(".git")
        self.slug = f"github/example/{self.name}"
        self.repository_url = f"https://github.com/example/{self.name}.git"
        self.url = f"https://app.circleci.com/pipelines/{self.slug}/{self.number}"
        self.id = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{state.root}#{self.number}"))
        self.workflow_id = ""
        self.project_values, self.contexts, self.ssh_keys = {}, {}, []
        self.approved, self.skipped = set(options.approve), set(options.skip)
        self.terminal = sys.stdout
        self.config = options.config
        self.jobs = []
        self.job_runs = False   # now; if not, there is none to cancel
        self.containers_made, self.container_prefix = 0, f"ci{os.getpid()}"
        self.given_values = dict(options.value)
        for name in self.given_values:
            if name not in PIPELINE_VALUES:
                raise ConfigError(f"{name} is not a pipeline value that the local runner knows")

    def _git(self, *words):
        done = subprocess.run(["git", "-c", "safe.directory=*", "-C", str(self.project), *words],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        if done.returncode != 0:
            raise ConfigError(f"git {words[0]}: {done.stderr.decode(errors='replace').strip()}")
        return done.stdout.decode().strip()

    def say(self, text):
        print(text, file=self.terminal, flush=True)

    def bundle(self):
        """The repository as far as this pipeline's ref needs it, as git's transport file."""
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "checkout.bundle")
            self._git("bundle", "create", "--quiet", path, "HEAD", self.ref)
            return pathlib.Path(path).read_bytes()

    def container_name(self):
        """Unique on this machine while this process lives, and short enough for a namespace."""
        self.containers_made += 1
        return f"{self.container_prefix}-{self.containers_made}"

    def values(self):
        """The pipeline values, by full name; what it does not have is empty."""
        values = {
            **PIPELINE_VALUES,
            "pipeline.id": self.id, "pipeline.number": self.number,
            "pipeline.project.git_url": self.repository_url, "pipeline.project.type": "github",
            "pipeline.project.slug": self.slug, "pipeline.git.revision": self.revision,
            "pipeline.git.branch.is_default": self.branch in ("main", "master"),
            "pipeline.trigger_source": "api", "pipeline.trigger.type": "api",
            "pipeline.event.name": "push",
        }
        if self.branch:
            values["pipeline.git.branch"] = self.branch
        if self.tag:
            values["pipeline.git.tag"] = self.tag
        return {**values, **self.given_values}

    def builtin_values(self):
        """The CIRCLE_* variables that are the same for every job."""
        values = {
            "CI": "true", "CIRCLECI": "true", "CIRCLE_SHA1": self.revision,
            "CIRCLE_PIPELINE_ID": self.id, "CIRCLE_PROJECT_REPONAME": self.name,
            "CIRCLE_PROJECT_USERNAME": "example", "CIRCLE_USERNAME": "runner",
            "CIRCLE_PROJECT_ID": str(uuid.uuid5(uuid.NAMESPACE_URL, self.slug)),
            "CIRCLE_ORGANIZATION_ID": str(uuid.uuid5(uuid.NAMESPACE_URL, "github/example")),
            "CIRCLE_REPOSITORY_URL": self.repository_url,
            "CIRCLE_WORKFLOW_ID": self.workflow_id,
            "CIRCLE_WORKFLOW_WORKSPACE_ID": self.workflow_id,
            "CIRCLE_WORKFLOW_JOB_ID": str(uuid.uuid4()),
        }
        values.update({"CIRCLE_TAG": self.tag} if self.tag else {"CIRCLE_BRANCH": self.branch})
        return values

    def key_values(self, exported):
        """The values of cache-key templates."""
        return {".Branch": self.branch, ".Revision": self.revision,
                ".BuildNum": exported["CIRCLE_BUILD_NUM"],
                "epoch": int(time.time()), "arch": architecture()}

    def job_ended(self, record):
        self.jobs[-1]["jobs"].append(record)

    def release_log(self):
        """What this workflow's jobs have reported by `circleci run release`, in their order."""
        logs = [self.folder / record["folder"] / "release.log" for record in self.jobs[-1]["jobs"]
                if "folder" in record]
        return b"".join(log.read_bytes() for log in logs if log.exists())

    def run(self, options, orbs):
        """Process the config and run its workflows. Returns the pipeline's status."""
        self.say(f"pipeline {self.number} of {self.name}: {self.tag or self.branch} "
                 f"at {self.revision[:10]}")
        started, status, problem = time.monotonic(), "canceled", None
        try:
            flat = self._rerun_config() if options.rerun else self._flat_config(options, orbs)
            self._check(flat)
            for name, workflow in flat["workflows"].items():
                if name != "version":
                    self._workflow(name, workflow, flat["jobs"])
            status = overall(workflow["status"] for workflow in self.jobs)
        except ConfigError as error:
            status, problem = "errored", str(error)
            self.say(f"Build Error\n{error}")
        except RunnerError as error:
            status, problem = "errored", str(error)
            raise
        finally:
            self._write_result(status, problem, time.monotonic() - started)
            self.say(f"pipeline {self.number}: {status}")
        return status

    def _flat_config(self, options, orbs):
        text = self._git("show", f"{self.revision}:{options.config}")
        document = yamlio.load_text(text, options.config)
        declared = document.get("parameters") or {}
        given = {name: parse_given(declared, name, value) for name, value in options.param}
        self.given_values.update((f"pipeline.parameters.{name}", value)
                                 for name, value in bind_pipeline(declared, given).items())
        flat = process(document, orbs, given, self.values())
        (self.folder / "config.yml").write_text(yamlio.dump(flat), "utf-8")
        return flat

    def _rerun_config(self):
        """A rerun has the flat form and the values that its pipeline had."""
        self.given_values = self.state.result(self.number)["values"]
        return yamlio.load_file(self.state.pipelines / str(self.number) / "config.yml")

    def _check(self, flat):
        support.check(flat)
        for job in flat["jobs"].values():
            for entry in job["docker"]:
                self.lab.images.local(entry["image"])

    def _workflow(self, name, workflow, jobs):
        self.workflow_id = str(uuid.uuid4())
        record = {"name": name, "status": "canceled", "jobs": []}
        self.jobs.append(record)
        entries = {}
        for entry in workflow["jobs"]:
            entries.update({entry: {}} if isinstance(entry, str) else entry)
        chosen = filters.select(entries, self.branch, self.tag, self.values().__getitem__)
        self.say(f"workflow {name}: " + (", ".join(chosen) or "no job runs here"))
        statuses = {}
        with tempfile.TemporaryDirectory(dir=self.folder, prefix="workspace-") as workspace:
            while len(statuses) < len(chosen):
                for job in chosen:
                    if job not in statuses and all(filters.required_name(need) in statuses
                                                   for need in chosen[job]["requires"]):
                        statuses[job] = self._member(job, chosen[job], jobs, statuses,
                                                     pathlib.Path(workspace))
        record["status"] = overall(statuses.values())

    def _member(self, name, entry, jobs, statuses, workspace):
        """Run one member of a workflow whose requirements have all come to an end."""
        for need in entry["requires"]:
            if statuses[filters.required_name(need)] not in filters.required_statuses(need):
                return self._without_run(name, "not_run")
        if entry.get("type") == "approval":
            return self._without_run(name, "success" if name in self.approved else "on_hold")
        if name in self.skipped:
            return self._without_run(name, "success")
        if "serial-group" in entry:
            self.say(f"job {name}: serial-group {entry['serial-group']} (one pipeline runs here)")
        contexts = entry.get("context", [])
        values = {}
        for context in [contexts] if isinstance(contexts, str) else contexts:
            if context not in self.contexts:
                raise ConfigError(f"job {name}: no values were given for context '{context}'")
            values.update(self.contexts[context])
        build, total = self.state.next_number("build"), jobs[name].get("parallelism", 1)
        runs = [JobRun(self, name, jobs[name], values, workspace, build, (index, total))
                for index in range(total)]
        records = [runs[0].run()] if total == 1 else Nodes(self, runs).run()
        return overall(record["status"] for record in records)

    def _without_run(self, name, status):
        self.say(f"job {name}: {status}")
        self.job_ended({"name": name, "status": status, "seconds": 0, "steps": [],
                        "artifacts": [], "tests": None})
        return status

    def _write_result(self, status, problem, seconds):
        result = {"number": self.number, "id": self.id, "branch": self.branch, "tag": self.tag,
                  "revision": self.revision, "config": self.config,
                  "values": self.given_values, "status": status, "error": problem,
                  "seconds": round(seconds, 2), "workflows": self.jobs}
        (self.folder / "result.json").write_text(json.dumps(result, indent=2) + "\n", "utf-8")


class Nodes:
    """The nodes of one job, at the same time, each in a process of its own."""

    def __init__(self, pipeline, runs):
        self.pipeline, self.runs = pipeline, runs
        self.processes = {}     # of those that still run: number -> node

    def run(self):
        """Run them to their ends. Returns their records."""
        sys.stdout.flush()
        self.pipeline.job_runs = True
        for index, run in enumerate(self.runs):
            process = os.fork()
            if process == 0:
                self._node(index, run)
            self.processes[process] = index
        failed = False
        while self.processes:
            try:
                process, status = os.wait()
                failed = failed or status != 0
                self.processes.pop(process, None)
            except JobCanceled:
                self._signal(signal.SIGUSR1)
            except Canceled:
                self._signal(signal.SIGTERM)
                while self.processes:
                    self.processes.pop(os.wait()[0], None)
                raise
        self.pipeline.job_runs = False
        if failed:
            raise RunnerError("a node of the job did not come to its end")
        records = [json.loads(self._record(run).read_text("utf-8")) for run in self.runs]
        for record in records:
            self.pipeline.job_ended(record)
        return records

    def _signal(self, number):
        for process in self.processes:
            os.kill(process, number)

    @staticmethod
    def _record(run):
        return run.results.folder / "record.json"

    def _node(self, index, run):
        """In the process of the node."""
        status = 3
        self.pipeline.terminal = Prefixed(sys.stdout, f"node {index}: ")
        self.pipeline.container_prefix += "abcdefghijklmnopqrstuvwxyz"[index]
        try:
            self._record(run).write_text(json.dumps(run.run()), "utf-8")
            status = 0
        except RunnerError as error:
            print(f"runner: {error}", file=sys.stderr)
        except Canceled:
            status = 130
        finally:
            sys.stdout.flush()
            os._exit(status)


class Prefixed:
    """A stream whose lines say where they are from; each is written at once."""

    def __init__(self, stream, prefix):
        self.stream, self.prefix, self.begun = stream, prefix, ""

    def write(self, text):
        *lines, self.begun = (self.begun + text).split("\n")
        self.stream.write("".join(f"{self.prefix}{line}\n" for line in lines))

    def flush(self):
        self.stream.flush()


def overall(statuses):
    """The status of a whole from those of its parts; what did not have to run does not count."""
    statuses = list(statuses)
    for worst in ("canceled", "failed", "on_hold"):
        if worst in statuses:
            return worst
    return "success"


def architecture():
    """OS, architecture and CPU, in the form of CircleCI's {{ arch }}."""
    machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(os.uname().machine, os.uname().machine)
    facts = {}
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as stream:
        for line in stream:
            name, colon, value = line.partition(":")
            if colon:
                facts.setdefault(name.strip(), value.strip())
    return f"linux-{machine}-{facts.get('cpu family', '0')}_{facts.get('model', '0')}"
