# SPDX-License-Identifier: MIT
"""view.py: report.json as a page."""
from page import document, esc
from timeline import anchor, timeline
from words import amount, count, headline, in_one_line, listed, live_hosts, moment, share, short, took

DID = {"deploy": "deployed", "stage": "staged", "activate": "activated"}
GOOD = ("live", "unchanged", "staged")
# What became of a host: a mark, its colour, words.
BECAME = {
    "live": ("&#x2713;", "good", "live"), "unchanged": ("&#x2713;", "good", "as it was"),
    "staged": ("", "quiet", "the new build waits"), "restored": ("&#x21ba;", "warn", "went back"), "untouched": ("", "quiet", "not changed"),
    "left out": ("!", "warn", "left out"), "new": ("!", "bad", "still has the new build"),
    "unknown": ("?", "bad", "not known"),
}
STRIP = 32  # health checks shown


def code(text):
    return '<code>%s</code>' % esc(text)


def build(name, host=None):
    """A build, which None stands for on a host that has none, or that did not say."""
    if name:
        return '<span class="id">%s</span>' % esc(name)
    known = host is None or host["outcome"] not in ("left out", "unknown") and any(
        call["outcome"] == "done" for call in host["calls"])
    return '<span class="quiet">%s</span>' % ("nothing" if known else "not known")


def mark(host):
    sign, colour, words = BECAME[host["outcome"]]
    if host["failed_in"]:
        sign, colour, words = "&#x2715;", "bad", "failed in %s; %s" % (host["failed_in"], words)
    return '<span class="mark %s" title="%s">%s</span>' % (colour, esc(words), sign) if sign else ""


def section(title, body):
    return "<section>\n<h2>%s</h2>\n%s\n</section>" % (title, body) if body else ""


# ---- who, what, when

def in_a_sentence(report):
    source = report["source"]
    if report["command"] == "rollback":
        return "<b>%s</b> %s %s%s%s%s." % (
            esc(report["who"]), "went back to" if report["outcome"] in GOOD else "would have gone back to",
            build(report["build"]) if report["build"] else "the release before",
            ", commit " + code(short(source["commit"])) if source["commit"] else "",
            " on " + count(len(report["hosts"]), "host"),
            ", because: <q>%s</q>" % esc(report["reason"]) if report["reason"] else "")
    words = ["<b>%s</b> %s%s" % (esc(report["who"]), "" if report["outcome"] in GOOD else "would have ", DID[report["command"]])]
    if source["commit"]:
        words.append(code(short(source["commit"])))
    if source["branch"] or source["tag"]:
        words.append("of <b>%s</b>" % esc(source["branch"] or source["tag"]))
    if report["build"]:
        words.append("%s %s" % ("as" if source["commit"] else "build", build(report["build"])))
    if report["hosts"]:
        words.append("to %s" % count(len(live_hosts(report) or report["hosts"]), "host"))
    return " ".join(words) + "."


def header(report):
    job = report["job"] or ""
    link = ' &middot; <a href="%s">the job</a>' % esc(job) if job.startswith(("https://", "http://")) else ""
    colour, sign = ("good", "&#x2713;") if report["outcome"] in GOOD else ("bad", "&#x2715;")
    if report["outcome"] in ("restored", "refused"):
        colour, sign = "warn", "&#x21ba;" if report["outcome"] == "restored" else "&#x2298;"
    subject = report["source"]["subject"]
    return """<header>
<p class="over-title">slipway %s</p>
<h1><span class="sign %s" aria-hidden="true">%s</span>%s</h1>
<p class="lead">%s</p>
%s<p class="quiet">%s &middot; %s%s</p>
</header>""" % (esc(report["command"]), colour, sign, esc(headline(report)), in_a_sentence(report),
                '<p class="subject">%s</p>\n' % esc(subject) if subject else "",
                moment(report["started"]), took(report["seconds"]), link)


# ---- what went wrong

def output(lines):
    return '<pre tabindex="0" aria-label="the last lines of its output">%s</pre>' % esc("\n".join(lines)) if lines else ""


def hint(text):
    return '<p class="hint">%s</p>' % esc(text) if text else ""


def failure(one):
    return '<h3>%s failed in %s</h3>\n<p>%s</p>\n%s%s' % (
        esc(one["host"]), esc(one["stage"]), esc(one["why"]), hint(one["hint"]), output(one["output"]))


