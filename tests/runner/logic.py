# SPDX-License-Identifier: MIT
"""Logic statements of `when`, `unless` and `condition`, after substitution."""
import re

from errors import ConfigError
from expression import compare, truthy

OPERATORS = ("and", "or", "not", "equal", "matches")


def holds(condition):
    """True if a literal or a statement (and, or, not, equal, matches) is truthy."""
    if not isinstance(condition, dict):
        return truthy(condition)
    if len(condition) != 1 or next(iter(condition)) not in OPERATORS:
        raise ConfigError("A logic statement must have exactly one of: " + ", ".join(OPERATORS))
    operator, operand = next(iter(condition.items()))
    if operator == "not":
        return not holds(operand)
    if operator == "matches":
        return _matches(operand)
    if not isinstance(operand, list) or not operand:
        raise ConfigError(f"Logic statement '{operator}' needs a list that is not empty")
    if operator == "equal":
        return all(compare("==", operand[0], other) for other in operand[1:])
    return (all if operator == "and" else any)(holds(item) for item in operand)


def _matches(operand):
    if not isinstance(operand, dict) or set(operand) != {"pattern", "value"}:
        raise ConfigError("Logic statement 'matches' needs exactly: pattern, value")
    pattern = operand["pattern"]
    if len(pattern) > 1 and pattern.startswith("/") and pattern.endswith("/"):
        pattern = pattern[1:-1]
    return re.fullmatch(pattern, str(operand["value"])) is not None
