# SPDX-License-Identifier: MIT
"""servers.py: the commands that supervisor and systemd run, from their configuration."""
import os
import shlex

import files

SUPERVISOR = ("/etc/supervisord.conf", "/etc/supervisor/supervisord.conf")
UNITS = ("/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system",
         "/usr/lib/systemd/system", "/lib/systemd/system")


class Command:
    """One program: the manager that runs it ("supervisor", "systemd"), its name there, its words."""

    def __init__(self, manager, name, line, options, where):
        self.manager, self.name, self.line, self.options, self.where = manager, name, line, options, where
        self.user = options.get("user", "")
        self.directory = options.get("directory", "")
        try:
            self.argv = shlex.split(line)
        except ValueError:
            self.argv = line.split()
        # sh -c 'cd X && exec gunicorn ...': the words after the shell's. The shell has been elsewhere.
        self.by_shell = len(self.argv) > 2 and os.path.basename(self.argv[0]) in ("sh", "bash", "dash") \
            and self.argv[1].endswith("c")
        if self.by_shell:
            try:
                self.argv = shlex.split(self.argv[2])
            except ValueError:
                self.argv = self.argv[2].split()

    def text(self):
        """All that may name the project root; uwsgi.py adds what a file of its own says."""
        return "\n".join([self.line, self.directory] + [str(value) for value in self.options.values()])

    def after(self, *programs):
        """The words after the program of one of these names; None if it is another program."""
        for at, word in enumerate(self.argv):
            name = os.path.basename(word)
            if name in programs or name.rstrip("0123456789.-") in programs:
                return self.argv[at + 1:]
        return None


def supervisor_files():
    """[(path, lines)] of the main file that is there, and what it includes."""
    for main in SUPERVISOR:
        text = files.read(main)
        if text is None:
            continue
        found = [(main, files.ini(text, main, inline=";", continued=True))]
        for section, key, value, _ in found[0][1]:
            if (section, key) == ("include", "files"):
                here = os.path.dirname(main)
                for pattern in value.replace("%(here)s", here).split():
                    for path in files.matches(os.path.join(here, pattern)):
                        found.append((path, files.ini(files.read(path) or "", path, inline=";", continued=True)))
        return found
    return []


def supervisor_commands():
    sections = {}
    for path, lines in supervisor_files():
        for section, key, value, where in lines:
            kind, _, name = section.partition(":")
            if kind in ("program", "fcgi-program"):
                value = value.replace("%(here)s", os.path.dirname(path)).replace("%(program_name)s", name)
                sections.setdefault((name, where.rsplit(":", 1)[0]), {})[key] = (value, where)
    for (name, _), options in sections.items():
        if "command" in options:
            line, where = options["command"]
            command = Command("supervisor", name, line, {key: value for key, (value, _) in options.items()}, where)
            command.wheres = {key: place for key, (_, place) in options.items()}
            yield command


def unit_lines(path):
    """Lines of a unit and its drop-ins, continuation lines joined."""
    found = []
    name = os.path.basename(path)
    drops = [drop for folder in UNITS for drop in files.matches(os.path.join(folder, name + ".d", "*.conf"))]
    for file in [path] + drops:
        text = files.read(file)
        if text is not None:
            # A continued line keeps its number: what follows it moves up, and blank lines take its place.
            found += files.ini(text.replace("\\\n", " "), file)
    return found


def systemd_commands(host):
    seen = set()
    for folder in UNITS:
        for path in files.matches(os.path.join(folder, "*.service")):
            name = os.path.basename(path)[:-len(".service")]
            wanted = host.restart == "systemd" and host.restart_of in (name, name + ".service")
            if name in seen or os.path.realpath(path) == "/dev/null":
                continue
            seen.add(name)
            text = files.read(path)
            if text is None or not (wanted or host.mentioned(text)):
                continue
            options, wheres = {}, {}
            for section, key, value, where in unit_lines(path):
                if section == "Service":
                    options[key], wheres[key] = value, where
            if "ExecStart" not in options:
                continue
            options["user"] = options.get("User", "")
            options["directory"] = options.get("WorkingDirectory", "").lstrip("-")
            command = Command("systemd", name, options["ExecStart"].lstrip("-@:+!"), options, wheres["ExecStart"])
            command.wheres = dict(wheres, directory=wheres.get("WorkingDirectory", ""))
            yield command


def find(host):
    host.commands = list(supervisor_commands()) + list(systemd_commands(host))


def reload_signal(host):
    """Whether restart=command: or systemd: sends HUP, or asks for a reload."""
    if host.restart == "command":
        return any(word in host.restart_of.replace("-", " ").split() for word in ("HUP", "SIGHUP", "reload", "1"))
    if host.restart == "systemd":
        return any(command.manager == "systemd" and "ExecReload" in command.options for command in host.commands
                   if host.restart_of in (command.name, command.name + ".service"))
    return False
