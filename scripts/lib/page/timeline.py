# SPDX-License-Identifier: MIT
"""timeline.py: a row a host, a bar a stage, and the two barriers that all hosts pass together."""
from page import esc
from words import took

KINDS = {"push": "move", "prepare": "make", "try": "prove", "migrate": "switch", "activate": "switch", "back": "undo"}
STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600)
TICKS = 6  # at most
BESIDE = 13  # letters of a name that finds room beside its bars

BARRIERS = {
    ("ready", True): "Every host was ready. Up to here nothing had changed anywhere.",
    ("ready", False): "Not every host was ready, so nothing changed anywhere.",
    ("healthy", True): "Every host was healthy, so the release stays.",
    ("healthy", False): "Not every host was healthy, so every host went back.",
}
OUTCOMES = {"done": "done", "failed": "failed", "stopped": "stopped because another host failed"}


def kind(stage):
    return KINDS.get(stage, "before")


def percent(part, whole):
    return "%.3f%%" % (100 * part / whole)


def ticks(whole):
    step = next((step for step in STEPS if whole / step <= TICKS), STEPS[-1])
    return [n * step for n in range(int(whole / step) + 1)]


def tick_label(value, whole):
    if whole >= 120:
        return "%d:%02d" % divmod(value, 60)
    return "%g s" % value


def anchor(number, stage):
    return "host%d-%s" % (number, stage)


def bar(host, number, bar, whole):
    failed = bar["outcome"] == "failed"
    label = "%s, %s: %s, %s" % (host["name"], bar["stage"], took(bar["end"] - bar["start"]), OUTCOMES[bar["outcome"]])
    return '<a class="bar %s %s" href="#%s" style="left:%s;width:%s" title="%s" aria-label="%s"><span>%s%s</span></a>' % (
        kind(bar["stage"]), bar["outcome"], anchor(number, bar["stage"]), percent(bar["start"], whole),
        percent(bar["end"] - bar["start"], whole), esc(label), esc(label), "&#x2715; " if failed else "", esc(bar["stage"]))


def row(host, number, whole, mark):
    return '<div class="row"><div class="name">%s%s</div><div class="track">%s</div></div>' % (
        esc(host["name"]), mark, "".join(bar(host, number, one, whole) for one in host["bars"]))


def scale(whole):
    return "".join('<span class="tick" style="left:%s"><span>%s</span></span>' % (
        percent(at, whole), tick_label(at, whole)) for at in ticks(whole))


def barrier(number, one, whole):
    return '<span class="barrier %s" style="left:%s"><span>%d</span></span>' % (
        "passed" if one["passed"] else "held", percent(min(one["at"], whole), whole), number)


def number_of(one):
    return 1 if one["name"] == "ready" else 2


def explained(one):
    return '<li><span class="badge %s">%d</span><span>%s <span class="quiet">%s</span></span></li>' % (
        "passed" if one["passed"] else "held", number_of(one), BARRIERS[one["name"], one["passed"]], took(one["at"]))


def legend(stages):
    return "".join('<li class="%s"><i class="%s"></i>%s <span class="quiet">%s</span></li>' % (
        "" if stage["ok"] else "bad", "failed" if not stage["ok"] else kind(stage["name"]), esc(stage["name"]),
        took(stage["end"] - stage["start"])) for stage in stages)


def timeline(report, mark):
    """mark(host) is HTML that says what became of it."""
    whole = max([report["seconds"], 0.001] + [bar["end"] for host in report["hosts"] for bar in host["bars"]])
    # Names beside the bars, unless they would not find room there.
    names = " above" if any(len(host["name"]) > BESIDE for host in report["hosts"]) else ""
    return """<div class="timeline%s">
<div class="over" aria-hidden="true">%s%s</div>
%s
</div>
<ul class="legend" aria-label="Stages">%s</ul>
<ul class="explained">%s</ul>""" % (
        names, scale(whole), "".join(barrier(number_of(one), one, whole) for one in report["barriers"]),
        "\n".join(row(host, number, whole, mark(host)) for number, host in enumerate(report["hosts"], 1)),
        legend(report["stages"]), "".join(explained(one) for one in report["barriers"]))
