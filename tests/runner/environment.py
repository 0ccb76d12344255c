# SPDX-License-Identifier: MIT
"""The environment that steps see, and what of it must not be printed."""
from substitute import EmptyValue

MASKED_MIN = 4  # characters; CircleCI leaves shorter values alone


def shell_value(value):
    """A value of an `environment:` map as it arrives in the shell."""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, EmptyValue):
        return "<nil>"
    if isinstance(value, int) and abs(value) >= 10 ** 6:
        return _exponent(value)
    return str(value)


def _exponent(value):
    digits = str(abs(value))
    mantissa = digits[0] + ("." + digits[1:].rstrip("0") if digits[1:].rstrip("0") else "")
    return f"{'-' if value < 0 else ''}{mantissa}e+{len(digits) - 1:02d}"


def shell_values(environment):
    return {name: shell_value(value) for name, value in (environment or {}).items()}


def read_file(path):
    """KEY=VALUE lines; a \\n in a value stands for a line break, as pasted multi-line values do."""
    values = {}
    with open(path, encoding="utf-8") as stream:
        for line in stream:
            name, equals, value = line.rstrip("\n").partition("=")
            if equals and not line.startswith("#"):
                values[name] = value.replace("\\n", "\n")
    return values


class Masker:
    """Replaces secret values in output, line by line, as CircleCI's log does."""

    def __init__(self, secrets):
        self.secrets = sorted((value for value in secrets if len(value) >= MASKED_MIN
                               and value.lower() not in ("true", "false")),
                              key=len, reverse=True)

    def mask(self, line):
        for secret in self.secrets:
            line = line.replace(secret, "****")
        return line
