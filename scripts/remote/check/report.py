# SPDX-License-Identifier: MIT
"""report.py: findings, as slipway reads them."""
import json

ERROR, WARNING, NOTICE = "error", "warning", "notice"
LONGEST = 300


def plain(text):
    """One printable line of bounded length."""
    line = "".join(char if char.isprintable() else "?" for char in str(text))
    return line if len(line) <= LONGEST else line[:LONGEST] + "..."


class Finding:
    """level, rule, what is wrong and why that matters, where it says so, how to mend it."""

    def __init__(self, level, rule, what, fix, where=""):
        self.level, self.rule = level, rule
        self.what, self.fix, self.where = plain(what), plain(fix), plain(where)

    def show(self):
        where = " (%s)" % self.where if self.where else ""
        print("finding: %s: %s: %s%s" % (self.level, self.rule, self.what, where))
        print("fix: %s" % self.fix)
        print("json: %s" % json.dumps(self.__dict__, sort_keys=True))
