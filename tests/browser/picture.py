#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""picture.py REPORT.json: the upper part of its page as SVG, for the README. `make picture` calls it."""
import html
import json
import os
import re
import sys
import textwrap

PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../scripts/lib/page")
sys.dont_write_bytecode = True
sys.path.insert(0, PAGE)

from page import esc
from timeline import kind, number_of, tick_label, ticks
from view import figures, in_a_sentence
from words import headline, moment, seconds

WIDTH, EDGE, NAMES = 960, 40, 84
LEFT, RIGHT = EDGE + NAMES, WIDTH - EDGE - 20
ROW, BAR = 38, 28
WORD = 7.4  # of a letter in a bar, in pixels: about
# The colours of page.css, dark and light.
COLOURS = re.findall(r":root \{(.*?)\}", open(os.path.join(PAGE, "page.css"), encoding="utf-8").read(), re.S)
STYLE = """svg{%s}@media(prefers-color-scheme:dark){svg{%s}}
text{font:15px system-ui,-apple-system,"Segoe UI","DejaVu Sans",sans-serif;fill:var(--text)}
.quiet{fill:var(--quiet)}.small{font-size:13px}.strong{font-weight:600}.ground{fill:var(--ground);stroke:var(--line)}
.line{stroke:var(--line)}.good{fill:var(--good)}.in{fill:var(--in-bar);font-size:13px}
%s.held{stroke:var(--bad);fill:var(--bad)}.passed{stroke:var(--good);fill:var(--good)}.number{fill:var(--ground);font-size:12px;font-weight:600;stroke:none}
""" % tuple([re.sub(r"\s+", "", colours.replace("color-scheme: light dark;", "")) for colours in COLOURS] + ["".join(
    ".%s{fill:var(--%s)}" % (name, name) for name in ("before", "move", "make", "prove", "switch", "undo", "failed"))])


def text(x, y, words, classes="", more=""):
    return '<text x="%g" y="%g"%s%s>%s</text>' % (x, y, ' class="%s"' % classes if classes else "", more, words)


def bare(markup):
    """The words of a bit of the page, still escaped."""
    return re.sub("<[^>]*>", "", markup)


def top(report):
    yield text(EDGE, 54, "slipway " + esc(report["command"]), "quiet small")
    yield text(EDGE, 92, "&#x2713;", "good", ' style="font-size:28px"')
    yield text(EDGE + 38, 92, esc(headline(report)), "strong", ' style="font-size:30px"')
    yield text(EDGE, 124, bare(in_a_sentence(report)))
    yield text(EDGE, 148, "%s &#xb7; %s" % (moment(report["started"]), seconds(report["seconds"])), "quiet small")


def numbers(report, y):
    found = re.findall("<dt>(.*?)</dt><dd>(.*?)<small>(.*?)</small>", figures(report))
    yield '<path class="line" d="M%d %dH%dM%d %dH%d"/>' % (EDGE, y, WIDTH - EDGE, EDGE, y + 112, WIDTH - EDGE)
    for place, (name, value, about) in enumerate(found):
        x = EDGE + place * (WIDTH - 2 * EDGE) / len(found)
        yield text(x, y + 28, name, "quiet small")
        yield text(x, y + 56, value, "", ' style="font-size:22px"')
        for line, words in enumerate(textwrap.wrap(html.unescape(about), 28)[:2]):
            yield text(x, y + 78 + 18 * line, esc(words), "quiet small")


def rows(report, y):
    whole = report["seconds"]

    def at(value):
        return LEFT + (RIGHT - LEFT) * value / whole

    bottom = y + 54 + ROW * len(report["hosts"])
    for value in ticks(whole):
        yield '<path class="line" d="M%.1f %dV%d"/>' % (at(value), y + 46, bottom)
        yield text(at(value), y + 40, tick_label(value, whole), "quiet small", ' text-anchor="%s"' % ("middle" if value else "start"))
    for place, host in enumerate(report["hosts"]):
        here = y + 54 + ROW * place
        yield text(EDGE, here + 20, esc(host["name"]), "strong")
        for bar in host["bars"]:
            wide = at(bar["end"]) - at(bar["start"])
            yield '<rect class="%s" x="%.1f" y="%d" width="%.1f" height="%d" rx="3"/>' % (
                kind(bar["stage"]) if bar["outcome"] == "done" else "failed", at(bar["start"]), here, max(3, wide - 1), BAR)
            if wide > WORD * len(bar["stage"]) + 16:
                yield text(at(bar["start"]) + 9, here + 19, esc(bar["stage"]), "in")
    for one in report["barriers"]:
        classes = "passed" if one["passed"] else "held"
        yield '<g class="%s"><path stroke-width="2" stroke-dasharray="5 3" d="M%.1f %dV%d"/><circle cx="%.1f" cy="%d" r="11"/>' \
            '<text class="number" text-anchor="middle" x="%.1f" y="%d">%d</text></g>' % (
                classes, at(one["at"]), y + 18, bottom, at(one["at"]), y + 8, at(one["at"]), y + 12, number_of(one))


def main(path):
    with open(path, encoding="utf-8") as file:
        report = json.load(file)
    height = 346 + ROW * len(report["hosts"]) + 40
    print('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img" aria-label="%s">\n<style>%s</style>' % (
        WIDTH, height, esc("The report of a deploy: " + headline(report)), STYLE))
    print('<rect class="ground" x="0.5" y="0.5" width="%d" height="%d" rx="10"/>' % (WIDTH - 1, height - 1))
    for part in (top(report), numbers(report, 174), rows(report, 308)):
        for line in part:
            print(line)
    print("</svg>")


if __name__ == "__main__":
    main(sys.argv[1])
