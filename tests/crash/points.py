# SPDX-License-Identifier: MIT
"""Where to strike. A recording run of each scenario says which steps there are and which calls each
step makes on a host; every point comes from that, so that new code is covered by itself."""
from collections import namedtuple

# The programs every call of which is a point, however few points are wanted.
TOOLS = ("atomic-link", "prune-builds", "deploy-lock")

# kind: client   slipway's group of processes is killed before or after the step
#       step     all processes of the step on the host are killed before the call n
#       late     slipway is killed while the step stands still before the call n; then it goes on
#       cut      the host is cut off while the step stands still, and slipway killed; the step goes on
#                when the lease is over and the next deploy may be at work
Point = namedtuple("Point", "scenario kind step host n at")
Call = namedtuple("Call", "n program call path")
WHAT = {"client": "slipway", "step": "the step", "late": "slipway; the step goes on",
        "cut": "the connection, then slipway"}


def read_calls(lines):
    """A log of trace.c, without the calls that failed, as mkdir -p makes them."""
    failed = {line.split()[0] for line in lines if line.endswith(" failed") and len(line.split()) == 2}
    calls = []
    for line in lines:
        n, program, call, path = (line.split(" ", 3) + ["", ""])[:4]
        if n not in failed:
            calls.append(Call(int(n), program, call, path))
    return calls


def shown(call):
    return "%d: %s %s %s" % (call.n, call.program, call.call, call.path)


def boundaries(scenario, steps):
    """Before and after each step that slipway runs, in order."""
    for step in dict.fromkeys(steps):
        yield Point(scenario, "client", step, "", 0, "before")
        if step != "lock":  # it lasts as long as slipway itself
            yield Point(scenario, "client", step, "", 0, "after")


def absences(scenario, calls_of):
    """For each step: slipway's end in the middle of it, and a cut before it has done anything."""
    for step, (host, calls) in calls_of.items():
        if calls and step not in ("lock", "inspect", "helpers"):
            for kind, call in ("late", calls[len(calls) // 2]), ("cut", calls[0]):
                yield Point(scenario, kind, step, host, call.n, shown(call))


def strikes(scenario, calls_of, wanted):
    """What is killed on a host: every call where wanted is None. Otherwise about as many as wanted: the
    calls of our tools, and of the others one in so many, in order."""
    every = [(step, host, call) for step, (host, calls) in calls_of.items() for call in calls]
    if wanted is not None:
        ours = [entry for entry in every if entry[2].program in TOOLS]
        others = [entry for entry in every if entry[2].program not in TOOLS]
        stride = max(1, -(-len(others) // max(2, wanted - len(ours))))
        chosen = ours + others[stride - 1::stride]
        every = [entry for entry in every if entry in chosen]
    for step, host, call in every:
        yield Point(scenario, "step", step, host, call.n, shown(call))
