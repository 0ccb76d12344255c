# SPDX-License-Identifier: MIT
"""Substitution of `<< … >>` tags in configuration values."""
import re

from errors import ConfigError
from expression import truthy

TAG = re.compile(r"<<\s*(?P<sigil>[#^/]?)\s*(?P<body>.*?)\s*>>", re.DOTALL)
PIECE = re.compile(r"(?P<escaped>\\<<)|(?P<open><<)")


class EmptyValue(str):
    """A pipeline value that this pipeline does not have: empty text, `<nil>` in environments."""

    def __new__(cls):
        return super().__new__(cls, "")


def substitute(text, lookup):
    """Replace the tags of one scalar.

    A scalar that is one tag and nothing else takes the value with its type; tags inside
    other text become text. Sections `<<#x>>…<</x>>` and `<<^x>>…<</x>>` keep or drop text.
    `\\<<` is a literal `<<`.
    """
    whole = TAG.fullmatch(text.strip())
    if whole and not whole["sigil"] and "<<" not in whole["body"]:
        return lookup(whole["body"])
    rendered, end = _render(text, 0, lookup, None)
    if end != len(text):
        raise ConfigError(f"Unopened section tag in string: '{text}'")
    return rendered


def _render(text, position, lookup, section):
    """Render from position to the end, or to the tag that closes section."""
    out = []
    while True:
        piece = PIECE.search(text, position)
        if not piece:
            if section:
                raise ConfigError(f"Unclosed section '{section}' in string: '{text}'")
            out.append(text[position:])
            return "".join(out), len(text)
        out.append(text[position:piece.start()])
        if piece["escaped"]:
            out.append("<<")
            position = piece.end()
            continue
        tag = TAG.match(text, piece.start())
        if not tag or "<<" in tag["body"]:
            raise ConfigError(f"Unclosed '<<' tag in string: '{text}'\n"
                              "('<<' must be escaped as '\\<<' in config v2.1+)")
        position = tag.end()
        if tag["sigil"] == "/":
            if tag["body"] != section:
                raise ConfigError(f"Unopened section '{tag['body']}' in string: '{text}'")
            return "".join(out), position
        if tag["sigil"]:
            inner, position = _render(text, position, lookup, tag["body"])
            if truthy(lookup(tag["body"])) is (tag["sigil"] == "#"):
                out.append(inner)
        else:
            out.append(text_form(lookup(tag["body"]), tag["body"]))


def text_form(value, name):
    """A value as embedded in text: true/false, decimal integers, strings as they are."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, dict)) or not isinstance(value, (str, int, float)):
        raise ConfigError(f"Type error: '{name}' is not a scalar and cannot stand inside text")
    return str(value)


def render(node, lookup):
    """Substitute in every string value below node; keys stay as they are."""
    if isinstance(node, str):
        return substitute(node, lookup)
    if isinstance(node, dict):
        return {key: render(value, lookup) for key, value in node.items()}
    if isinstance(node, list):
        return [render(value, lookup) for value in node]
    return node
