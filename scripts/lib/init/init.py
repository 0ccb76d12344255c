# SPDX-License-Identifier: MIT
"""init.py: looks at the application in the current folder, and writes what its deployment needs.

usage: init.py VERSION TABLE [--diff]

TABLE is the table of settings (lib/settings.sh). A setting that is in the environment with another value
than its default was given, and stands; the rest is found out. A file that is there is kept.
"""
import difflib
import os
import re
import subprocess
import sys

import files
from ansible import Ansible, hosts_of
from needs import LOCKS, POSTGRES, Needs
from source import SKIP, Code, read, walk

# Settings that are about the connection from here, or that deploy/hosts has.
NOT_WRITTEN = {"hosts", "user", "port", "identity", "known_hosts", "host_key", "ssh_config", "connect_timeout",
               "parallel", "source", "excludes_file"}


def git(*arguments):
    done = subprocess.run(["git", *arguments], text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          check=False)
    return done.stdout.strip() if done.returncode == 0 else ""


def default_branch():
    """(name, why)"""
    remote = git("symbolic-ref", "--short", "refs/remotes/origin/HEAD").partition("/")[2]
    if remote:
        return remote, "the default branch of origin"
    for name in ("main", "master", "trunk"):
        if git("rev-parse", "--verify", "--quiet", f"refs/heads/{name}"):
            return name, "a branch of that name is there"
    current = git("symbolic-ref", "--short", "HEAD")
    return (current, "the branch that is checked out") if current else ("main", "nothing says otherwise")


def application_folder():
    """Where the application is: not at the top if manage.py alone is in a folder."""
    found = next((path for path in walk(".", SKIP) if os.path.basename(path) == "manage.py"), "")
    return os.path.dirname(found) or "."


