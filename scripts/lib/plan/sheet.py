# SPDX-License-Identifier: MIT
"""sheet.py: the plan as a page."""
import text
from page import document, esc

ENTRIES = 1000  # of each host on the page; plan.json has all


def plan(told):
    parts = [head(told), notes(told)]
    parts += [group(names, host) for names, host in text.folded(told["hosts"])]
    parts += [differences(told), hooks(told), commits(told)]
    return document("Plan of " + text.commit(told), "\n".join(part for part in parts if part))


def head(told):
    about = [
        told["dirty"] and "with changes that are not committed", told["branch"] and "branch " + told["branch"],
        told["project_root"], told["time"].replace("T", " ").replace("Z", " UTC"),
    ]
    return """<header><h1>Plan of <span class="id">%s</span></h1>
<p class="quiet">%s</p>
<p>What a deploy would do. Nothing on the hosts was changed.</p></header>""" % (
        esc(text.commit(told)), " · ".join(esc(one) for one in about if one))


def notes(told):
    def note(kind, hosts, sentence):
        return '<p class="note %s"><strong>%s</strong>: %s</p>' % (
            kind, esc(", ".join(hosts)), esc(text.one_line(sentence)))

    found = [note("bad", [name], "could not be looked at; the log says why") for name in told["missing"]]
    found += [note("warn", one["hosts"], one["text"]) for one in told["warnings"]]
    found += [note("warn", names, "the deploy lock is " + who) for names, who in text.locks(told)]
    return "\n".join(found)


def group(names, host):
    """Hosts on which all is alike."""
    sent, rest = text.files(host["files"])
    rows = [("Live", text.live(host)), ("Push", sent), ("The rest", rest),
            ("Environment", text.env(host["env"])), ("Disk", text.disk(host["disk"]))]
    return "<section><h2>%s</h2>\n<table class=\"facts\"><tbody>%s</tbody></table>\n%s%s</section>" % (
        esc(", ".join(names)),
        "".join('<tr><th scope="row">%s</th><td>%s</td></tr>' % (name, esc(value)) for name, value in rows),
        requirements(host["env"]), entries(host["entries"]))


def requirements(told):
    if not told.get("diff"):
        return ""
    return "<h3>What the live environment was made from, and what the source asks for</h3><pre>%s</pre>\n" % "\n".join(
        '<span class="%s">%s</span>' % ("bad" if line[0] == "-" else "good", esc(text.one_line(line)))
        for line in told["diff"])


def entries(every):
    if not every:
        return "<p>No file differs from the live build's.</p>"
    rows = "\n".join(
        '<tr><td>%s</td><td><span class="id">%s</span></td><td class="number">%s%s</td></tr>'
        % (what, esc(name), size, "<br><small>%s</small>" % was if was else "")
        for what, size, name, was in map(text.entry, every[:ENTRIES]))
    more = '<p class="quiet">and %d more, in plan.json</p>' % (len(every) - ENTRIES) if len(every) > ENTRIES else ""
    return """<h3>Files</h3><table class="facts"><thead><tr><th scope="col">Change</th><th scope="col">Name</th>
<th scope="col" class="number">Size</th></tr></thead><tbody>
%s
</tbody></table>%s""" % (rows, more)


def differences(told):
    return listed("Hosts that differ", [esc(text.difference(one)) for one in told["differences"]])


def hooks(told):
    rows = ["<code>deploy/hooks/%s</code>: %s" % (esc(hook), esc(where)) for hook, where in text.hooks(told)]
    if not told["migrate_on"]:
        rows.append("No <code>deploy/hooks/migrate</code>: the database stays as it is")
    return listed("Hooks", rows)


def commits(told):
    return "\n".join(listed("Commits since " + esc(live[:7]), [
        '<span class="id">%s</span> %s' % (esc(one["commit"]), esc(one["subject"])) for one in subjects])
        for live, subjects in told["commits"].items())


def listed(title, rows):
    if not rows:
        return ""
    return "<h2>%s</h2>\n<ul>\n%s\n</ul>" % (title, "\n".join("<li>%s</li>" % row for row in rows))
