# SPDX-License-Identifier: MIT
"""Templates of cache keys: {{ checksum "file" }}, {{ arch }}, {{ .Branch }} and their like."""
import re

from errors import ConfigError

TEMPLATE = re.compile(r"\{\{\s*(.*?)\s*\}\}")
CHECKSUM = re.compile(r"""checksum\s+(?:"([^"]+)"|'([^']+)')""")
ENVIRONMENT = re.compile(r"\.Environment\.([A-Za-z_][A-Za-z0-9_]*)")


class KeyContext:
    """What templates ask for: values by template text, a checksum function, an environment."""

    def __init__(self, values, checksum, environment):
        self.values = values            # for example {".Branch": "main", "arch": "…"}
        self.checksum = checksum        # file name -> base64 of its SHA-256; raises OSError
        self.environment = environment  # exported by CircleCI, contexts, project: not BASH_ENV


def expand_key(key, context):
    """The key with its templates replaced. Raises OSError for a file that is not there."""
    return TEMPLATE.sub(lambda match: _value(match[1], context), key)


def _value(text, context):
    checksum = CHECKSUM.fullmatch(text)
    if checksum:
        return context.checksum(checksum[1] or checksum[2])
    variable = ENVIRONMENT.fullmatch(text)
    if variable:
        return context.environment.get(variable[1], "")
    if text in context.values:
        return str(context.values[text])
    raise ConfigError(f"cache key: the template '{{{{ {text} }}}}' is not supported")
