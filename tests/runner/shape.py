# SPDX-License-Identifier: MIT
"""The shape of a source document, a config or an orb: what CircleCI's published schema refuses.

That schema is to be had from no package source, so its rules are here by themselves: of each element, used
or not, its keys and the types of their values. What names mean is expand.py's to check.
"""
import re

from errors import ConfigError, calling

ELEMENT_KEYS = {
    "commands": {"description", "parameters", "steps"},
    "executors": {"description", "parameters", "docker", "machine", "macos", "environment",
                  "working_directory", "shell", "resource_class"},
    "jobs": {"description", "parameters", "executor", "docker", "machine", "macos", "steps",
             "environment", "working_directory", "shell", "resource_class", "parallelism",
             "retention", "circleci_ip_ranges", "type"},
}
ELEMENT_NAMES = {"commands": re.compile(r"[a-z][a-z\d_-]*"),
                 "executors": re.compile(r"[a-z][a-z\d_-]*"),
                 "jobs": re.compile(r"[A-Za-z][A-Za-z\s\d_-]*")}
PLACES = ("executor", "docker", "machine", "macos")
WORKFLOW_KEYS = {"jobs", "when", "unless", "triggers", "max_auto_reruns"}
TEXTS = ("description", "working_directory", "shell", "resource_class")
SCALARS = (str, int, float, bool, type(None))
TAG = re.compile(r"\s*<<.*>>\s*", re.DOTALL)


def check_shape(document):
    """Raise ConfigError for the first thing of a wrong shape in a config or an orb."""
    for kind in ELEMENT_KEYS:
        for name, body in _map(document.get(kind), kind).items():
            with calling(kind[:-1], name):
                if not ELEMENT_NAMES[kind].fullmatch(name):
                    raise ConfigError(f"'{name}' is no name for an element of {kind}")
                _element(kind, _map(body, "it"))
    for name, orb in _map(document.get("orbs"), "orbs").items():
        if isinstance(orb, dict):
            with calling("orb", name):
                check_shape(orb)
    _parameters(document)
    for name, body in _map(document.get("workflows"), "workflows").items():
        if name != "version":
            with calling("workflow", name):
                _workflow(_map(body, "it"))


def _map(value, what):
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ConfigError(f"{what} must be a map")
    return value


def _known(body, keys):
    unknown = set(body) - keys
    if unknown:
        raise ConfigError("Unknown key(s): " + ", ".join(sorted(unknown)))


def _parameters(body):
    if "parameters" not in body:
        return
    if not body["parameters"] or not isinstance(body["parameters"], dict):
        raise ConfigError("parameters must be a map, and not an empty one")
    for name, spec in body["parameters"].items():
        members = spec.get("enum", [""]) if isinstance(spec, dict) else [""]
        if not isinstance(members, list) or not members or \
                not all(isinstance(member, str) for member in members):
            raise ConfigError(f"Parameter '{name}': enum must be a list of strings")


def _element(kind, body):
    _known(body, ELEMENT_KEYS[kind])
    _parameters(body)
    for key in TEXTS:
        if key in body and not isinstance(body[key], str):
            raise ConfigError(f"{key} must be a string")
    _environment(body)
    places = [key for key in PLACES if key in body]
    if kind != "commands" and len(places) != 1 and "type" not in body:
        raise ConfigError("exactly one is needed of: " + ", ".join(PLACES))
    if "docker" in body:
        _docker(body["docker"])
    if "steps" in body or kind == "commands":
        steps(body.get("steps"))
    elif kind == "jobs" and "type" not in body:
        raise ConfigError("A job needs steps")


def _environment(body):
    for name, value in _map(body.get("environment"), "environment").items():
        if not isinstance(value, SCALARS):
            raise ConfigError(f"environment: {name} must be a scalar")


def _docker(images):
    if not isinstance(images, list) or not images:
        raise ConfigError("docker must be a list of images")
    for entry in images:
        if not isinstance(entry, dict) or not isinstance(entry.get("image"), str):
            raise ConfigError("docker: each entry needs an image")
        _environment(entry)


def steps(value):
    """Refuse what is no list of steps; a `steps` parameter may stand for one."""
    if isinstance(value, str) and TAG.fullmatch(value):
        return
    if not isinstance(value, list) or not value:
        raise ConfigError("steps must be a list, and not an empty one")
    for step in value:
        if isinstance(step, dict) and len(step) == 1:
            name, body = next(iter(step.items()))
            if name in ("when", "unless"):
                steps(_map(body, name).get("steps"))
            elif name == "run" and isinstance(body, dict):
                _environment(body)
        elif not isinstance(step, str):
            raise ConfigError(f"A step must be a name or a map with one key: {step!r}")


def _workflow(body):
    _known(body, WORKFLOW_KEYS)
    if not isinstance(body.get("jobs"), list):
        raise ConfigError("A workflow needs a list of jobs")
    for item in body["jobs"]:
        if isinstance(item, dict):
            for name, entry in item.items():
                with calling("job", name):
                    _entry(_map(entry, "it"))


def _entry(entry):
    contexts = entry.get("context", "")
    for context in contexts if isinstance(contexts, list) else [contexts]:
        if not isinstance(context, str):
            raise ConfigError("context must be a string or a list of strings")
    if not isinstance(entry.get("requires", []), list):
        raise ConfigError("requires must be a list")
    for key in ("name", "type", "serial-group"):
        if not isinstance(entry.get(key, ""), str):
            raise ConfigError(f"{key} must be a string")
    if entry.get("type", "approval") not in ("approval", "no-op"):
        raise ConfigError(f"type must be approval, not {entry['type']}")
    if not isinstance(entry.get("filters", {}), (dict, str)):
        raise ConfigError("filters must be a map or an expression")
