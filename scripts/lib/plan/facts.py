# SPDX-License-Identifier: MIT
"""facts.py: what slipway plan has been told: by the hosts (remote/plan.sh), by rsync-push, by git."""
import base64
import json
import os
import zlib


def lines(path):
    """As text in which bytes that are not UTF-8 stand for themselves."""
    with open(path, encoding="utf-8", errors="surrogateescape", newline="\n") as file:
        return [line.rstrip("\n") for line in file]


def names(path):
    return [line for line in lines(path) if line]


def answers(path):
    """{host: {key: [value, ...]}} of "HOST KEY VALUE" lines."""
    told = {}
    for line in lines(path):
        host, key, value = (line.split(" ", 2) + ["", ""])[:3]
        told.setdefault(host, {}).setdefault(key, []).append(value)
    return told


NOTHING = {"files": [], "compiled": [0, 0], "assets": None}


def tree(told):
    """What plan/tree.py of a host has sent; NOTHING where nothing is live; None if it could not list it."""
    if told["current"][0] == "none":
        return NOTHING
    if "tree" not in told:
        return None
    return json.loads(zlib.decompress(base64.b64decode("".join(told["tree"]))))


def items(path):
    """(entries, ends) of rsync-push -ii --json: {host: [entry, ...]}, {host: its last object}."""
    entries, ends = {}, {}
    for line in lines(path):
        told = json.loads(line)
        if "item" not in told:
            ends[told["host"]] = told
            continue
        if "name_hex" in told:
            told["name"] = os.fsdecode(bytes.fromhex(told["name_hex"]))
        entries.setdefault(told["host"], []).append(told)
    return entries, ends


def git(path):
    """{"commit", "branch", "dirty": of the source, "between": {commit: (ahead, behind)}, "subjects": {commit: [...]}}"""
    told = {"commit": None, "branch": None, "dirty": None, "between": {}, "subjects": {}}
    for line in lines(path):
        key, _, value = line.partition(" ")
        if key in ("commit", "branch", "dirty"):
            told[key] = value
        elif key == "between":
            commit, behind, ahead = value.split()
            told["between"][commit] = (int(ahead), int(behind))
        else:
            commit, short, subject = (value.split(" ", 2) + [""])[:3]
            told["subjects"].setdefault(commit, []).append({"commit": short, "subject": subject})
    return told
