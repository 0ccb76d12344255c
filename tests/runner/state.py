# SPDX-License-Identifier: MIT
"""What outlives a pipeline, as CircleCI keeps it for a project: numbers, caches, results."""
import contextlib
import fcntl
import json
import pathlib


class State:
    """The state directory; several runners may use it at once."""

    def __init__(self, directory):
        self.root = pathlib.Path(directory).resolve()
        self.caches = self.root / "caches"
        self.pipelines = self.root / "pipelines"
        for path in (self.caches, self.pipelines):
            path.mkdir(parents=True, exist_ok=True)

    @contextlib.contextmanager
    def locked(self):
        with open(self.root / "lock", "w", encoding="ascii") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX)
            yield

    def next_number(self, name):
        """Count up: name is pipeline or build."""
        with self.locked():
            path = self.root / f"{name}.number"
            number = int(path.read_text("ascii")) + 1 if path.exists() else 1
            path.write_text(f"{number}\n", "ascii")
        return number

    def new_folder(self, number):
        """The folder of a pipeline; of its reruns N.1, N.2 …"""
        path, reruns = self.pipelines / str(number), 0
        while path.exists():
            reruns += 1
            path = self.pipelines / f"{number}.{reruns}"
        path.mkdir()
        return path

    def result(self, number):
        """What is known of the pipeline that ran first under this number."""
        path = self.pipelines / str(number) / "result.json"
        return json.loads(path.read_text("utf-8"))

    def _cache_index(self):
        path = self.caches / "index.json"
        return json.loads(path.read_text("utf-8")) if path.exists() else []

    def has_cache(self, key):
        with self.locked():
            return any(entry["key"] == key for entry in self._cache_index())

    def find_cache(self, prefix):
        """(key, file) of the cache saved last whose key begins with prefix, or None."""
        with self.locked():
            for entry in reversed(self._cache_index()):
                if entry["key"].startswith(prefix):
                    return entry["key"], self.caches / entry["file"]
        return None

    def add_cache(self, key, archive):
        """Keep the file archive under key; keys are immutable, the first one stays."""
        with self.locked():
            index = self._cache_index()
            if any(entry["key"] == key for entry in index):
                archive.unlink()
                return False
            name = f"{len(index) + 1}.tar"
            archive.rename(self.caches / name)
            index.append({"key": key, "file": name})
            (self.caches / "index.json").write_text(json.dumps(index, indent=1), "utf-8")
        return True
