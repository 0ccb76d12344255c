# SPDX-License-Identifier: MIT
"""Which jobs of a workflow run for this branch or tag."""
import re

from expression import evaluate, truthy


def matches(pattern, name):
    """A pattern is a literal name, or a /regular expression/ that must match the whole name."""
    if len(pattern) > 1 and pattern.startswith("/") and pattern.endswith("/"):
        return re.fullmatch(pattern[1:-1], name) is not None
    return pattern == name


def _listed(patterns, name):
    patterns = [patterns] if isinstance(patterns, str) else patterns
    return any(matches(str(pattern), name) for pattern in patterns)


def _allowed(rules, name, unmentioned):
    if not rules:
        return unmentioned
    if "only" in rules and not _listed(rules["only"], name):
        return False
    return not _listed(rules.get("ignore", []), name)


def passes(filters, branch, tag, lookup):
    """True if a job with these filters runs. Without tag filters no job runs on a tag."""
    if isinstance(filters, str):
        return truthy(evaluate(filters, lookup))
    filters = filters or {}
    if tag:
        return _allowed(filters.get("tags"), tag, unmentioned=False)
    return _allowed(filters.get("branches"), branch, unmentioned=True)


def select(entries, branch, tag, lookup):
    """The entries (name -> kept keys) that run, with requirements on filtered ones removed.

    A job whose requirements are all filtered out does not run either.
    """
    chosen = {name: dict(kept) for name, kept in entries.items()
              if passes(kept.get("filters"), branch, tag, lookup)}
    while True:
        for kept in chosen.values():
            needs = kept.get("requires", [])
            kept["left"] = [need for need in needs if required_name(need) in chosen]
        orphans = [name for name, kept in chosen.items()
                   if kept.get("requires") and not kept["left"]]
        if not orphans:
            break
        for name in orphans:
            del chosen[name]
    for kept in chosen.values():
        kept["requires"] = kept.pop("left")
    return chosen


def required_name(need):
    return next(iter(need)) if isinstance(need, dict) else need


def required_statuses(need):
    """The statuses of the required job that satisfy the requirement."""
    statuses = need[required_name(need)] if isinstance(need, dict) else ["success"]
    statuses = [statuses] if isinstance(statuses, str) else statuses
    if "terminal" in statuses:
        return ["success", "failed", "canceled", "unauthorized", "not_run"]
    return statuses
