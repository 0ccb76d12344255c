# SPDX-License-Identifier: MIT
"""The steps that move files in and out of the container: caches, workspaces, results."""
import base64
import hashlib
import pathlib
import posixpath
import subprocess
import tempfile
import xml.etree.ElementTree as tree

from container import command
from steps import StepFailed
from templates import KeyContext, expand_key

# Packs the arguments, as far as they exist, with their patterns expanded, from the folder $0.
PACK = ('cd -- "$0" || exit; IFS=; for p; do for f in $p; do '
        '[ -e "$f" ] || [ -L "$f" ] || { echo "$f: no such file or directory" >&2; continue; }; '
        'printf "%s\\0" "$f"; done; done | tar -cf - --null -T -')


def _pack(session, folder, paths, archive, log):
    """Write a tar archive of paths below folder; what is missing is a warning."""
    with open(archive, "wb") as out:
        done = subprocess.run(session.containers.words("sh", "-c", PACK, folder, *paths),
                              stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.PIPE,
                              check=False)
    log.write(done.stderr.decode(errors="replace"))
    if done.returncode != 0:
        raise StepFailed(f"tar: exit status {done.returncode}", done.returncode)


def _unpack(session, archive, folder):
    with open(archive, "rb") as stream:
        done = subprocess.run(session.containers.words("tar", "-xpf", "-", "-C", folder),
                              stdin=stream, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              check=False)
    if done.returncode != 0:
        raise StepFailed(done.stdout.decode(errors="replace").strip())


def _key_context(session):
    def checksum(name):
        path = session.path(name)
        if not session.containers.succeeds("test", "-f", path):
            raise FileNotFoundError(f"open {path}: no such file or directory")
        content = session.containers.output("cat", path)
        return base64.b64encode(hashlib.sha256(content).digest()).decode()
    return KeyContext(session.pipeline.key_values(session.exported), checksum, session.exported)


def _expanded(session, key, log):
    """The key, or None with CircleCI's notice where a file of its checksum is missing."""
    try:
        return expand_key(key, _key_context(session))
    except OSError as error:
        log.write(f"error computing cache key: template: cacheKey: {error}\n")
        return None


def restore_cache(session, body, log):
    """The cache saved last whose key begins with the first key that matches any."""
    for template in body.get("keys") or [body["key"]]:
        prefix = _expanded(session, template, log)
        if prefix is None:
            return
        found = session.pipeline.state.find_cache(prefix)
        if found:
            key, archive = found
            _unpack(session, archive, "/")
            log.write(f"Found a cache from an earlier build at {key}\n"
                      f"Cache size: {archive.stat().st_size} bytes\n")
            return
        log.write(f"No cache is found for key: {prefix}\n")


def save_cache(session, body, log):
    key = _expanded(session, body["key"], log)
    if key is None:
        return
    state = session.pipeline.state
    if state.has_cache(key):
        log.write(f"Skipping cache generation, cache already exists for key: {key}\n")
        return
    with tempfile.NamedTemporaryFile(dir=state.caches, suffix=".new", delete=False) as new:
        archive = pathlib.Path(new.name)
    paths = [session.path(path).lstrip("/") for path in body["paths"]]
    _pack(session, "/", paths, archive, log)
    state.add_cache(key, archive)
    log.write(f"Stored Cache to {key}\n")


def persist_to_workspace(session, body, log):
    node, layers = session.environment["CIRCLE_NODE_INDEX"], list(session.workspace.iterdir())
    layer = session.workspace / f"{len(layers):03}-{node}.tar"
    _pack(session, session.path(body["root"]), body["paths"], layer, log)


def attach_workspace(session, body, log):
    into = session.path(body["at"])
    session.containers.output("mkdir", "-p", into)
    for layer in sorted(session.workspace.iterdir()):
        _unpack(session, layer, into)
        log.write(f"Applying workspace layer {layer.stem}\n")


def _fetch(session, path, folder, log):
    """Copy a file or folder of the container below folder; False if it is not there."""
    if not session.containers.succeeds("test", "-e", path):
        log.write(f"{path}: no such file or directory\n")
        return False
    folder.mkdir(parents=True, exist_ok=True)
    whole = session.containers.succeeds("test", "-d", path)
    with tempfile.NamedTemporaryFile() as archive:
        _pack(session, path if whole else posixpath.dirname(path),
              ["."] if whole else [posixpath.basename(path)], archive.name, log)
        command("tar", "-xf", archive.name, "--no-same-owner", "-C", str(folder))
    return True


def store_artifacts(session, body, log):
    path = session.path(body["path"])
    named = body.get("destination", body["path"].removeprefix("~/").lstrip("/"))
    folder = session.results.artifacts / posixpath.normpath(named)
    if session.results.artifacts not in (folder, *folder.parents):
        raise StepFailed(f"store_artifacts: destination leaves its folder: {named}")
    if _fetch(session, path, folder, log):
        stored = [file for file in sorted(folder.rglob("*")) if file.is_file()]
        log.write("".join(f"{file.relative_to(session.results.artifacts)}\n" for file in stored))


def store_test_results(session, body, log):
    if not _fetch(session, session.path(body["path"]), session.results.tests, log):
        return
    counts = count_tests(session.results.tests)
    session.results.counts = counts
    log.write(", ".join(f"{name} {count}" for name, count in counts.items()) + "\n")


def count_tests(folder):
    """Sums over the JUnit files below folder."""
    counts = dict.fromkeys(("tests", "failures", "errors", "skipped"), 0)
    for path in folder.rglob("*.xml"):
        for suite in tree.parse(path).getroot().iter("testsuite"):
            for name in counts:
                counts[name] += int(suite.get(name, 0))
    return counts
