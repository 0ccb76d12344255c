# SPDX-License-Identifier: MIT
"""files.py: what a push would do on one host, from rsync's item of each entry, and what the live build
has that the new one will not. The letters are those of rsync -i: rsync(1)."""

BLOCK = 4096  # bytes of a disk that a file or folder takes at least


def compare(items, tree, assets):
    """The plan's "files" of a host: counts, and "entries" of all that is not as it was. tree: what is live, or
    None if that could not be listed."""
    live = None if tree is None else {entry[0]: entry for entry in tree["files"]}
    counts = dict.fromkeys(("sent", "sent_bytes", "new", "changed", "links", "modes", "linked", "folders", "blocks"), 0)
    entries = []
    for item in items:
        one = judged(item, live, counts)
        if one:
            entries.append(one)
    gone = [] if live is None else removed(items, live, tree["assets"], assets)
    counts["removed"] = None if live is None else sum(one["what"] == "removed" for one in gone)
    counts["removed_bytes"] = None if live is None else sum(one["size"] for one in gone if one["what"] == "removed")
    counts["kept"] = sum(one["what"] == "kept" for one in gone)
    counts["entries"] = sorted(entries + gone, key=lambda one: one["name"])
    return counts


def judged(item, live, counts):
    """Count the item; what the plan says of it, or None if it stays as it is."""
    how, kind, size = item["item"][0], item["item"][1], item["size"]
    if kind == "d":
        counts["folders"] += 1
        counts["blocks"] += BLOCK
        return None
    if how == "h":
        counts["linked"] += kind == "f"
        return None
    was = (live or {}).get(item["name"])
    told = {"name": item["name"], "size": size}
    if kind == "L":
        counts["links"] += 1
        told["what"] = "changed" if was or "+" not in item["item"] else "new"
    elif how == "<":
        counts["sent"] += 1
        counts["sent_bytes"] += size
        told["what"] = "changed" if was or "+" not in item["item"] else "new"
        counts[told["what"]] += 1
    else:
        counts["modes"] += 1
        told["what"] = "mode"
    counts["blocks"] += -(-size // BLOCK) * BLOCK if kind == "f" else 0
    if was:
        told["was"] = was[2]
    return told


def removed(items, live, own, assets):
    """Entries of the live build that the new one lacks. Of its own static files, assets keeps them."""
    there = {item["name"] for item in items}
    found = []
    for name in sorted(set(live) - there):
        what = "removed"
        if assets and name.startswith(assets + "/"):
            if own is not None and name[len(assets) + 1:] not in own:
                continue  # kept from an older build, and done with
            what = "kept"
        found.append({"name": name, "what": what, "size": live[name][2]})
    return found


def unreadable(tree):
    return [] if tree is None else [entry[0] for entry in tree["files"] if entry[1] == "f" and entry[3] is None]


def differing(trees):
    """Paths that the hosts' live builds do not have alike."""
    trees = [{entry[0]: entry[1:] for entry in tree["files"]} for tree in trees if tree is not None]
    every = set().union(*trees) if trees else set()
    return sorted(name for name in every if any(tree.get(name) != trees[0].get(name) for tree in trees))
