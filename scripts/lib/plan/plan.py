# SPDX-License-Identifier: MIT
"""plan.py WORK SOURCE REPORT_DIR HOOKS: what a deploy of SOURCE would do, from what lib/plan.sh has
gathered in WORK. Text on stdout; REPORT_DIR/plan.json (docs/plan.schema.json) and plan.html, unless it is
empty."""
import json
import os
import sys
import time

import env
import facts
import files
import sheet
import text


def disk_of(told, counts, tree, env_made):
    """Room there is and room that is needed, estimated where the live build is the only measure."""
    compiled = [0, 0] if tree is None else tree["compiled"]
    env_kb, env_inodes = (told.get("env_size", ["0 0"])[0].split() + ["0", "0"])[:2]
    free_inodes = told["free_inodes"][0]
    return {
        "free_bytes": int(told["free_kb"][0]) * 1024,
        "free_inodes": None if free_inodes == "-" else int(free_inodes),
        "needed_bytes": counts["blocks"] + compiled[1] + (int(env_kb) * 1024 if env_made else 0),
        "needed_inodes": counts["sent"] + counts["modes"] + counts["links"] + counts["folders"] + compiled[0]
        + (int(env_inodes) if env_made else 0),
        "bytecode_bytes": compiled[1],
        "env_bytes": int(env_kb) * 1024 if env_made and int(env_kb) else None,
    }


def live_of(told, git):
    build = told["current"][0]
    if build == "none":
        return None
    commit = told.get("commit", [""])[0] or None
    ahead, behind = git["between"].get(commit, (None, None))
    return {"build": build, "commit": commit, "ahead": ahead, "behind": behind}


def lock_of(told):
    """Who holds the lock; None if nobody does, or none was ever taken."""
    held = dict(line.split(": ", 1) for line in told.get("lock", []) if ": " in line)
    if "owner" not in held:
        return None
    return {"owner": held["owner"], "since": held.get("since"), "url": held.get("url") or None}


def host_of(name, told, items, tree, git, requirements):
    counts = files.compare(items, tree, os.environ["SLIPWAY_ASSETS"].strip("/"))
    made = env.verdict(told, requirements, os.environ["SLIPWAY_ENV_MODE"])
    disk = disk_of(told, counts, tree, made["state"] == "new")
    entries = counts.pop("entries")
    counts.pop("blocks")
    return {
        "host": name, "user": told["user"][0], "live": live_of(told, git), "lock": lock_of(told),
        "python": told.get("python", [""])[0] or None, "env": made, "files": counts, "disk": disk, "entries": entries,
    }


def differences_of(hosts, trees):
    """Where the hosts are not alike: what it is, and which hosts have which value."""
    def values(of):
        found = {}
        for host in hosts:
            found.setdefault(of(host), []).append(host["host"])
        return [{"value": value, "hosts": names} for value, names in found.items()]

    asked = [
        ("live build", lambda host: host["live"]["build"] if host["live"] else "none"),
        ("Python", lambda host: host["python"] or "none"),
        ("environment", lambda host: host["env"].get("live") or "none"),
    ]
    found = [{"what": what, "values": values(of)} for what, of in asked]
    found = [one for one in found if len(one["values"]) > 1]
    names = files.differing([trees[host["host"]] for host in hosts])
    if names:
        found.append({"what": "content of the live build", "names": names})
    return found


def warnings_of(told, trees, hosts, hooks, pushed):
    """What would make a deploy fail, or the plan wrong: [{"text", "hosts"}]."""
    found = {}

    def warn(sentence, host):
        found.setdefault(sentence, []).append(host)

    for host in hosts:
        name, disk = host["host"], host["disk"]
        if not told[name].get("rsync", [""])[0]:
            warn("rsync is not installed", name)
        if host["env"]["state"] == "unknown":
            warn("the environment is not known: %s" % host["env"]["why"], name)
        for hook in hooks:
            if hook != "build" and "deploy/hooks/" + hook not in pushed[name]:
                warn("deploy/hooks/%s is not in the build: deploy/excludes leaves it out, and a deploy is refused" % hook, name)
        if disk["needed_bytes"] > disk["free_bytes"] or disk["needed_inodes"] > (disk["free_inodes"] or 1 << 62):
            warn("the disk has too little room: %s" % text.disk(disk), name)
        secret = files.unreadable(trees[name])
        if secret:
            warn("%d files of the live build may not be read by %s: they count as changed" % (len(secret), host["user"]), name)
        if trees[name] is None:
            warn("the live build could not be listed: what would be removed is not known", name)
        if told[name].get("root"):
            warn("%s is not there: a deploy makes it, if it may" % os.environ["SLIPWAY_PROJECT_ROOT"], name)
    return [{"text": sentence, "hosts": names} for sentence, names in found.items()]


def plan_of(work, source, hooks):
    told = facts.answers(os.path.join(work, "plan"))
    items, ends = facts.items(os.path.join(work, "items"))
    git = facts.git(os.path.join(work, "git"))
    every = facts.names(os.path.join(work, "hosts"))
    looked_at = set(facts.names(os.path.join(work, "planned")))
    compared = [name for name in every if name in looked_at and ends.get(name, {}).get("status") == 0]
    trees = {name: facts.tree(told[name]) for name in compared}
    requirements = env.Requirements(
        source, work, os.environ["SLIPWAY_REQUIREMENTS_FILE"], items[compared[0]] if compared else [])
    hosts = [host_of(name, told[name], items[name], trees[name], git, requirements) for name in compared]
    pushed = {name: {item["name"] for item in items[name]} for name in compared}
    return {
        "version": 1,
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "commit": git["commit"], "branch": git["branch"], "dirty": git["dirty"] is not None, "project_root": os.environ["SLIPWAY_PROJECT_ROOT"],
        "hooks": hooks,
        "migrate_on": every[0] if "migrate" in hooks else None,
        "hosts": hosts,
        "missing": [name for name in every if name not in compared],
        "differences": differences_of(hosts, trees),
        "warnings": warnings_of(told, trees, hosts, hooks, pushed),
        "commits": git["subjects"],
    }


def write(folder, name, content):
    """Whole or not at all, and readable by who collects artifacts."""
    path = os.path.join(folder, name)
    with open(path + ".new", "w", encoding="utf-8") as file:
        file.write(content)
    os.chmod(path + ".new", 0o644)
    os.replace(path + ".new", path)


def exact(plan):
    """For JSON: names that are not UTF-8 as rsync-push --json has them."""
    def name(one):
        raw = os.fsencode(one["name"])
        shown = raw.decode("utf-8", "replace")
        return one if shown == one["name"] else dict(one, name=shown, name_hex=raw.hex())

    hosts = [dict(host, entries=[name(one) for one in host["entries"]]) for host in plan["hosts"]]
    return json.dumps(dict(plan, hosts=hosts), indent=1).encode("utf-8", "replace").decode()


def main(work, source, report_dir, hooks):
    plan = plan_of(work, source, hooks.split())
    print(text.plan(plan), end="")
    if report_dir:
        write(report_dir, "plan.json", exact(plan) + "\n")
        write(report_dir, "plan.html", sheet.plan(plan))


try:
    main(*sys.argv[1:])
except OSError as error:
    sys.exit("slipway: plan: %s: %s" % (error.filename, error.strerror))
