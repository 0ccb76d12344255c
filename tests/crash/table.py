# SPDX-License-Identifier: MIT
"""The table of points and outcomes."""
import json
import sys
import time


def live(row):
    """What was live before and after, told shortly: which hosts have moved."""
    moved = [name for name in row["before"] if row["before"][name] != row["after"][name]]
    return "as before" if not moved else "new on " + ", ".join(moved)


class Table:
    def __init__(self, report):
        self.report = report
        self.rows = []
        self.asked = 0  # of the site
        self.begun = time.monotonic()

    def add(self, row):
        row["verdict"] = "violated" if row["violations"] else "holds" if row["reached"] else "not reached"
        self.rows.append(row)
        sys.stderr.write("%3d %5.0f s %-9s %-8s %-8s %-26s %-40.40s status %-4s %s; next %s s: %s\n" % (
            len(self.rows), time.monotonic() - self.begun, row["scenario"], row["step"], row["host"],
            row["killed"], row["at"], row["status"], live(row), row["next"], row["verdict"]))
        for text in row["violations"]:
            sys.stderr.write("    %s\n" % text)
        self.write()  # also for who looks at a run that was broken off

    def holds(self):
        return bool(self.rows) and all(row["verdict"] != "violated" for row in self.rows)

    def count(self, verdict):
        return sum(row["verdict"] == verdict for row in self.rows)

    def summary(self):
        return "%d points: %d hold, %d violated, %d not reached; %d answers of the site; %.0f s" % (
            len(self.rows), self.count("holds"), self.count("violated"), self.count("not reached"),
            self.asked, time.monotonic() - self.begun)

    def write(self):
        with open(self.report + ".json", "w") as file:
            json.dump({"summary": self.summary(), "points": self.rows}, file, indent=1)
        with open(self.report + ".md", "w") as file:
            file.write("# Crash points\n\n%s\n\n" % self.summary())
            file.write("| scenario | step | host | killed | at | status | live after | next deploy | verdict |\n"
                       "|---|---|---|---|---|---|---|---|---|\n")
            for row in self.rows:
                file.write("| %s | %s | %s | %s | %s | %s | %s | %s s | %s |\n" % (
                    row["scenario"], row["step"], row["host"] or "-", row["killed"],
                    row["at"].replace("|", "\\|"), row["status"], live(row), row["next"],
                    "; ".join([row["verdict"]] + row["violations"]).replace("\n", " ").replace("|", "\\|")))
