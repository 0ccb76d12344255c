# SPDX-License-Identifier: MIT
"""Parameter declarations, type checks and the binding of arguments."""
import json
import re

from errors import ConfigError

ELEMENT_TYPES = ("string", "boolean", "integer", "enum", "executor", "steps", "env_var_name")
PIPELINE_TYPES = ("string", "boolean", "integer", "enum")
VARIABLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
NAME = re.compile(r"[a-z][a-z0-9_-]*")


class Steps(list):
    """Steps already expanded in the scope of the caller who passed them."""


class Executor:
    """An executor already looked up in the scope where its name was written."""

    def __init__(self, space, name, arguments):
        self.space, self.name, self.arguments = space, name, arguments


def type_name(value):
    if value is None:
        return "null"
    names = {bool: "boolean", int: "integer", float: "number", str: "string",
             list: "list", dict: "map", Steps: "steps", Executor: "executor"}
    return next(name for kind, name in names.items() if isinstance(value, kind))


def fits(spec, value):
    """True if value may be bound to a parameter declared by spec."""
    kind = spec["type"]
    if kind == "string":
        return isinstance(value, str)
    if kind == "boolean":
        return isinstance(value, bool)
    if kind == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == "enum":
        return value in spec["enum"]
    if kind == "env_var_name":
        return isinstance(value, str) and VARIABLE_NAME.fullmatch(value) is not None
    if kind == "steps":
        return isinstance(value, list)
    return isinstance(value, (str, Executor)) or \
        (isinstance(value, dict) and isinstance(value.get("name"), str))


def check_declarations(declared, types=ELEMENT_TYPES):
    """Refuse declarations that CircleCI would refuse, defaults of a wrong type among them."""
    for name, spec in declared.items():
        if not NAME.fullmatch(name):
            raise ConfigError(f"Parameter error: invalid parameter name '{name}'")
        if not isinstance(spec, dict) or spec.get("type") not in types:
            raise ConfigError(f"Parameter error: parameter '{name}' needs a type out of: "
                              + ", ".join(types))
        unknown = set(spec) - {"type", "default", "description", "enum"}
        if unknown or ("enum" in spec) is not (spec["type"] == "enum"):
            raise ConfigError(f"Parameter error: parameter '{name}' has keys that do not fit "
                              f"its type: {', '.join(sorted(spec))}")
        if "default" in spec and not fits(spec, spec["default"]):
            value = spec["default"]
            shown = value if isinstance(value, str) else json.dumps(value)
            raise ConfigError(
                f"Parameter error: default value of parameter '{name}' is '{shown}' "
                f"(type {type_name(value)}): expected type {spec['type']}")
        if types is PIPELINE_TYPES and "default" not in spec:
            raise ConfigError(f"Parameter error: pipeline parameter '{name}' needs a default")


def check_arguments(declared, arguments):
    """Refuse missing, undeclared and mistyped arguments."""
    missing = [name for name, spec in declared.items()
               if "default" not in spec and name not in arguments]
    if missing:
        raise ConfigError("Missing required argument(s): " + ", ".join(missing))
    unexpected = [name for name in arguments if name not in declared]
    if unexpected:
        raise ConfigError("Unexpected argument(s): " + ", ".join(unexpected))
    for name, value in arguments.items():
        if not fits(declared[name], value):
            raise ConfigError(type_error(name, declared[name]["type"], value))


def type_error(name, expected, value):
    shown = json.dumps(value, default=type_name, ensure_ascii=False)
    return (f"Type error for argument {name}: expected type: {expected}, "
            f"actual value: {shown} (type {type_name(value)})")


def bind_pipeline(declared, given):
    """The values of pipeline parameters, defaults filled in."""
    check_declarations(declared, PIPELINE_TYPES)
    check_arguments(declared, given)
    return {name: given.get(name, spec["default"]) for name, spec in declared.items()}


def parse_given(declared, name, text):
    """A pipeline parameter typed in a dialog, as text, converted to its declared type."""
    kind = declared.get(name, {}).get("type")
    if kind == "boolean" and text in ("true", "false"):
        return text == "true"
    if kind == "integer" and re.fullmatch(r"-?\d+", text):
        return int(text)
    return text
