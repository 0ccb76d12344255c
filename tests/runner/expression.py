# SPDX-License-Identifier: MIT
"""CircleCI's pipeline expressions: `pipeline.git.branch == "main" and not x`.

Loosest to tightest: or, and, comparison, not. `and`/`or` give back an operand.
"""
import re

from errors import ConfigError

TOKEN = re.compile(r"""\s*(?:
    (?P<string>"[^"]*"|'[^']*') | (?P<number>-?\d+(?![\w.])) | (?P<regex>/(?:\\.|[^/\\])*/) |
    (?P<operator>==|!=|>=|<=|>|<|\(|\)) |
    (?P<word>[A-Za-z][A-Za-z0-9_.-]*)
)""", re.VERBOSE)
COMPARISONS = {"==", "!=", "starts-with", "matches", ">=", ">", "<=", "<"}


class Regex(str):
    """The text between the slashes of a /regex/ literal."""


def truthy(value):
    """False for false, null, 0, NaN, "" and empty collections."""
    return not (value is None or value is False or value == 0 or value != value
                or value in ("", [], {}))


def tokens(text):
    position, found = 0, []
    while text[position:].strip():
        match = TOKEN.match(text, position)
        if not match:
            raise ConfigError(f"Unable to parse expression: {text}")
        found.append((match.lastgroup, match.group(match.lastgroup)))
        position = match.end()
    return found


class Parser:
    """Recursive descent over the tokens; every level returns a function of the lookup."""

    def __init__(self, text):
        self.text = text
        self.rest = tokens(text)

    def fail(self):
        raise ConfigError(f"Unable to parse expression: {self.text}")

    def next_is(self, *values):
        return bool(self.rest) and self.rest[0][0] in ("word", "operator") \
            and self.rest[0][1] in values

    def take(self):
        return self.rest.pop(0) if self.rest else self.fail()

    def parse(self):
        evaluate = self.alternatives()
        if self.rest:
            self.fail()
        return evaluate

    def alternatives(self):
        left = self.conjunction()
        while self.next_is("or"):
            self.take()
            left = self._choose(left, self.conjunction(), stop_when=True)
        return left

    def conjunction(self):
        left = self.comparison()
        while self.next_is("and"):
            self.take()
            left = self._choose(left, self.comparison(), stop_when=False)
        return left

    @staticmethod
    def _choose(left, right, stop_when):
        def evaluate(lookup):
            value = left(lookup)
            return value if truthy(value) is stop_when else right(lookup)
        return evaluate

    def comparison(self):
        left = self.negation()
        while self.next_is(*COMPARISONS):
            operator = self.take()[1]
            left = self._compare(operator, left, self.negation())
        return left

    @staticmethod
    def _compare(operator, left, right):
        return lambda lookup: compare(operator, left(lookup), right(lookup))

    def negation(self):
        if self.next_is("not"):
            self.take()
            operand = self.negation()
            return lambda lookup: not truthy(operand(lookup))
        return self.operand()

    def operand(self):
        kind, text = self.take()
        if kind == "string":
            return lambda lookup: text[1:-1]
        if kind == "number":
            return lambda lookup: int(text)
        if kind == "regex":
            return lambda lookup: Regex(text[1:-1])
        if kind == "operator" and text == "(":
            inner = self.alternatives()
            if not self.next_is(")"):
                self.fail()
            self.take()
            return inner
        if text in ("true", "false"):
            return lambda lookup: text == "true"
        if kind == "word" and text not in COMPARISONS | {"and", "or", "not"}:
            return lambda lookup: lookup(text)
        return self.fail()


def compare(operator, left, right):
    if operator in ("==", "!="):
        same = kind(left) is kind(right) and left == right
        return same if operator == "==" else not same
    if operator in ("starts-with", "matches"):
        if not (isinstance(left, str) and isinstance(right, str)):
            raise ConfigError(f"Type error in expression: '{operator}' needs strings")
        if operator == "starts-with":
            return left.startswith(right)
        return re.fullmatch(right, left) is not None
    if kind(left) is not int or kind(right) is not int:
        raise ConfigError(f"Type error in expression: '{operator}' needs numbers")
    return {">=": left >= right, ">": left > right,
            "<=": left <= right, "<": left < right}[operator]


def kind(value):
    """The type that `==` compares: a string subclass is still a string."""
    return str if isinstance(value, str) else type(value)


def evaluate(text, lookup):
    """The value of an expression; lookup(name) gives the value of a pipeline name."""
    return Parser(text).parse()(lookup)