class Facts:
    """All that the files are made from; found holds what to tell, todo what is left to do."""

    def __init__(self, version, table):
        # The orb of this series; before 1.0 that is a minor one.
        self.version = re.match(r"0\.\d+|\d+", version)[0]
        self.table = [line.rstrip("\n").split("|") for line in table]
        self.found, self.todo, self.settings = [], [], []
        self.given = {key: value for key, _, _, default, _ in self.table
                      for value in [os.environ.get("SLIPWAY_" + key.upper(), "")] if value not in ("", default)}
        self.app = self.given.get("source") or application_folder()
        self.code, self.needs, self.ansible = Code(self.app), Needs(self.app), Ansible(".")
        if self.app != ".":
            self.tell("source", self.app, "manage.py is there")
        self.branch, why = default_branch()
        self.tell("branch", self.branch, why)
        self.look_at_requirements()
        self.look_at_tests()
        self.look_at_hosts()
        self.look_at_django()
        self.choose_settings()
        self.excludes_text = ""
        if self.ansible.excludes:
            self.excludes_text = f"# From {self.ansible.excludes}:\n" + read(".", self.ansible.excludes)
            self.tell("excludes", self.ansible.excludes, "the Ansible role's")

    def tell(self, what, value, why):
        self.found.append((what, value, why))

    def leave(self, what, *commands):
        self.todo.append((what, commands))

    def in_app(self, path):
        return os.path.normpath(os.path.join(self.app, path))

    def look_at_requirements(self):
        needs = self.needs
        self.requirements = self.given.get("requirements_file") or needs.requirements or \
            ("requirements.txt" if needs.lock else "none")
        if needs.lock and "requirements_file" not in self.given:
            self.tell("requirements", "requirements.txt", f"to be made of {needs.lock}: pip reads it on the hosts")
            self.leave(f"make requirements.txt of {needs.lock}, and again when that changes", LOCKS[needs.lock][0])
        elif self.requirements == "none" and self.app != "." and Needs(".").requirements:
            self.requirements = "requirements.txt"
            self.leave("have the requirements in the folder that is deployed",
                       f"git mv {Needs('.').requirements} {self.app}/requirements.txt")
        else:
            self.tell("requirements", self.requirements,
                      "given" if "requirements_file" in self.given else
                      "the first of the usual names" if needs.requirements else "no file of requirements, and no lock")
        self.python = needs.python
        if needs.python:
            self.tell("python", needs.python, needs.python_why)

    def look_at_tests(self):
        needs = self.needs
        self.tests, self.test_command = needs.tests, None
        self.test_requirements, self.write_test_requirements = self.requirements, None
        self.not_deployed = sorted({path for path in ("tests", "pytest.ini", "tox.ini") if os.path.exists(self.in_app(path))})
        self.not_deployed = [path + "/" if os.path.isdir(self.in_app(path)) else path for path in self.not_deployed]
        postgres = needs.has(*sorted(POSTGRES)) or (self.code.django and self.code.django.postgres())
        self.tell("database", "Postgres" if postgres else "none that is known",
                  f"{postgres} asks for it" if postgres else "the tests have a Postgres beside them all the same")
        if not needs.tests:
            self.tell("tests", "none", "no test_*.py: the pipeline only deploys")
            return
        if needs.test_file:
            self.not_deployed.append(needs.test_file)
            both = needs.test_packages and f"-r {os.path.basename(self.requirements)}" not in \
                re.sub(r"\.\./", "", read(self.app, needs.test_file))
            self.test_requirements = f"{self.requirements} {needs.test_file}" if both and \
                self.requirements != "none" else needs.test_file
        elif needs.lock:
            self.test_requirements = "requirements-test.txt"
            self.not_deployed.append("requirements-test.txt")
            self.leave("make requirements-test.txt, with pytest in it", LOCKS[needs.lock][1])
        if "pytest" in needs.test_packages:
            self.tell("tests", "pytest", f"{needs.tests}, and pytest is required")
        elif self.code.django:
            self.test_command = "python manage.py test"
            self.tell("tests", self.test_command, f"{needs.tests}, and pytest is not required")
        elif needs.test_file or needs.lock:
            self.tell("tests", "pytest", f"{needs.tests}; but no file requires pytest")
            if needs.test_file:
                self.leave("require pytest", f"echo pytest >>{self.in_app(needs.test_file)}")
        else:
            self.write_test_requirements = self.test_requirements = "requirements-test.txt"
            self.test_requirements_text = ("" if self.requirements == "none" else f"-r {self.requirements}\n") + \
                "pytest\n"
            self.not_deployed.append("requirements-test.txt")
            self.tell("tests", "pytest", f"{needs.tests}; requirements-test.txt asks for pytest")

    def look_at_hosts(self):
        self.user, self.port = self.given.get("user", "deploy"), self.given.get("port")
        self.hosts, self.inventory_text, self.group = [], None, ""
        given = self.given.get("hosts", "")
        inventory, _, group = given.partition(":")
        if given and not os.path.isfile(inventory):
            self.hosts = [name for name in re.split(r"[,\s]+", given) if name]
            self.tell("hosts", ", ".join(self.hosts), "given")
        elif given or (self.ansible.inventory and not os.path.exists("deploy/hosts")):
            if not given:
                inventory, group = self.ansible.inventory, self.ansible.group
            self.group = group
            self.inventory_text = f"# From {inventory}.\n" + read(".", inventory)
            self.tell("hosts", ", ".join(name for name, _ in hosts_of(".", self.of_group(inventory))),
                      f"{inventory}" + (f", group {group}" + ("" if given else
                                        f", which {self.ansible.playbook} deploys to") if group else ""))
        elif os.path.exists("deploy/hosts"):
            group = self.ansible.group
            self.group = group if group and hosts_of(".", f"deploy/hosts:{group}") else ""
            self.inventory_text = read(".", "deploy/hosts")
            self.tell("hosts", ", ".join(name for name, _ in hosts_of(".", "deploy/hosts")) or "none", "deploy/hosts")
        else:
            self.tell("hosts", "none", "no inventory was found, and no --hosts given")
            self.leave("name the hosts in deploy/hosts, one a line")

    def of_group(self, inventory):
        return f"{inventory}:{self.group}" if self.group else inventory

    def look_at_django(self):
        self.migrate = self.prepare = None
        self.env_file = self.given.get("env_file")
        self.assets = None
        django = self.code.django
        if django:
            self.migrate = "python -B manage.py migrate --noinput"
            self.tell("migration", self.migrate, f"manage.py, of {django.settings}")
            static = django.static_root()
            if static:
                self.prepare = "python -B manage.py collectstatic --noinput"
                self.assets = (static[0], static[1])
                self.tell("static files", static[0], f"STATIC_ROOT, {static[1]}")
            if django.shuts_out_localhost():
                self.leave(f"add \"localhost\" to ALLOWED_HOSTS ({django.shuts_out_localhost()}): a release is asked as "
                           "that when it is tried")
        elif self.needs.has("flask-migrate") and os.path.isdir(self.in_app("migrations")) and self.code.wsgi:
            self.migrate = f"flask --app {self.code.wsgi} db upgrade"
            self.tell("migration", self.migrate, "flask-migrate, and migrations/ is there")
        elif os.path.isfile(self.in_app("alembic.ini")):
            self.migrate = "alembic upgrade head"
            self.tell("migration", self.migrate, "alembic.ini")

    def set(self, key, value, why):
        """Into deploy/settings, unless a flag or a variable says otherwise."""
        if key in self.given:
            self.settings.append((key, self.given[key], ""))
        elif value:
            self.settings.append((key, value, why))

    def choose_settings(self):
        code, ansible = self.code, self.ansible.settings
        if code.wsgi and "wsgi" not in self.given:
            self.tell("application", f"{code.wsgi} ({code.framework})", code.wsgi_why)
        elif "wsgi" not in self.given:
            self.no_application()

        def from_ansible(key):
            return ansible.get(key, ("", ""))
        root, where = from_ansible("project_root")
        self.set("project_root", root or "/var/www/app", f"As in {where}." if root else
                 "Folder of the application on each host.")
        if self.app != ".":
            self.settings.append(("source", self.app, "Folder of the application here; hooks are in its deploy/hooks."))
        if self.group:
            self.settings.append(("hosts", self.of_group("deploy/hosts"), "Of the inventory, this group."))
        self.settings.append(("known_hosts", "deploy/known_hosts", "Host keys of the hosts; nothing is deployed to others."))
        self.set("wsgi", code.wsgi, f"module:callable, found in {code.wsgi_why}.")
        self.set("requirements_file", self.requirements, "")
        if self.needs.pinned:
            self.set("python", f"python{self.needs.python}", f"As {self.needs.python_why} says; the hosts must have it.")
        restart, where = from_ansible("restart")
        self.set("restart", restart or "supervisor:uwsgi", f"As in {where}." if restart else
                 "How a new build is taken up; docs/server-setup.md has ways without a pause.")
        become, where = from_ansible("become")
        self.set("become", become, f"By sudo, as in {where}.")
        if code.health:
            self.set("health_path", code.health[0], f"Found in {code.health[1]}. A new build must answer it before it "
                     "goes live, and before its migration.")
            self.tell("health", code.health[0], code.health[1])
        if self.code.asgi and not code.wsgi:
            self.set("try", "none", f"{self.code.asgi[0]} is no WSGI application: it cannot be tried before it goes live.")
        if self.assets:
            self.set("assets", self.assets[0], f"STATIC_ROOT, {self.assets[1]}: pages that are open find their files.")
        keep, where = from_ansible("keep_releases")
        self.set("keep_releases", keep, f"As in {where}.")
        done = {key for key, _, _ in self.settings}
        for key in self.given:
            if key not in done | NOT_WRITTEN:
                self.set(key, None, "")
        for key, (value, where) in ansible.items():
            self.tell(key, value, where)
        if "health_url" not in self.given:
            self.leave("the URL that each host asks itself after the restart, before the deploy counts as good",
                       f"echo health_url=http://127.0.0.1{code.health[0] if code.health else '/'} >>deploy/settings")
        if code.variables and not self.env_file:
            names = ", ".join(sorted(code.variables))
            self.leave(f"the application reads {names} from its environment: have them in a file on each host, and "
                       "name it", "echo env_file=/etc/app/env >>deploy/settings")

    def no_application(self):
        code = self.code
        if code.factory:
            module, name, where = code.factory
            self.tell("application", "none", f"only a function that makes one: {name}, {where}")
            self.settings.append(("wsgi", "wsgi:app", ""))
            self.leave("have a module with the application in it",
                       f"printf 'from {module} import {name}\\n\\napp = {name}()\\n' >wsgi.py")
        elif code.asgi:
            self.tell("application", "none", f"{code.asgi[0]} is ASGI, {code.asgi[1]}: restart and health_url have to do")
            self.leave("say how the server is restarted, and which URL proves it", "slipway --help")
        else:
            self.tell("application", "none", "no Flask(...), get_wsgi_application() or the like at the top of a module")
            self.leave("name the application", "echo wsgi=MODULE:CALLABLE >>deploy/settings")


