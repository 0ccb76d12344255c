#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""report.py WORK FOLDER: report.json and report.html in FOLDER, from what record.sh left in WORK.

Prints where the page is and the outcome in one line. A failure is a line on stderr and status 1.
"""
import json
import os
import sys

import facts
import view


def write(folder, name, text):
    """Beside it first: a report is whole or not there."""
    path = os.path.join(folder, name)
    with open(path + ".new", "w", encoding="utf-8", errors="replace") as file:
        file.write(text)
    os.replace(path + ".new", path)
    return path


def main(work, folder):
    os.makedirs(folder, exist_ok=True)
    report = facts.Facts(work).whole()
    # What is made here is no change of the checkout.
    write(folder, ".gitignore", "*\n")
    write(folder, "report.json", json.dumps(report, indent=1) + "\n")
    path = write(folder, "report.html", view.page(report))
    print("%s: %s" % (path, view.in_one_line(report)))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:]))
    except Exception as problem:  # whatever it is, the deploy is what counts
        sys.stderr.write("%s: %s\n" % (type(problem).__name__, " ".join(str(problem).split())))
        sys.exit(1)
