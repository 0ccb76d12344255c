# SPDX-License-Identifier: MIT
"""ansible.py: what an Ansible deployment that is there already says: inventory, group, the old role's
variables. YAML is read by lines: only plain values count, and none with {{ }}."""
import os
import re
import subprocess

from source import read, walk

INVENTORY = re.compile(r"(^|/)(hosts|inventory|production|prod|staging|web)(\.ini|\.cfg|\.inventory)?$")
# The names that our settings share with the old role, and what its other names are called here.
VARIABLES = {"project_root": "project_root", "keep_releases": "keep_releases", "uwsgi_program": "restart"}
PLAIN = re.compile(r"^\s*(\w+)\s*[:=]\s*[\"']?([^\"'#{}\n]+?)[\"']?\s*$", re.M)


def hosts_of(folder, inventory):
    """[(name, login)] by our own reader of inventories; nothing if it cannot read this one."""
    done = subprocess.run(["remote-run", "--hosts", inventory, "--list-hosts"], cwd=folder, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    return [tuple(line.split()[:2]) for line in done.stdout.splitlines()] if done.returncode == 0 else []


class Ansible:
    """inventory (path, or None), group (or ""), settings {key: (value, where)}, excludes (path, or None)."""

    def __init__(self, folder):
        self.folder = folder
        files = [path for path in walk(folder, {"node_modules", "venv", "env", "roles_path"})
                 if path.count("/") < 6 and not path.startswith("deploy/hosts")]
        self.yaml = [path for path in files if path.endswith((".yml", ".yaml"))]
        self.playbook, self.group, self.become = self.find_playbook()
        self.inventory = self.find_inventory(files)
        if self.inventory and self.group and not hosts_of(folder, f"{self.inventory}:{self.group}"):
            self.group = ""
        self.settings, self.excludes = {}, None
        if self.playbook or self.inventory:
            self.find_settings(files)

    def find_playbook(self):
        """The play that deploys: its hosts, and whether it becomes root."""
        found = []
        for path in self.yaml:
            text = read(self.folder, path)
            match = re.search(r"^(?:-|\s)\s*hosts:\s*([\w-]+)\s*$", text, re.M)
            if match and re.search(r"^\s*-?\s*(roles|tasks):", text, re.M):
                become = bool(re.search(r"\bbecome:\s*(yes|true)\b", text, re.I))
                found.append(("deploy" not in os.path.basename(path), path, match[1], become))
        if not found:
            return None, "", False
        _, path, group, become = min(found)
        return path, "" if group in ("all", "localhost") else group, become

    def find_inventory(self, files):
        named = [match[1] for path in files if os.path.basename(path) == "ansible.cfg"
                 for match in re.finditer(r"^\s*inventory\s*=\s*(\S+)", read(self.folder, path), re.M)]
        found = [path for path in files if INVENTORY.search(path)]
        # What ansible.cfg names, then what sounds like production.
        found.sort(key=lambda path: (not any(path.endswith(name.lstrip("./")) for name in named),
                                     "prod" not in path, "stag" in path))
        for path in found:
            text = read(self.folder, path)
            if "\0" not in text and re.search(r"^\[[\w:-]+\]|ansible_", text, re.M) and hosts_of(self.folder, path):
                return path
        return None

    def find_settings(self, files):
        for path in self.yaml + ([self.inventory] if self.inventory else []):
            if path.startswith((".circleci/", ".github/")):
                continue
            for name, value in PLAIN.findall(read(self.folder, path)):
                if name in VARIABLES:
                    value = f"supervisor:{value}" if name == "uwsgi_program" else value
                    self.settings.setdefault(VARIABLES[name], (value, path))
        if self.become:
            self.settings["become"] = ("1", self.playbook)
        self.excludes = next((path for path in files if re.search(r"rsync[_-]excludes?(\.txt)?$", path)), None)