def first_steps(facts):
    """What nobody but the reader can do, in the order in which it is needed."""
    logins = hosts_of(".", facts.of_group("deploy/hosts")) if os.path.exists("deploy/hosts") else []
    name = os.path.basename(os.getcwd())
    if not os.path.exists("deploy/known_hosts"):
        scans = []
        for _, login in logins:
            host, _, port = login.rpartition("@")[2].rpartition(":")
            scans.append(f"ssh-keyscan {'' if port == '22' else f'-p {port} '}{host.strip('[]')} >>deploy/known_hosts")
        facts.leave("host keys, from a machine that you trust; compare them with the hosts' own",
                    *(scans or ["ssh-keyscan HOST >>deploy/known_hosts"]))
    facts.leave("look at the hosts, then deploy from here", "slipway check", "slipway deploy")
    copies = [f"ssh-copy-id -f -i ~/.ssh/{name}-ci.pub {'-p ' + port + ' ' if port != '22' else ''}{login}"
              for login, _, port in (login.rpartition(":") for _, login in logins)]
    facts.leave("a key for CircleCI; the private half goes into the project's settings there, SSH Keys",
                f"ssh-keygen -t ed25519 -N '' -C {name}-ci -f ~/.ssh/{name}-ci",
                *(copies or [f"ssh-copy-id -f -i ~/.ssh/{name}-ci.pub {facts.user}@HOST"]), f"cat ~/.ssh/{name}-ci")
    facts.leave("the context that the jobs name; it may be empty (or: Organization Settings, Contexts)",
                "circleci context create github YOUR-ORGANIZATION production-deploy")
    facts.leave("push; set the project up in CircleCI", "git add .",
                "git commit -m 'Deploy with Slipway'", f"git push -u origin {facts.branch}")
    facts.leave("for the Rollback button: in the project's settings, Pipelines, add a pipeline with the config file "
                ".circleci/rollback.yml")


