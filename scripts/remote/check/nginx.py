# SPDX-License-Identifier: MIT
"""nginx.py: nginx's configuration, parsed as nginx does, and what it serves of the project root."""
import os
import re

import files
from report import error

MAIN = ("/etc/nginx/nginx.conf", "/usr/local/nginx/conf/nginx.conf", "/usr/local/etc/nginx/nginx.conf")
TOKEN = re.compile(r"""\s+|\#[^\n]*|(?P<mark>[;{}])|"(?P<double>(?:\\.|[^"\\])*)"|'(?P<single>(?:\\.|[^'\\])*)'"""
                   r"""|(?P<word>(?:\\.|\$\{[^}]*\}|[^\s;{}\\])+)""", re.S)
UNITS = {"": 1, "ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "M": 2592000, "y": 31536000}
INHERITED = ("root", "open_file_cache", "open_file_cache_valid")
DEPTH = 20
VALID_MOST = 2


class Directive:
    def __init__(self, words, where):
        self.words, self.where, self.block = words, where, None

    def first(self):
        return self.words[1] if len(self.words) > 1 else ""


def tokens(text):
    """(mark or word, is a mark, line) of a file; stops where it is no configuration."""
    at, line = 0, 1
    while at < len(text):
        found = TOKEN.match(text, at)
        if not found:
            return
        kind = found.lastgroup
        if kind:
            yield found.group(kind), kind == "mark", line
        line += text.count("\n", at, found.end())
        at = found.end()


class Parser:
    def __init__(self, main):
        self.prefix = os.path.dirname(main)
        self.read = 0

    def file(self, path, depth):
        self.read += 1
        text = files.read(path)
        if text is None or depth > DEPTH or self.read > files.MOST:
            return []
        return self.block(tokens(text), path, depth)

    def block(self, stream, path, depth):
        found, words, start = [], [], 0
        for token, mark, line in stream:
            if not mark:
                start = start if words else line
                words.append(token)
                continue
            if token == "}":
                return found
            if not words:
                continue
            directive = Directive(words, "%s:%d" % (path, start))
            words = []
            if token == "{":
                directive.block = self.block(stream, path, depth + 1) if depth <= DEPTH else []
                found.append(directive)
            elif directive.words[0] == "include":
                for name in files.matches(os.path.join(self.prefix, directive.first())):
                    found += self.file(name, depth + 1)
            else:
                found.append(directive)
        return found


def seconds(text):
    total = 0
    for amount, unit in re.findall(r"(\d+)(ms|[smhdwMy]?)", text):
        total += int(amount) * UNITS[unit]
    return total


def places(directives, above):
    """For each server and location: what it serves, as {directive: Directive}."""
    here = dict(above)
    here.pop("alias", None)
    for directive in directives:
        if directive.words[0] in INHERITED + ("alias",):
            here[directive.words[0]] = directive
    yield here
    for directive in directives:
        if directive.block is not None and directive.words[0] in ("http", "server", "location", "if"):
            yield from places(directive.block, here)


def served(host):
    for main in MAIN:
        if os.path.exists(main):
            for place in places(Parser(main).file(main, 0), {}):
                what = place.get("alias") or place.get("root")
                if what is not None and host.place(what.first()):
                    yield what, place


def rule_open_file_cache(host):
    told = set()
    for what, place in served(host):
        cache, valid = place.get("open_file_cache"), place.get("open_file_cache_valid")
        if cache is None or cache.first() == "off":
            continue
        age = seconds(valid.first()) if valid else 60
        if age > VALID_MOST and (cache.where, age) not in told:
            told.add((cache.where, age))
            yield error("open_file_cache keeps files of the old build for %d s after a deploy (%s)" % (age, what.first()),
                        "open_file_cache off, or open_file_cache_valid 1s", cache.where)


def rule_build(host):
    told = set()
    for what, _ in served(host):
        if host.place(what.first()) == "build" and what.where not in told:
            told.add(what.where)
            yield error("nginx serves %s: no deploy changes that, and pruning removes it" % what.first(),
                        "%s %s/current/..." % (what.words[0], host.root), what.where)
