# SPDX-License-Identifier: MIT
"""Which release this process runs: the folder it was imported from, and REVISION in it."""
import pathlib

FOLDER = pathlib.Path(__file__).resolve().parent.parent


def name():
    return FOLDER.name


def commit():
    """The commit that REVISION names; empty outside a deployed build."""
    try:
        lines = (FOLDER / "REVISION").read_text().splitlines()
    except FileNotFoundError:
        return ""
    return dict(line.split(": ", 1) for line in lines if ": " in line).get("commit", "")
