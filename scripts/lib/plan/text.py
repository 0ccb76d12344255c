# SPDX-License-Identifier: MIT
"""text.py: the plan in words: the sentences that log and page have in common, and the log."""
import json
import os
import re
import sys

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "page"))
from page import plain  # noqa: E402

SHOWN = 10  # entries of each host in the log


def amount(count):
    """As rsync-push writes it."""
    if count < 1000:
        return "%d B" % count
    scale, unit = 1000, 0
    while count // scale >= 1000 and unit < 3:
        scale, unit = scale * 1000, unit + 1
    return "%d.%d %s" % (count // scale, count % scale // (scale // 10), ("kB", "MB", "GB", "TB")[unit])


def several(count, noun):
    return "%d %s%s" % (count, noun, "" if count == 1 else "s")


def one_line(name):
    """A name from outside; bytes that are not UTF-8 are surrogates in it."""
    name = re.sub("[\udc80-\udcff]", lambda byte: "\\x%02x" % (ord(byte[0]) - 0xdc00), name)
    return plain(name).replace("\n", "\\x0a").replace("\t", "\\x09")


def folded(hosts):
    """Hosts that only differ in name and free room, together: [(names, the one with least room), ...]."""
    groups = {}
    for host in hosts:
        same = {key: value for key, value in host.items() if key not in ("host", "user", "lock", "disk")}
        groups.setdefault(json.dumps(same), []).append(host)
    return [([host["host"] for host in group], min(group, key=lambda host: host["disk"]["free_bytes"]))
            for group in groups.values()]


def commit(told):
    return one_line(told["commit"][:7]) if told["commit"] else "a folder without commits"


def live(host):
    if host["live"] is None:
        return "nothing: this would be the first deploy"
    build, of = host["live"]["build"], host["live"]["commit"]
    ahead, behind = host["live"]["ahead"], host["live"]["behind"]
    said = build if of is None else "%s, commit %s" % (build, one_line(of[:7]))
    if ahead is None:
        return said
    if not ahead and not behind:
        return said + ", which is the source's"
    more = "the source is %s ahead" % several(ahead, "commit") if ahead else "the source is not ahead"
    return "%s; %s%s" % (said, more, " and %d behind" % behind if behind else "")


def files(counts):
    """Two sentences: what is sent; what becomes of the rest."""
    sent = "send %s (%s): %d new, %d changed" % (
        several(counts["sent"], "file"), amount(counts["sent_bytes"]), counts["new"], counts["changed"])
    rest = ["%d linked as they are" % counts["linked"]]
    if counts["modes"]:
        rest.append(several(counts["modes"], "mode") + " changed")
    if counts["links"]:
        rest.append(several(counts["links"], "symbolic link"))
    rest.append("removed: not known" if counts["removed"] is None
                else "%d removed (%s)" % (counts["removed"], amount(counts["removed_bytes"])))
    if counts["kept"]:
        rest.append("%d old assets kept" % counts["kept"])
    return sent, "; ".join(rest)


def env(told):
    how = {
        "none": "none", "unknown": "not known", "same": "%s is used again" % told.get("key"),
        "there": "%s is used again" % told.get("key"), "new": "%s would be made" % told.get("key"),
    }[told["state"]]
    return "%s: %s" % (how, one_line(told["why"]))


def disk(room):
    """Free against needed."""
    said = "needs about %s of %s free" % (amount(room["needed_bytes"]), amount(room["free_bytes"]))
    if room["free_inodes"] is not None:
        said += ", %d of %d inodes" % (room["needed_inodes"], room["free_inodes"])
    return said


def hooks(plan):
    """[(hook, where it runs)]"""
    where = {"build": "here, before all", "migrate": "on %s" % plan["migrate_on"]}
    return [(hook, where.get(hook, "on every host")) for hook in plan["hooks"]]


def migration(plan):
    return "deploy/hooks/migrate runs on %s" % plan["migrate_on"] if plan["migrate_on"] else "no deploy/hooks/migrate"


def locks(plan):
    """[(hosts, who holds their lock)]"""
    held = {}
    for host in plan["hosts"]:
        lock = host["lock"]
        if lock:
            who = "held by %s since %s%s" % (lock["owner"], lock["since"], ", " + lock["url"] if lock["url"] else "")
            held.setdefault(who, []).append(host["host"])
    return [(names, who) for who, names in held.items()]


def difference(one):
    if "names" in one:
        return "%s: %s" % (one["what"], ", ".join(map(one_line, one["names"][:SHOWN])) + (
            "" if len(one["names"]) <= SHOWN else " and %d more" % (len(one["names"]) - SHOWN)))
    return "%s: %s" % (one["what"], ", ".join(
        "%s %s" % (" ".join(value["hosts"]), one_line(value["value"])) for value in one["values"]))


def entry(one):
    """(what, size, name, was)"""
    return (one["what"], amount(one["size"]), one_line(one["name"]),
            "was " + amount(one["was"]) if one["what"] == "changed" and one.get("was") is not None else "")


def log_entries(entries):
    for what, size, name, was in map(entry, entries[:SHOWN]):
        yield "              %-8s %9s  %s%s" % (what, size, name, " (%s)" % was if was else "")
    if len(entries) > SHOWN:
        yield "              and %d more" % (len(entries) - SHOWN)


def log_host(names, host):
    yield ""
    yield ", ".join(names)
    yield "  live        " + live(host)
    for head, sentence in zip(("files", ""), files(host["files"])):
        yield "  %-12s%s" % (head, sentence)
    yield from log_entries(host["entries"])
    yield "  env         " + env(host["env"])
    if host["env"]["state"] == "new":
        for line in host["env"].get("diff", []):
            yield "              " + one_line(line)
    yield "  disk        " + disk(host["disk"])


def plan(told):
    lines = ["plan of %s%s%s for %s" % (
        commit(told), " with changes that are not committed" if told["dirty"] else "",
        " (%s)" % one_line(told["branch"]) if told["branch"] else "", told["project_root"])]
    for names, host in folded(told["hosts"]):
        lines += log_host(names, host)
    lines += ["", "migration     " + migration(told)]
    others = ["%s %s" % one for one in hooks(told) if one[0] != "migrate"]
    if others:
        lines.append("hooks         " + "; ".join(others))
    lines += ["lock          %s: %s" % (", ".join(names), one_line(who)) for names, who in locks(told)]
    lines += ["differ        " + difference(one) for one in told["differences"]]
    lines += ["warning       %s: %s" % (", ".join(one["hosts"]), one_line(one["text"])) for one in told["warnings"]]
    lines += ["missing       %s: not looked at" % name for name in told["missing"]]
    return "\n".join(lines) + "\n"
