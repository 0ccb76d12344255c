#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Validate a packed orb as `circleci orb validate` does, and its examples with it.

usage: validate.py ORB.yml NAMESPACE/NAME

Every command and job is compiled on its own with placeholder arguments, booleans both ways;
every example is processed with the orb in place of the registry's.
"""
import itertools
import sys

import process
import yamlio
from checks import check_step
from errors import ConfigError, calling
from expand import expand_executor, expand_job, expand_steps
from scope import Namespace, Scope
from shape import check_shape

PLACEHOLDER = "TEST_STRING"
ROOT_KEYS = {"version", "description", "display", "orbs", "commands", "jobs", "executors",
             "examples"}


def placeholders(declared):
    """Every set of placeholder arguments: one per combination of the booleans."""
    fixed, booleans = {}, []
    for name, spec in declared.items():
        kind = spec["type"]
        if kind == "boolean":
            booleans.append(name)
        elif kind in ("string", "env_var_name"):
            fixed[name] = PLACEHOLDER
        elif kind == "integer":
            fixed[name] = spec.get("default", 1)
        elif kind == "enum":
            fixed[name] = spec["enum"][0]
        elif kind == "steps":
            fixed[name] = []
        elif "default" not in spec:
            raise ConfigError(f"Parameter '{name}' of type executor needs a default here")
    for values in itertools.product((False, True), repeat=len(booleans)):
        yield {**fixed, **dict(zip(booleans, values))}


def validate(orb):
    """Raise ConfigError for the first element of a packed orb that does not compile."""
    unknown = set(orb) - ROOT_KEYS
    if unknown:
        raise ConfigError("Unknown key(s) in orb: " + ", ".join(sorted(unknown)))
    check_shape(orb)
    space = Namespace(orb, "orb", process.import_orbs({}))
    outside = Scope(space, dict(process.PIPELINE_VALUES))
    for kind, compile_element in (("commands", _command), ("jobs", _job),
                                  ("executors", _executor)):
        for name, body in space.elements[kind].items():
            with calling(kind[:-1], name):
                for arguments in placeholders(body.get("parameters") or {}):
                    compile_element(name, body, arguments, outside)


def _inside(body, arguments, outside):
    return outside.enter(outside.space, body.get("parameters") or {}, arguments, expand_steps)


def _check_all(steps):
    for step in steps:
        check_step(_timed(step))


def _timed(step):
    """step without a no_output_timeout that is a placeholder, which the compiler lets pass."""
    if isinstance(step, dict) and (body := step.get("run")):
        return {"run": {key: value for key, value in body.items()
                        if (key, value) != ("no_output_timeout", PLACEHOLDER)}}
    return step


def _command(_name, body, arguments, outside):
    _check_all(expand_steps(body["steps"], _inside(body, arguments, outside)))


def _job(_name, body, arguments, outside):
    inner = _inside(body, arguments, outside)
    expand_job(body, inner)
    _check_all(expand_steps(body["steps"], inner))


def _executor(name, _body, arguments, outside):
    expand_executor(outside.executor({"name": name, **arguments}), outside)


def validate_examples(orb, slug):
    """Process every example's usage; returns the flat forms by example name."""
    flat = {}
    for name, example in (orb.get("examples") or {}).items():
        with calling("example", name):
            unknown = set(example) - {"description", "usage", "result"}
            if unknown or "usage" not in example:
                raise ConfigError("An example has: description, usage, result")
            flat[name] = process.process(example["usage"], {slug: orb})
    return flat


def main(argv):
    if len(argv) != 3:
        sys.exit("usage: validate.py ORB.yml NAMESPACE/NAME")
    try:
        orb = yamlio.load_file(argv[1])
        validate(orb)
        validate_examples(orb, argv[2])
    except ConfigError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main(sys.argv)
