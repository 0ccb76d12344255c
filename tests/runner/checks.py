# SPDX-License-Identifier: MIT
"""Checks of the flat form: step keys and values that the compiler would refuse."""
import re

from errors import ConfigError, calling
from expression import Parser

# Keys of each builtin step: required ones first.
STEP_KEYS = {
    "run": ({"command"}, {"name", "environment", "shell", "working_directory", "when",
                          "background", "no_output_timeout", "max_auto_reruns",
                          "auto_rerun_delay"}),
    "checkout": (set(), {"path", "method", "name"}),
    "setup_remote_docker": (set(), {"version", "docker_layer_caching", "name"}),
    "save_cache": ({"key", "paths"}, {"name", "when"}),
    "restore_cache": (set(), {"key", "keys", "name"}),
    "store_artifacts": ({"path"}, {"destination", "name"}),
    "store_test_results": ({"path"}, {"name"}),
    "persist_to_workspace": ({"root", "paths"}, {"name"}),
    "attach_workspace": ({"at"}, {"name"}),
    "add_ssh_keys": (set(), {"fingerprints", "name"}),
}
WHEN = ("always", "on_success", "on_fail")
DURATION = re.compile(r"\d+(\.\d+)?[smh]")
SERIAL_GROUP = re.compile(r"[A-Za-z0-9._/-]{1,512}")
KEY_MAX = 900


def check_flat(flat):
    """Raise for the first thing in a flat config that cannot stand."""
    for name, job in flat["jobs"].items():
        with calling("job", name):
            for step in job.get("steps", []):
                check_step(step)
            parallelism = job.get("parallelism", 1)
            if not isinstance(parallelism, int) or parallelism < 1:
                raise ConfigError(f"parallelism must be a positive integer: {parallelism!r}")
    for name, workflow in flat["workflows"].items():
        if name == "version":
            continue
        for entry in workflow["jobs"]:
            if isinstance(entry, dict):
                _check_entry(*next(iter(entry.items())))


def _check_entry(name, kept):
    group = kept.get("serial-group")
    if group is not None and not SERIAL_GROUP.fullmatch(group):
        raise ConfigError(f"Job '{name}' has an invalid serial-group: '{group}'")
    filters = kept.get("filters")
    if isinstance(filters, str):
        Parser(filters).parse()
    if isinstance(filters, dict):
        for kind, body in filters.items():
            if kind not in ("branches", "tags") or set(body) - {"only", "ignore"}:
                raise ConfigError(f"Job '{name}' has filters that are no filters: {filters}")


def check_step(step):
    if isinstance(step, str):
        return
    name, body = next(iter(step.items()))
    required, optional = STEP_KEYS[name]
    body = {} if body is None else body
    if not isinstance(body, dict):
        raise ConfigError(f"Step '{name}' must be a map")
    missing, unknown = required - set(body), set(body) - required - optional
    if missing or unknown:
        raise ConfigError(f"Step '{name}' has " + "; ".join(
            f"{what} key(s): {', '.join(sorted(keys))}"
            for what, keys in (("missing", missing), ("unknown", unknown)) if keys))
    _check_values(name, body)


def _check_values(name, body):
    if body.get("when", "always") not in WHEN:
        raise ConfigError(f"Step '{name}': when must be one of: {', '.join(WHEN)}")
    if not DURATION.fullmatch(str(body.get("no_output_timeout", "10m"))):
        raise ConfigError(f"Step '{name}': no_output_timeout is no duration: "
                          f"{body['no_output_timeout']}")
    for key in ("paths", "keys", "fingerprints"):
        if key in body and not (isinstance(body[key], list)
                                and all(isinstance(item, str) for item in body[key])):
            raise ConfigError(f"Step '{name}': {key} must be a list of strings")
    if name == "restore_cache" and ("key" in body) is ("keys" in body):
        raise ConfigError("Step 'restore_cache' needs either key or keys")
    for key in [body.get("key", ""), *body.get("keys", [])]:
        if len(key) > KEY_MAX:
            raise ConfigError(f"Step '{name}': a cache key is longer than {KEY_MAX} characters")
