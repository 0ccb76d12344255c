# SPDX-License-Identifier: MIT
"""words.py: numbers, times and outcomes as people read them. All of it is text, not HTML."""
import datetime


def seconds(value):
    """8.3 s, 2 min 05 s"""
    if value < 99.95:
        return "%.1f s" % value
    return "%d min %02d s" % divmod(round(value), 60)


def took(value):
    """The same, not to be broken over lines."""
    return seconds(value).replace(" ", "\u00a0")


def amount(size):
    """Bytes in decimal units, as rsync-push has them."""
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000 or unit == "GB":
            return "%d B" % size if unit == "B" else "%.1f %s" % (size, unit)
        size /= 1000
    return ""


def count(number, thing=""):
    """1,204 files"""
    text = format(number, ",")
    return text if not thing else "%s %s%s" % (text, thing, "" if number == 1 else "s")


def share(part):
    """A share of one as a percentage that never rounds to all or nothing."""
    percent = part * 100
    if 99.9 < percent < 100:
        return "over 99.9 %"
    if 0 < percent < 0.1:
        return "under 0.1 %"
    return ("%.1f %%" % percent).replace(".0 %", " %")


def moment(iso):
    """25 November 2026, 04:37:12 UTC"""
    at = datetime.datetime.strptime(iso, "%Y-%m-%dT%H:%M:%SZ")
    return at.strftime("%-d %B %Y, %H:%M:%S UTC")


def listed(names):
    names = list(names)
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1] if names else ""]))


def short(commit):
    return (commit or "")[:7]


def live_hosts(report):
    return [host for host in report["hosts"] if host["outcome"] in ("live", "unchanged")]


def headline(report):
    """What became of it."""
    hosts = count(len(live_hosts(report)), "host")
    left_out = sum(host["outcome"] == "left out" for host in report["hosts"])
    if left_out:
        hosts += ", %d left out" % left_out
    text = {
        "live": ("Rolled back on %s" if report["command"] == "rollback" else "Live on %s") % hosts,
        "unchanged": "Nothing to do: it is live already",
        "staged": "Staged on %s, and not live yet" % count(len(report["hosts"]), "host"),
        "restored": "Taken back: every host has what it had before",
        "refused": "Nothing was changed on any host",
        "unclear": "Not every host is as it should be",
    }[report["outcome"]]
    return ("Interrupted. " if report["signal"] else "") + text


def in_one_line(report):
    build = report["build"] + ": " if report["build"] else ""
    return "%s%s, %s" % (build, headline(report), seconds(report["seconds"]))
