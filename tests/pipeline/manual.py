#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""manual.py: takes the examples out of a man page, as commands.

usage: manual.py PAGE FOLDER

Writes FOLDER/1, FOLDER/2, ... : each display of the section EXAMPLES, or run of .Dl lines, one a file, as a
reader would type it.
"""
import pathlib
import re
import sys

ESCAPES = {r"\e": "\\", r"\(dq": '"', r"\(ti": "~", r"\-": "-", r"\ ": " ", r"\&": "", r"\(aq": "'"}


def typed(line):
    """A line of mdoc as it is read: without escapes, without the prompt."""
    text = re.sub(r"\\(?:\(..|.)", lambda found: ESCAPES.get(found[0], found[0]), line)
    return re.sub(r"^\$ ", "", text)


def examples(text):
    section = re.search(r"^\.Sh EXAMPLES\n(.*?)(?=^\.Sh |\Z)", text, re.M | re.S)
    shown, inside = [], False
    for line in section[1].splitlines() if section else []:
        if line.startswith((".Bd", ".Ed")):
            inside = line.startswith(".Bd")
        elif inside:
            shown.append(typed(line))
            continue
        elif line.startswith(".Dl "):
            shown.append(typed(line[4:]))
            continue
        if shown:
            yield "\n".join(shown) + "\n"
            shown = []
    if shown:
        yield "\n".join(shown) + "\n"


def main():
    page, folder = map(pathlib.Path, sys.argv[1:])
    folder.mkdir()
    for number, text in enumerate(examples(page.read_text(encoding="utf-8")), 1):
        (folder / str(number)).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
