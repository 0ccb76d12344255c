# SPDX-License-Identifier: MIT
"""What a valid config may ask for and this runner cannot do, refused by name up front."""
from errors import Unsupported, calling

DOCKER_KEYS = {"image", "name", "entrypoint", "command", "user", "environment"}
JOB_KEYS = {"docker", "environment", "working_directory", "shell", "resource_class",
            "parallelism", "steps"}


def check(flat):
    """Raise Unsupported for the first thing that the runner cannot honour."""
    if flat.get("setup"):
        raise Unsupported("setup: true is not supported by the local runner")
    for name, job in flat["jobs"].items():
        with calling("job", name):
            _check_job(job)


def _check_job(job):
    for key in job:
        if key not in JOB_KEYS:
            raise Unsupported(f"{key} is not supported by the local runner")
    if "docker" not in job:
        raise Unsupported("only the docker executor is supported by the local runner")
    for index, entry in enumerate(job["docker"]):
        for key in entry:
            if key not in DOCKER_KEYS or (index == 0 and key in ("entrypoint", "command")):
                raise Unsupported(f"docker {key} of '{entry['image']}' is not supported "
                                  "by the local runner")
    for step in job["steps"]:
        _check_step(step)


def _check_step(step):
    name, body = (step, {}) if isinstance(step, str) else next(iter(step.items()))
    if name == "setup_remote_docker":
        raise Unsupported("setup_remote_docker is not supported by the local runner")
    for key in ("max_auto_reruns", "auto_rerun_delay"):
        if key in (body or {}):
            raise Unsupported(f"{key} of a step is not supported by the local runner")