def what_became(report):
    told = [host for host in report["hosts"] if host["became"] or host["left_out"]]
    return "<ul>%s</ul>" % "".join("<li><b>%s</b> %s</li>" % (
        esc(host["name"]), esc(host["became"] or "left out: " + host["left_out"])) for host in told) if told else ""


def wrong(report):
    """Why it was not done, and what the hosts have now."""
    if report["outcome"] in GOOD and not report["failures"]:
        return ""
    why = report["why"] or ("ended by SIG%s" % report["signal"] if report["signal"] else "")
    parts = ["<p><b>%s</b></p>" % esc(why) if why else "", hint(report["hint"]),
             output(report["output"])]
    parts += [failure(one) for one in report["failures"]]
    became = what_became(report)
    if became:
        parts.append("<h3>What each host has now</h3>\n" + became)
    kind = "warn" if report["outcome"] in GOOD or not report["failures"] and report["outcome"] != "unclear" else "bad"
    return '<section class="note %s" aria-label="What went wrong">\n%s\n</section>' % (kind, "\n".join(filter(None, parts)))


def warnings(report):
    items = "".join("<li>%s%s</li>" % (esc(one["text"]), ' <span class="quiet">%s</span>' % esc(listed(one["hosts"]) if len(one["hosts"]) < 6 else count(len(one["hosts"]), "host"))
                                       if one["hosts"] else "") for one in report["warnings"])
    return section("Warnings", '<ul class="note warn">%s</ul>' % items) if items else ""


# ---- figures

def figure(name, value, about):
    return "<div><dt>%s</dt><dd>%s<small>%s</small></dd></div>" % (esc(name), esc(value), esc(about))


def sent(report):
    total = report["totals"]
    if not total:
        return ""
    reused = "nothing was there before" if not total["reused"] else "%s of %s was there already" % (
        share(total["reused"]), amount(total["file_bytes"]))
    return figure("Sent", amount(total["bytes_out"]), reused) + figure(
        "Files", count(total["files_sent"]) + " sent",
        "%s linked, %s deleted" % (count(total["hard_linked"]), count(total["deleted"])))


def environment(report):
    envs = [host["env"] for host in report["hosts"] if host["env"]]
    if not envs:
        return ""
    states = sorted({env["state"] for env in envs})
    reasons = sorted({env["why"] for env in envs})
    word = {"made": "built anew", "reused": "reused", "none": "none"}
    return figure("Environment", listed(word.get(state, state) for state in states), "; ".join(reasons))


def last_check(host, stages=("activate", "back")):
    checks = [check for check in host["health"] if check["stage"] in stages] or host["health"]
    return checks[-1] if checks else None


def health(report):
    stages = ("activate",) if report["outcome"] in ("restored", "unclear") else ("activate", "back")
    last = [check for check in (last_check(host, stages) for host in report["hosts"]) if check]
    if not last:
        return ""
    bad = [host["name"] for host in report["hosts"] if not (last_check(host, stages) or {"good": True})["good"]]
    asked = sum(len(host["health"]) for host in report["hosts"])
    if bad:
        return figure("Health", "not good", "on " + (listed(bad) if len(bad) < 3 else "%d of %s" % (len(bad), count(len(report["hosts"]), "host"))))
    slowest = max(last, key=lambda check: check["ms"])
    return figure("Health", "%d ms" % slowest["ms"], "the slowest last answer; asked %s" % count(asked, "time"))


def figures(report):
    body = sent(report) + environment(report) + health(report)
    return '<dl class="figures">%s</dl>' % body if body else ""


# ---- hosts

def strip(checks):
    """The last checks as little bars: as high as they took long, those that were bad from top to bottom."""
    checks = checks[-STRIP:]
    top = max([check["ms"] for check in checks] + [1])
    bars = []
    for place, check in enumerate(checks):
        height = 14 if not check["good"] else max(3, round(14 * check["ms"] / top))
        bars.append('<rect class="%s" x="%d" y="%d" width="3" height="%d"/>' % (
            "good" if check["good"] else "bad", place * 5, 14 - height, height))
    words = "%s: %s good, %s bad" % (count(len(checks), "check"), sum(check["good"] for check in checks),
                                     sum(not check["good"] for check in checks))
    return '<svg class="strip" width="%d" height="14" role="img" aria-label="%s"><title>%s</title>%s</svg>' % (
        len(checks) * 5, words, words, "".join(bars))


def health_cell(host):
    last = last_check(host)
    if not last:
        return '<span class="quiet">not asked</span>'
    return "%s %s" % ("%d ms" % last["ms"] if last["good"] else '<span class="bad">%s</span>' % esc(last["what"]),
                      strip(host["health"]))


