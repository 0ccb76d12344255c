#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The review checks RC001-RC012 on an orb's source tree, less the two that fetch URLs.

usage: review.py SOURCE_DIRECTORY [TAG]     exit 1 and one line per finding

TAG (vX.Y.Z) turns on RC011. RC006 and RC007 (do the URLs answer) need the network.
"""
import pathlib
import re
import sys

import yamlio
from errors import ConfigError

COMMAND_MAX = 64        # characters of an inline command, RC009
DESCRIPTION_MIN = 64    # characters of the orb's description, RC005
ELEMENTS = ("jobs", "commands", "executors")


def sources(root, section):
    """(path, content) of each YAML file of a section."""
    return [(path, yamlio.load_file(path))
            for path in sorted((root / section).glob("**/*.yml"))]


def runs(node):
    """Every body of a run step below node."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "run":
                yield value
            else:
                yield from runs(value)
    elif isinstance(node, list):
        for item in node:
            yield from runs(item)


def scalars(node, path=()):
    """(path of keys, text) of every string below node."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from scalars(value, (*path, key))
    elif isinstance(node, list):
        for item in node:
            yield from scalars(item, path)
    elif isinstance(node, str):
        yield path, node


def review(directory, tag=None):
    """Findings as texts, empty when the orb passes."""
    root = pathlib.Path(directory)
    orb = yamlio.load_file(root / "@orb.yml")
    found = []
    if not (orb.get("display") or {}).get("source_url"):
        found.append("RC001: @orb.yml: display.source_url is not set")
    if len(orb.get("description") or "") < DESCRIPTION_MIN:
        found.append(f"RC005: @orb.yml: description is under {DESCRIPTION_MIN} characters")
    for section in (*ELEMENTS, "examples"):
        for path, body in sources(root, section):
            if not body.get("description"):
                found.append(f"RC002: {path}: no description")
    found += _examples(root, tag)
    for section in ELEMENTS:
        for path, body in sources(root, section):
            found += _names(path, body) + _secrets(path, body)
            if section != "executors":
                found += _run_steps(path, body)
    return found


def _examples(root, tag):
    examples = sources(root, "examples")
    found = [] if examples else ["RC003: no example"]
    found += [f"RC004: {path}: the name contains 'example'" for path, _ in examples
              if "example" in path.stem]
    if tag:
        major = tag.removeprefix("v").partition(".")[0]
        for path, body in examples:
            for reference in (body["usage"].get("orbs") or {}).values():
                if reference.partition("@")[2].partition(".")[0] != major:
                    found.append(f"RC011: {path}: {reference} is not major version {major}")
    return found


def _names(path, body):
    names = [path.stem, *(body.get("parameters") or {})]
    return [f"RC010: {path}: '{name}' contains a dash" for name in names if "-" in name]


def _run_steps(path, body):
    found = []
    for run in runs(body.get("steps")):
        if not isinstance(run, dict) or not run.get("name"):
            found.append(f"RC008: {path}: a run step has no name")
        command = run.get("command", "") if isinstance(run, dict) else run
        if len(command) > COMMAND_MAX and "<<include(" not in command.replace(" ", ""):
            found.append(f"RC009: {path}: a command over {COMMAND_MAX} characters is inline")
    return found


def _secrets(path, body):
    """RC012: a default like $NAME stays literal in keys, where no shell expands it."""
    literal = [name for name, spec in (body.get("parameters") or {}).items()
               if re.search(r"\$.", str(spec.get("default", "")))]
    return [f"RC012: {path}: parameter '{name}' with a $ in its default is used in {keys[-1]}"
            for name in literal
            for keys, text in scalars({k: v for k, v in body.items() if k != "parameters"})
            if keys[-1].endswith(("key", "keys")) and f"parameters.{name}" in text]


def main(argv):
    if len(argv) not in (2, 3):
        sys.exit("usage: review.py SOURCE_DIRECTORY [TAG]")
    try:
        found = review(*argv[1:])
    except ConfigError as error:
        sys.exit(str(error))
    if found:
        sys.exit("\n".join(found))


if __name__ == "__main__":
    main(sys.argv)