def write(path, text, mode):
    """Makes the file; never one that is there."""
    if os.path.dirname(path):
        os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
    with open(path, "x", encoding="utf-8") as file:
        file.write(text)
        os.chmod(path, mode)


def show_diff(written):
    for path, (text, _) in written.items():
        there = read(".", path) if os.path.exists(path) else ""
        sys.stdout.writelines(difflib.unified_diff(
            there.splitlines(True), text.splitlines(True), path if there else "/dev/null", path))


def show(title, lines):
    if lines:
        print(title)
        for line in lines:
            print("  " + line)
        print()


def main():
    version, table = sys.argv[1:3]
    os.umask(0o022)
    with open(table, encoding="utf-8") as file:
        facts = Facts(version, file)
    written = files.all_files(facts)
    if "--diff" in sys.argv:
        show_diff(written)
        return
    wrote, kept = [], []
    for path, (text, mode) in written.items():
        if os.path.lexists(path):
            kept.append(f"{path}  (it was there: slipway init --diff shows what it is not)")
        else:
            write(path, text, mode)
            wrote.append(path)
    first_steps(facts)
    width = max(len(what) for what, _, _ in facts.found)
    show("Found:", [f"{what:{width}}  {value}  ({why})" for what, value, why in facts.found])
    show("Wrote:", wrote)
    show("Kept:", kept)
    print("Left to do:")
    for number, (what, commands) in enumerate(facts.todo, 1):
        print(f"  {number}. {what}" + (":" if commands else ""))
        for command in commands:
            print(f"       {command}")


if __name__ == "__main__":
    try:
        main()
    except OSError as error:
        print(f"slipway: init: {error.filename}: {error.strerror}", file=sys.stderr)
        sys.exit(3)
