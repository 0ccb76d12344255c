#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""table.py ROWS FOLDER: the table of load.bats. ROWS has one JSON object a line: scenario, restart,
deploys, and what arrivals reported under "load" and, with no deploy, under "calm". Writes load.json and
load.md into FOLDER, and prints the latter."""
import json
import os
import sys

HEAD = ("scenario", "restart", "deploys", "requests", "failed", "p99 ms", "worst ms", "p99 calm", "worst calm")


def cells(row):
    load, calm = row["load"]["total"], row["calm"]["total"]
    failed = ", ".join("%d %s" % (n, kind) for kind, n in load["failures"].items() if n)
    return (row["scenario"], row["restart"], row["deploys"], load["requests"], failed or 0,
            load["p99_ms"], load["worst_ms"], calm["p99_ms"], calm["worst_ms"])


def main(rows, folder):
    with open(rows) as lines:
        table = [json.loads(line) for line in lines]
    text = ["| %s |" % " | ".join(map(str, line)) for line in [HEAD, ["---"] * len(HEAD)] + [cells(r) for r in table]]
    text += ["", "%g requests a second to each of %d hosts; latency from when a request was due. The hosts, the "
             "visitors and the deploys share this machine." % (
                 table[0]["load"]["rate_per_host"], len(table[0]["load"]["hosts"]))]
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "load.json"), "w") as out:
        json.dump(table, out, indent=1)
    with open(os.path.join(folder, "load.md"), "w") as out:
        out.write("\n".join(text) + "\n")
    print("\n".join("# " + line for line in text))


main(*sys.argv[1:])
