#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Pack an orb's source tree into one document, by the rules of `circleci orb pack`.

usage: pack.py DIRECTORY > orb.yml

Written so that a tree that both lines of the official CLI accept gives the same data.
"""
import pathlib
import re
import sys

import yamlio
from errors import ConfigError

INCLUDE = re.compile(r"<<\s*include\(([-\w/.]+)\)?\s*>>")
WITH_INCLUDES = ("jobs", "commands", "executors")


def yaml_files(directory):
    """The YAML files directly in directory, by name; dot files are no sources."""
    return sorted(path for path in directory.iterdir()
                  if path.is_file() and not path.name.startswith(".")
                  and path.suffix in (".yml", ".yaml"))


def subdirectories(directory):
    return sorted(path for path in directory.iterdir()
                  if path.is_dir() and not path.name.startswith("."))


def read_section(directory, section):
    """Entries keyed by file name; deeper directories only organise; @files merge in place."""
    for path in yaml_files(directory):
        content = yamlio.load_file(path)
        entries = content if path.name.startswith("@") else {path.stem: content}
        for key, value in entries.items():
            if key in section:
                raise ConfigError(f"{path}: '{key}' is defined twice in this section")
            section[key] = value
    for below in subdirectories(directory):
        read_section(below, section)
    return section


def resolve_includes(node, root):
    """Replace include tags in every string below node; paths are relative to root."""
    if isinstance(node, dict):
        return {key: resolve_includes(value, root) for key, value in node.items()}
    if isinstance(node, list):
        return [resolve_includes(value, root) for value in node]
    if not isinstance(node, str):
        return node
    return INCLUDE.sub(lambda match: included_text(root, match.group(1)), node)


def included_text(root, name):
    """A script's text; its own `<<` is escaped, so that no parameter expands in it."""
    try:
        text = (root / name).read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"include {name}: {error.strerror}") from error
    return text.replace("<<", "\\<<")


def pack(directory):
    """The packed orb, as data."""
    root = pathlib.Path(directory)
    if not root.is_dir():
        raise ConfigError(f"{root}: not a directory")
    orb = {}
    for path in yaml_files(root):
        orb.update(yamlio.load_file(path))
    for below in subdirectories(root):
        section = read_section(below, {})
        if section:
            orb.setdefault(below.name, {}).update(section)
    for key in WITH_INCLUDES:
        if key in orb:
            orb[key] = resolve_includes(orb[key], root)
    return orb


def main(argv):
    if len(argv) != 2:
        sys.exit("usage: pack.py DIRECTORY")
    try:
        sys.stdout.write(yamlio.dump(pack(argv[1])))
    except ConfigError as error:
        sys.exit(f"pack: {error}")


if __name__ == "__main__":
    main(sys.argv)
