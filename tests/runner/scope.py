# SPDX-License-Identifier: MIT
"""Where names mean what: namespaces of elements, and scopes of `<< … >>` values."""
import re

import expression
import substitute
from errors import ConfigError, calling
from parameters import Executor, Steps, check_arguments, check_declarations

REFERENCE = re.compile(r"(parameters|matrix)\.([A-Za-z0-9_-]+)")
KINDS = ("commands", "jobs", "executors")


class Namespace:
    """The elements of the user's config, or of one orb, with the orbs that it imports."""

    def __init__(self, document, name, import_orb, is_orb=True):
        self.name = name
        self.is_orb = is_orb
        self.elements = {kind: document.get(kind) or {} for kind in KINDS}
        self.orbs = {alias: import_orb(alias, reference)
                     for alias, reference in (document.get("orbs") or {}).items()}
        for kind in KINDS:
            for key, body in self.elements[kind].items():
                if not isinstance(body, dict):
                    raise ConfigError(f"{kind[:-1]} '{key}' must be a map")
                with calling(kind[:-1], self.qualified(key)):
                    check_declarations(body.get("parameters") or {})

    def qualified(self, name):
        return f"{self.name}/{name}" if self.name else name

    def find(self, kind, name):
        """(namespace, local name) of an element; raises CircleCI's error when unknown."""
        singular = kind[:-1]
        if name in self.elements[kind]:
            return self, name
        alias, slash, local = name.partition("/")
        if slash:
            if alias not in self.orbs:
                raise ConfigError(
                    f"Cannot find orb '{alias}' looking for {singular} named '{name}'")
            if local in self.orbs[alias].elements[kind]:
                return self.orbs[alias], local
        raise ConfigError(f"Cannot find a definition for {singular} named {name}")


class Scope:
    """Resolves tags for one element body: its parameters, the matrix, the pipeline."""

    def __init__(self, space, pipeline, arguments=None, matrix=None):
        self.space = space
        self.pipeline = pipeline
        self.arguments = arguments or {}
        self.matrix = matrix or {}

    def lookup(self, text):
        """The value of the inside of one tag."""
        reference = REFERENCE.fullmatch(text)
        if not reference:
            return expression.evaluate(text, self.pipeline_value)
        known = self.arguments if reference[1] == "parameters" else self.matrix
        if reference[2] not in known:
            raise undeclared(reference[2])
        return known[reference[2]]

    def pipeline_value(self, name):
        hidden = self.space.is_orb and name.startswith("pipeline.parameters.")
        if hidden or name not in self.pipeline:
            raise undeclared(name)
        return self.pipeline[name]

    def render(self, node):
        return substitute.render(node, self.lookup)

    def enter(self, space, declared, arguments, expand_steps):
        """The scope inside an element of space called with arguments written in this one."""
        values = {}
        for name, value in arguments.items():
            values[name] = self._bind(declared.get(name, {}).get("type"), value, expand_steps)
        return self.enter_values(space, declared, values, expand_steps)

    def enter_values(self, space, declared, values, expand_steps):
        """As enter, for arguments that are values already; defaults belong to space."""
        check_arguments(declared, values)
        inner = Scope(space, self.pipeline)
        for name, spec in declared.items():
            inner.arguments[name] = values[name] if name in values else \
                inner._bind(spec["type"], spec["default"], expand_steps)
        return inner

    def _bind(self, kind, value, expand_steps):
        """An argument's value; steps are expanded and executors looked up right here."""
        if kind == "steps" and isinstance(value, list):
            return Steps(expand_steps(value, self))
        rendered = self.render(value)
        if kind == "executor":
            return self.executor(rendered)
        return rendered

    def executor(self, value):
        """An executor reference: a name, a map with a name, or one that is bound already."""
        if isinstance(value, Executor):
            return value
        if isinstance(value, str):
            return Executor(*self.space.find("executors", value), {})
        if not isinstance(value, dict) or not isinstance(value.get("name"), (str, Executor)):
            raise ConfigError("Unexpected executor invocation format")
        base = self.executor(value["name"])
        given = {key: item for key, item in value.items() if key != "name"}
        return Executor(base.space, base.name, {**base.arguments, **given})


def undeclared(name):
    return ConfigError(f"Arguments referenced without declared parameters: {name}")
