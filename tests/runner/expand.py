# SPDX-License-Identifier: MIT
"""Expansion of commands, executors and jobs into flat steps and job bodies."""
from errors import ConfigError, calling
from logic import holds
from parameters import Steps

BUILTIN_STEPS = ("run", "checkout", "setup_remote_docker", "save_cache", "restore_cache",
                 "store_artifacts", "store_test_results", "persist_to_workspace",
                 "attach_workspace", "add_ssh_keys")
JOB_KEYS = ("docker", "machine", "macos", "environment", "working_directory", "shell",
            "resource_class", "parallelism", "retention", "circleci_ip_ranges", "type")


def expand_steps(steps, scope):
    """The flat steps that a list of steps comes down to in scope."""
    if not isinstance(steps, list):
        raise ConfigError("steps must be a list")
    flat = []
    for step in steps:
        flat.extend(_expand_step(step, scope))
    return flat


def _expand_step(step, scope):
    if isinstance(step, str):
        return _call(step, {}, scope, bare=True)
    if not isinstance(step, dict) or len(step) != 1:
        raise ConfigError(f"A step must be a name or a map with one key: {step!r}")
    name, body = next(iter(step.items()))
    if name in ("when", "unless"):
        return _conditional(name, body, scope)
    if name == "steps":
        value = scope.render(body) if isinstance(body, str) else body
        return list(value) if isinstance(value, Steps) else expand_steps(value, scope)
    return _call(name, body, scope, bare=False)


def _conditional(name, body, scope):
    if not isinstance(body, dict) or set(body) != {"condition", "steps"}:
        raise ConfigError(f"A '{name}' step needs exactly: condition, steps")
    wanted = name == "when"
    if holds(scope.render(body["condition"])) is not wanted:
        return []
    return expand_steps(body["steps"], scope)


def _call(name, body, scope, bare):
    """One step by name: a command of the scope's namespace, a builtin, a command of an orb."""
    if name in BUILTIN_STEPS and name not in scope.space.elements["commands"]:
        return [_builtin(name, body, scope, bare)]
    space, local = scope.space.find("commands", name)
    command = space.elements["commands"][local]
    with calling("command", name):
        if body is not None and not isinstance(body, dict):
            raise ConfigError("Arguments of a command must be a map")
        inner = scope.enter(space, command.get("parameters") or {}, body or {}, expand_steps)
        if not command.get("steps"):
            raise ConfigError("A command needs steps")
        return expand_steps(command["steps"], inner)


def _builtin(name, body, scope, bare):
    if name == "run" and isinstance(body, str):
        body = {"command": body}
    if bare:
        if name == "run":
            raise ConfigError("A 'run' step needs a command")
        return name
    return {name: scope.render(body)}


def expand_executor(executor, pipeline_scope):
    """The body of a looked-up executor with its parameters bound."""
    body = executor.space.elements["executors"][executor.name]
    with calling("executor", executor.space.qualified(executor.name)):
        # Arguments were rendered where they were written; they are values by now.
        inner = pipeline_scope.enter_values(executor.space, body.get("parameters") or {},
                                            executor.arguments, expand_steps)
        return inner.render({key: value for key, value in body.items()
                             if key not in ("parameters", "description")})


def expand_job(body, scope):
    """The flat body (without steps) of a job whose parameters scope has bound."""
    flat = {}
    if "executor" in body:
        flat = expand_executor(scope.executor(scope.render(body["executor"])), scope)
    own = scope.render({key: value for key, value in body.items() if key in JOB_KEYS})
    environment = {**(flat.get("environment") or {}), **(own.get("environment") or {})}
    flat.update(own)
    if environment:
        flat["environment"] = environment
    unknown = set(body) - set(JOB_KEYS) - {"executor", "steps", "parameters", "description"}
    if unknown:
        raise ConfigError("Unknown key(s) in job: " + ", ".join(sorted(unknown)))
    if not any(key in flat for key in ("docker", "machine", "macos", "type")):
        raise ConfigError("A job must have one of: docker, machine, macos, executor")
    return flat
