# SPDX-License-Identifier: MIT
"""report.py: findings, as slipway reads them. What comes from the host's files is made plain here."""
import json

LEVELS = ("error", "warning", "notice")
LONGEST = 400


def plain(text):
    """One printable line of bounded length."""
    line = "".join(char if char.isprintable() else "?" for char in str(text))
    return line if len(line) <= LONGEST else line[:LONGEST] + "..."


class Finding:
    """What is wrong and why that matters, how to mend it, which file and line say so."""

    def __init__(self, level, what, fix, where=""):
        self.level, self.what, self.fix, self.where = level, plain(what), plain(fix), plain(where)
        self.rule = ""

    def show(self):
        where = " (%s)" % self.where if self.where else ""
        print("finding: %s: %s: %s%s" % (self.level, self.rule, self.what, where))
        print("fix: %s" % self.fix)
        print("json: %s" % json.dumps(self.__dict__, sort_keys=True))


def error(what, fix, where=""):
    """A deploy would lie or fail."""
    return Finding("error", what, fix, where)


def warning(what, fix, where=""):
    return Finding("warning", what, fix, where)


def notice(what, fix, where=""):
    return Finding("notice", what, fix, where)
