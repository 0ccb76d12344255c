# SPDX-License-Identifier: MIT
"""The one exception of the processor and the runner, and its nesting of call sites."""
import contextlib


class ConfigError(Exception):
    """A configuration that CircleCI would refuse; the text is CircleCI's where it is known."""

    def __init__(self, message):
        super().__init__(message)
        self.calls = []

    def __str__(self):
        return "\n".join([*self.calls, self.args[0]])


class Unsupported(ConfigError):
    """Valid for CircleCI, but the local runner cannot honour it: refused by name."""


@contextlib.contextmanager
def calling(kind, name):
    """Prefix errors from inside with CircleCI's line naming the call that led there."""
    try:
        yield
    except ConfigError as error:
        error.calls.insert(0, f"Error calling {kind}: '{name}'")
        raise
