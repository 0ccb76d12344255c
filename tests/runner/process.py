#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Process a 2.1 configuration into the flat form that runs, as `circleci config process`.

usage: process.py CONFIG [--orb NAMESPACE/NAME=FILE]... [--param NAME=VALUE]...
                  [--value pipeline.NAME=VALUE]...
"""
import argparse
import re
import sys

import checks
import yamlio
from errors import ConfigError, calling
from expression import evaluate, truthy
from logic import holds
from parameters import bind_pipeline, parse_given
from scope import Namespace, Scope
from shape import check_shape
from substitute import EmptyValue
from workflows import expand_workflow, hand_out_names, resolve_requires

ORB_REFERENCE = re.compile(
    r"[a-z][a-z0-9_-]+/[a-z][a-z0-9_-]+@(dev:[.a-z0-9_-]+|\d+|\d+\.\d+|\d+\.\d+\.\d+|volatile)")
# Every pipeline value that may be named, as it is when the pipeline does not have it.
PIPELINE_VALUES = {
    **dict.fromkeys(
        ("pipeline.id", "pipeline.project.git_url", "pipeline.project.type",
         "pipeline.project.slug", "pipeline.project.id", "pipeline.git.tag",
         "pipeline.git.branch", "pipeline.git.revision", "pipeline.git.base_revision",
         "pipeline.trigger.type", "pipeline.trigger.name", "pipeline.trigger_source",
         "pipeline.event.name", "pipeline.config_source", "pipeline.schedule.name",
         "pipeline.schedule.id", "pipeline.deploy.component_name",
         "pipeline.deploy.environment_name", "pipeline.deploy.target_version",
         "pipeline.deploy.current_version", "pipeline.deploy.namespace",
         "pipeline.deploy.reason"), EmptyValue()),
    "pipeline.number": 1,
    "pipeline.git.branch.is_default": False,
    "pipeline.in_setup": False,
}


def import_orbs(supplied):
    """A function that turns an entry of `orbs:` into its namespace."""
    def import_orb(alias, reference):
        if isinstance(reference, dict):
            return Namespace(reference, alias, import_orb)
        if not isinstance(reference, str) or not ORB_REFERENCE.fullmatch(reference):
            raise ConfigError(f"Invalid orb reference '{reference}' for '{alias}'")
        name = reference.partition("@")[0]
        if name not in supplied:
            raise ConfigError(f"Cannot find {reference} in the orb registry. Check that the "
                              "namespace, orb name and version are correct.")
        return Namespace(supplied[name], alias, import_orb)
    return import_orb


def process(document, supplied_orbs=None, parameters=None, values=None):
    """The flat form of a configuration, as data.

    supplied_orbs: packed orbs by namespace/name; parameters: given pipeline parameters;
    values: pipeline values by full name.
    """
    if str(document.get("version")) != "2.1":
        raise ConfigError(f"version: 2.1 is required, not {document.get('version')}")
    check_shape(document)
    pipeline = {**PIPELINE_VALUES, **(values or {})}
    bound = bind_pipeline(document.get("parameters") or {}, parameters or {})
    pipeline.update((f"pipeline.parameters.{name}", value) for name, value in bound.items())

    scope = Scope(Namespace({}, "", None, is_orb=False), pipeline)
    orbs = {alias: scope.render(reference) if isinstance(reference, str) else reference
            for alias, reference in (document.get("orbs") or {}).items()}
    document = {**document, "orbs": orbs}
    space = Namespace(document, "", import_orbs(supplied_orbs or {}), is_orb=False)
    flat = _workflows(document, space, pipeline)
    if document.get("setup"):
        flat["setup"] = True
    checks.check_flat(flat)
    return flat


def _workflows(document, space, pipeline):
    declared = document.get("workflows")
    if declared is None:
        if "build" not in space.elements["jobs"]:
            raise ConfigError("A config without workflows needs a job named build")
        declared = {"workflow": {"jobs": ["build"]}}
    expanded = {}
    for name, body in declared.items():
        if name == "version":
            continue
        with calling("workflow", name):
            if wanted(body, Scope(space, pipeline)):
                expanded[name] = expand_workflow(body, space, pipeline)
    hand_out_names([entry for entries in expanded.values() for entry in entries])
    jobs, flat = {}, {"version": 2}
    for name, entries in expanded.items():
        with calling("workflow", name):
            resolve_requires(name, entries)
            _collect(jobs, entries)
        flat[name] = {"jobs": [{entry.name: entry.kept} if entry.kept else entry.name
                               for entry in entries]}
    return {"version": 2, "jobs": jobs, "workflows": flat}


def _collect(jobs, entries):
    for entry in entries:
        if entry.job is None:
            continue
        if jobs.setdefault(entry.name, entry.job) != entry.job:
            raise ConfigError(f"Two different jobs are named '{entry.name}'")


def wanted(workflow, scope):
    """Evaluate a workflow's when/unless; a string is an expression."""
    if not isinstance(workflow, dict):
        raise ConfigError("A workflow must be a map")
    if "triggers" in workflow:
        raise ConfigError("triggers: in workflows are not supported by this processor; "
                          "use schedule triggers in the project's settings")
    given = [key for key in ("when", "unless") if key in workflow]
    if len(given) > 1:
        raise ConfigError("A workflow may have when or unless, not both")
    if not given:
        return True
    condition = workflow[given[0]]
    if isinstance(condition, str) and "<<" not in condition:
        value = truthy(evaluate(condition, scope.pipeline_value))
    else:
        value = holds(scope.render(condition))
    return value is (given[0] == "when")


def pair(text):
    name, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"NAME=VALUE expected: {text}")
    return name, value


def main():
    parser = argparse.ArgumentParser(description="Process a 2.1 configuration.")
    parser.add_argument("config")
    parser.add_argument("--orb", action="append", type=pair, default=[])
    parser.add_argument("--param", action="append", type=pair, default=[])
    parser.add_argument("--value", action="append", type=pair, default=[])
    options = parser.parse_args()
    try:
        document = yamlio.load_file(options.config)
        orbs = {name: yamlio.load_file(path) for name, path in options.orb}
        flat = process(document, orbs, given_parameters(document, options.param),
                       dict(options.value))
    except ConfigError as error:
        sys.exit(str(error))
    sys.stdout.write(yamlio.dump(flat))


def given_parameters(document, pairs):
    declared = document.get("parameters") or {}
    return {name: parse_given(declared, name, value) for name, value in pairs}


if __name__ == "__main__":
    main()
