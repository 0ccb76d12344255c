# SPDX-License-Identifier: MIT
"""Expansion of a workflow's entries: matrix, arguments, names, requirements."""
import itertools

from errors import ConfigError, calling
from expand import expand_job, expand_steps
from scope import Scope

# Keys of an entry that belong to the workflow and are never arguments of the job.
ENTRY_KEYS = ("requires", "name", "context", "type", "filters", "matrix", "pre-steps",
              "post-steps", "serial-group", "override-with")
KEPT_KEYS = ("requires", "context", "filters", "serial-group")
STATUSES = ("success", "failed", "canceled", "unauthorized", "not_run")


class Entry:
    """One member of a workflow: its name, what it requires, and the flat job behind it."""

    def __init__(self, call, name, kept, job):
        self.call = call    # what the entry calls, for example slipway/test
        self.name = name    # given by the entry, or None until names are handed out
        self.kept = kept
        self.job = job      # None for an approval
        self.alias = call   # what `requires` may call it besides its name


def expand_workflow(body, space, pipeline):
    """The entries of one workflow, in order, names not yet unique."""
    entries = []
    for item in body.get("jobs") or []:
        call, given = (item, {}) if isinstance(item, str) else _single(item)
        with calling("job", call):
            entries.extend(_expand_entry(call, given or {}, space, pipeline))
    return entries


def _single(item):
    if not isinstance(item, dict) or len(item) != 1:
        raise ConfigError(f"A workflow job must be a name or a map with one key: {item!r}")
    return next(iter(item.items()))


def _expand_entry(call, given, space, pipeline):
    matrix = given.get("matrix")
    if not matrix:
        return [_entry(call, given, Scope(space, pipeline))]
    parameters = Scope(space, pipeline).render(matrix.get("parameters") or {})
    excluded = matrix.get("exclude") or []
    for one in excluded:
        if set(one) != set(parameters):
            raise ConfigError(f"A matrix exclusion must name every parameter: {one}")
    members = []
    for values in itertools.product(*parameters.values()):
        combination = dict(zip(parameters, values))
        if combination in excluded:
            continue
        scope = Scope(space, pipeline, matrix=combination)
        member = _entry(call, {**given, **combination}, scope)
        if member.name is None:
            suffix = "-".join(str(combination[key]) for key in sorted(combination))
            member.name = f"{call}-{suffix}"
        member.alias = matrix.get("alias", call)
        members.append(member)
    return members


def _entry(call, given, scope):
    kept = {key: scope.render(given[key]) for key in KEPT_KEYS if key in given}
    name = scope.render(given["name"]) if "name" in given else None
    if given.get("type") == "approval":
        return Entry(call, name, {**kept, "type": "approval"}, None)
    if "override-with" in given:
        raise ConfigError("override-with is not supported by this processor")
    arguments = {key: value for key, value in given.items() if key not in ENTRY_KEYS}
    space, local = scope.space.find("jobs", call)
    body = space.elements["jobs"][local]
    inner = scope.enter(space, body.get("parameters") or {}, arguments, expand_steps)
    job = expand_job(body, inner)
    if "steps" in body:
        job["steps"] = [*expand_steps(given.get("pre-steps") or [], scope),
                        *expand_steps(body["steps"], inner),
                        *expand_steps(given.get("post-steps") or [], scope)]
    elif "type" not in job:
        raise ConfigError("A job needs steps")
    return Entry(call, name, kept, job)


def hand_out_names(entries):
    """Name the unnamed: the call itself, with -1, -2 … when it occurs more than once."""
    unnamed = {}
    for entry in entries:
        if entry.name is None:
            unnamed.setdefault(entry.call, []).append(entry)
    for call, group in unnamed.items():
        for number, entry in enumerate(group, 1):
            entry.name = call if len(group) == 1 else f"{call}-{number}"


def resolve_requires(workflow, entries):
    """Turn aliases into member names; refuse unknown names and cycles."""
    names = [entry.name for entry in entries]
    for name in names:
        if names.count(name) > 1:
            raise ConfigError(f"Workflow '{workflow}' has {names.count(name)} jobs named '{name}'")
    needs = {}
    for entry in entries:
        resolved = []
        for item in entry.kept.get("requires") or []:
            wanted, statuses = (item, None) if isinstance(item, str) else _single(item)
            _check_statuses(statuses)
            members = [other.name for other in entries
                       if wanted in (other.name, other.alias)]
            if not members:
                raise ConfigError(f"Job '{entry.name}' requires '{wanted}', which is the name "
                                  f"of 0 other jobs in workflow '{workflow}'")
            resolved.extend(name if statuses is None else {name: statuses} for name in members)
        if resolved:
            entry.kept["requires"] = resolved
        needs[entry.name] = [next(iter(item)) if isinstance(item, dict) else item
                             for item in resolved]
    _refuse_cycles(workflow, needs)


def _check_statuses(statuses):
    for status in [statuses] if isinstance(statuses, str) else statuses or []:
        if status not in STATUSES and status != "terminal":
            raise ConfigError(f"Unknown status '{status}' in requires; known: "
                              + ", ".join((*STATUSES, "terminal")))


def _refuse_cycles(workflow, needs):
    done = set()
    while len(done) < len(needs):
        ready = [name for name in needs if name not in done and set(needs[name]) <= done]
        if not ready:
            stuck = ", ".join(sorted(set(needs) - done))
            raise ConfigError(f"Workflow '{workflow}' has a cycle in: {stuck}")
        done.update(ready)
