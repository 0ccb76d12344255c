# SPDX-License-Identifier: MIT
"""needs.py: which Python and which packages an application says that it needs."""
import json
import os
import re

from source import read, walk

RUN_FILES = ["requirements.txt", "requirements/production.txt", "requirements/prod.txt",
             "requirements-production.txt", "requirements-prod.txt", "requirements/base.txt"]
TEST_FILES = ["requirements-test.txt", "requirements-tests.txt", "requirements-dev.txt", "requirements_test.txt",
              "requirements_dev.txt", "requirements/test.txt", "requirements/tests.txt", "requirements/dev.txt",
              "requirements/development.txt", "requirements/local.txt", "test-requirements.txt",
              "dev-requirements.txt"]
# A lock file, and what makes requirements files of it that pip reads: to run the application, and to test it.
LOCKS = {
    "uv.lock": ("uv export --frozen --no-dev --no-emit-project -o requirements.txt",
                "uv export --frozen --no-emit-project -o requirements-test.txt"),
    "poetry.lock": ("poetry export --only main -o requirements.txt",
                    "poetry export --with dev -o requirements-test.txt"),
    "Pipfile.lock": ("pipenv requirements >requirements.txt", "pipenv requirements --dev >requirements-test.txt"),
    "pdm.lock": ("pdm export --prod -o requirements.txt", "pdm export --dev -o requirements-test.txt"),
    "pyproject.toml": ("uv pip compile pyproject.toml -o requirements.txt",
                       "uv pip compile --all-extras pyproject.toml -o requirements-test.txt"),
}
POSTGRES = {"psycopg", "psycopg2", "psycopg2-binary", "psycopg-binary", "asyncpg", "pg8000", "psycopg2cffi"}
TEST_NAME = re.compile(r"(^|/)(test_[^/]*|[^/]*_test|tests)\.py$")


def canonical(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def packages_of(folder, path, seen=None):
    """Names in a requirements file, and in those that it includes."""
    seen = set() if seen is None else seen
    if path in seen:
        return set()
    seen.add(path)
    found = set()
    for line in read(folder, path).splitlines():
        include = re.match(r"\s*(?:-r|--requirement)[\s=]*(\S+)", line)
        name = re.match(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)", line)
        if include:
            found |= packages_of(folder, os.path.normpath(os.path.join(os.path.dirname(path), include[1])), seen)
        elif name:
            found.add(canonical(name[1]))
    return found


def packages_of_lock(folder, path):
    text = read(folder, path)
    if path == "Pipfile.lock":
        try:
            sections = json.loads(text)
        except ValueError:
            return set()
        return {canonical(name) for part in ("default", "develop") for name in sections.get(part, {})}
    if path == "pyproject.toml":
        return {canonical(name) for name in re.findall(r"[\"']([A-Za-z][A-Za-z0-9._-]*)\s*[\"'=<>~!;\[]", text)}
    return {canonical(name) for name in re.findall(r"^name = \"([^\"]+)\"", text, re.M)}


class Needs:
    """requirements (a file, or None), lock (a file that requirements are to be made of, or None),
    test_files, packages, python ("3.11", or None), tests (a file with tests, or None)."""

    def __init__(self, folder):
        self.folder = folder
        self.requirements = self.first(RUN_FILES)
        self.lock = None if self.requirements else self.find_lock()
        self.packages = self.test_packages = set()
        if self.requirements:
            self.packages = packages_of(folder, self.requirements)
        elif self.lock:
            self.packages = packages_of_lock(folder, self.lock)
        self.test_file = self.first(TEST_FILES)
        self.test_packages = self.packages | (packages_of(folder, self.test_file) if self.test_file else set())
        self.tests = next((path for path in walk(folder, {"node_modules", "venv", "env", "site-packages"})
                           if TEST_NAME.search(path)), None)
        self.python, self.python_why, self.pinned = self.find_python()

    def first(self, paths):
        return next((path for path in paths if os.path.isfile(os.path.join(self.folder, path))), None)

    def find_lock(self):
        path = self.first(LOCKS)
        if path == "pyproject.toml" and not re.search(r"^(dependencies\s*=|\[tool\.poetry\.dependencies)",
                                                      read(self.folder, path), re.M):
            return None
        return path

    def has(self, *names):
        return next((name for name in names if name in self.packages), None)

    def find_python(self):
        """(version, file, whether the file names this one and no other)."""
        for path, pattern in ((".python-version", r"^(\d+\.\d+)"), ("runtime.txt", r"^python-(\d+\.\d+)"),
                              (".tool-versions", r"^python (\d+\.\d+)"),
                              ("Pipfile", r"^python_(?:full_)?version\s*=\s*[\"'](\d+\.\d+)")):
            match = re.search(pattern, read(self.folder, path), re.M)
            if match:
                return match[1], path, True
        match = re.search(r"^(?:requires-python|python)\s*=\s*[\"']\s*([~^=>]*)\s*(\d+\.\d+)",
                          read(self.folder, "pyproject.toml"), re.M)
        if match:
            return match[2], "pyproject.toml", False
        return None, None, False
