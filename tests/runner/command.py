#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Run one command of a packed orb right here, without a container: its run steps, one after another.

usage: command.py ORB.yml COMMAND [PARAMETER=VALUE]...

What is not given has its default. Each step is a new shell with the options and the environment that
CircleCI gives it; a line on stderr names it. Steps of other kinds are named and left out. Status: that of
the first run step that fails; those with `when: always` run all the same.
"""
import os
import shlex
import subprocess
import sys
import tempfile

import process
import yamlio
from environment import shell_values
from errors import ConfigError
from expand import expand_steps
from parameters import parse_given
from scope import Namespace, Scope

SHELL = "/bin/bash -eo pipefail"


def steps_of(orb, name, given):
    """The flat steps of a command, called with arguments given as texts."""
    space = Namespace(orb, "orb", process.import_orbs({}))
    declared = orb["commands"].get(name, {}).get("parameters") or {}
    arguments = {key: parse_given(declared, key, text) for key, text in given.items()}
    return expand_steps([{name: arguments}], Scope(space, dict(process.PIPELINE_VALUES)))


def run(body):
    print(f"== {body['name']}", file=sys.stderr, flush=True)
    with tempfile.NamedTemporaryFile("w", prefix="step-", encoding="utf-8") as script:
        script.write(body["command"])
        script.flush()
        environment = {**os.environ, **shell_values(body.get("environment"))}
        return subprocess.run([*shlex.split(SHELL), script.name], env=environment, check=False,
                              cwd=body.get("working_directory", ".")).returncode


def main(argv):
    if len(argv) < 3:
        sys.exit("usage: command.py ORB.yml COMMAND [PARAMETER=VALUE]...")
    try:
        steps = steps_of(yamlio.load_file(argv[1]), argv[2],
                         dict(process.pair(word) for word in argv[3:]))
    except ConfigError as error:
        sys.exit(str(error))
    status = 0
    for step in steps:
        body = step.get("run") if isinstance(step, dict) else None
        if body is None:
            print(f"== left out: {step}", file=sys.stderr, flush=True)
        elif status == 0 or body.get("when") == "always":
            status = run(body) or status
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv))