def env_cell(host):
    env = host["env"]
    if not env:
        return '<span class="quiet">-</span>'
    word = {"made": "built anew: ", "reused": "reused: "}.get(env["state"], "")
    return '%s%s' % (word, esc(env["why"]))


def cells(host):
    push = host["push"]
    sign, colour, words = BECAME[host["outcome"]]
    yield "Live now", "", "%s <small class=\"%s\">%s</small>" % (build(host["after"], host), colour, words)
    yield "Before", "", build(host["before"], host)
    if push:
        yield "Sent", "number", amount(push["bytes_out"])
        yield "Files", "number", count(push["files_sent"])
        yield "Linked", "number", count(push["hard_linked"])
    if host["env"]:
        yield "Environment", "", env_cell(host)
    if host["health"]:
        yield "Health", "", health_cell(host)


def hosts(report):
    names = []
    for host in report["hosts"]:
        for name, kind, _ in cells(host):
            if (name, kind) not in names:
                names.append((name, kind))
    head = "".join('<th class="%s" scope="col">%s</th>' % (kind, name) for name, kind in [("Host", "")] + names)
    rows = []
    for host in report["hosts"]:
        found = {name: html for name, _, html in cells(host)}
        rows.append('<tr><th scope="row">%s %s</th>%s</tr>' % (esc(host["name"]), mark(host), "".join(
            '<td class="%s" data-name="%s"><div>%s</div></td>' % (kind, name, found.get(name, "")) for name, kind in names)))
    return section("Hosts", '<table class="cards"><thead><tr>%s</tr></thead>\n<tbody>\n%s\n</tbody></table>' % (
        head, "\n".join(rows))) if rows else ""


# ---- the rest

def commits(report):
    found = report["commits"]
    items = "".join("<li>%s %s <span class=\"quiet\">%s</span></li>" % (
        code(one["commit"]), esc(one["subject"]), esc(one["author"])) for one in found["list"])
    more = '<p class="quiet">and older ones</p>' if found["more"] else ""
    title = "Taken back" if found["taken_back"] else "New" if report["outcome"] in GOOD else "It would have brought"
    return section(title, '<ul class="commits">%s</ul>%s' % (
        items, more)) if items else ""


def steps(report):
    """Every call on every host: where the bars of the timeline lead to."""
    parts = []
    for number, host in enumerate(report["hosts"], 1):
        rows, seen = [], set()
        for call in host["calls"]:
            where = ' id="%s"' % anchor(number, call["stage"]) if call["stage"] not in seen else ""
            seen.add(call["stage"])
            name = call["stage"] if call["step"] == call["stage"] else "%s (%s)" % (call["stage"], call["step"])
            told = call["outcome"] != "done"
            rows.append('<tr%s%s><td>%s%s</td><td class="number">%s</td><td class="number">%s</td></tr>' % (
                where, ' class="tells"' if told else "", esc(name),
                ' <span class="bad">%s</span>' % call["outcome"] if told else "",
                took(call["start"]), took(call["end"] - call["start"])))
            if told:
                rows.append('<tr class="told"><td colspan="3">%s%s</td></tr>' % (esc(call["why"]), output(call["output"])))
        parts.append('<details%s><summary>%s <span class="quiet">%s</span></summary>\n<table class="steps"><thead><tr>'
                     '<th scope="col">Step</th><th class="number" scope="col">began at</th><th class="number" scope="col">took</th>'
                     '</tr></thead><tbody>%s</tbody></table></details>' % (
                         " open" if host["failed_in"] else "", esc(host["name"]), count(len(host["calls"]), "step"), "".join(rows)))
    return section("Step by step", "\n".join(parts))


def messages(report):
    lines = "\n".join("%8s  %s" % ("%.1f" % one["at"], one["text"]) for one in report["messages"])
    return '<details><summary>What slipway said</summary><pre tabindex="0">%s</pre></details>' % esc(lines) if lines else ""


def page(report):
    body = [header(report), wrong(report), figures(report),
            section("Timeline", timeline(report, mark)) if report["hosts"] else "",
            hosts(report), warnings(report), commits(report), steps(report) + messages(report),
            '<footer><p>slipway %s &middot; %s</p></footer>' % (esc(report["slipway"]), esc(report["root"]))]
    return document("%s - slipway %s" % (in_one_line(report), report["command"]), "\n".join(filter(None, body)))
