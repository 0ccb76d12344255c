# SPDX-License-Identifier: MIT
"""source.py: what the source says of the application, by reading it. Nothing of it is imported or run."""
import ast
import os
import re

SKIP = {"node_modules", "venv", "env", "virtualenv", "build", "dist", "site-packages", "tests", "test",
        "testing", "migrations", "docs", "deploy", "__pycache__"}
# What makes a WSGI application when it is called at the top of a module.
MAKERS = {"flask.Flask": "Flask", "bottle.Bottle": "Bottle", "bottle.default_app": "Bottle",
          "falcon.App": "Falcon", "falcon.API": "Falcon",
          "django.core.wsgi.get_wsgi_application": "Django"}
ASGI = {"fastapi.FastAPI": "FastAPI", "starlette.applications.Starlette": "Starlette", "quart.Quart": "Quart"}
FACTORY = re.compile(r"(create|make|build|get)_(wsgi_)?(app|application)$")
FILES = ["wsgi.py", "app.py", "application.py", "main.py", "__init__.py"]
NAMES = ["application", "app"]
HEALTH = re.compile(r"^/?(_?_?health(z|check|y)?|ready(z)?|livez?|ping|status)/?$")


class Source:
    """One Python file: its path, its tree, and what names in it were imported as."""

    def __init__(self, path, tree):
        self.path = path
        self.tree = tree
        self.imported = {}
        for node in tree.body:
            if isinstance(node, ast.ImportFrom):
                for name in node.names:
                    self.imported[name.asname or name.name] = f"{node.module or ''}.{name.name}"
            elif isinstance(node, ast.Import):
                for name in node.names:
                    self.imported[name.asname or name.name] = name.name

    @property
    def module(self):
        name = self.path[:-3].replace("/", ".")
        return name[:-len(".__init__")] if name.endswith(".__init__") else name

    def called(self, node):
        """What a call calls, in full: flask.Flask, whatever it is imported as."""
        parts = []
        node = node.func if isinstance(node, ast.Call) else None
        while isinstance(node, ast.Attribute):
            parts.insert(0, node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return ".".join(parts)
        return ".".join([self.imported.get(node.id, node.id), *parts])


def walk(folder, skip):
    """Paths of files below folder, relative to it, those near the top first."""
    found = []
    for here, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in skip and not name.startswith(".")
                            and not os.path.exists(os.path.join(here, name, "pyvenv.cfg")))
        found += [os.path.relpath(os.path.join(here, name), folder) for name in sorted(files)]
        if len(found) > 20000:
            break
    return sorted(found, key=lambda path: (path.count("/"), path))


def read(folder, path):
    try:
        with open(os.path.join(folder, path), encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def sources(folder):
    for path in walk(folder, SKIP):
        if path.endswith(".py"):
            try:
                yield Source(path, ast.parse(read(folder, path)))
            except (SyntaxError, ValueError):
                continue


def strings(node):
    """Strings in an expression, as they stand in the text."""
    found = [each for each in ast.walk(node) if isinstance(each, ast.Constant) and isinstance(each.value, str)]
    return [each.value for each in sorted(found, key=lambda each: (each.lineno, each.col_offset))]


def assigned(source):
    """(name, value, line) of what a module sets at its top."""
    for node in source.tree.body:
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                if isinstance(target, ast.Name):
                    yield target.id, node.value, node.lineno


def application_in(source):
    """(name, framework, line) of each WSGI application that a module has at its top."""
    for name, value, line in assigned(source):
        call = source.called(value)
        last = call.rpartition(".")[2]
        if call in MAKERS:
            yield name, MAKERS[call], line
        elif last == "make_wsgi_app":
            yield name, "Pyramid", line
        elif FACTORY.match(last):
            yield name, "WSGI", line
    for node in source.tree.body:
        if isinstance(node, ast.FunctionDef) and node.name in NAMES and len(node.args.args) == 2:
            yield node.name, "WSGI", node.lineno
    if os.path.basename(source.path) == "wsgi.py":
        for name in NAMES:
            if name in source.imported:
                yield name, "WSGI", 1


def rank(candidate):
    source, name, _, _ = candidate
    base = os.path.basename(source.path)
    return (FILES.index(base) if base in FILES else len(FILES), source.path.count("/"),
            0 if name in NAMES else 1, source.path)


class Code:
    """What was found: wsgi and why, framework, and what else a deploy needs to know."""

    def __init__(self, folder):
        self.folder = folder
        self.sources = list(sources(folder))
        self.by_path = {source.path: source for source in self.sources}
        self.wsgi = self.wsgi_why = self.framework = self.factory = self.asgi = self.django = None
        self.find_application()
        self.declared()
        self.health = self.find_health()
        self.variables = self.find_variables()

    def find_application(self):
        found = [(source, *each) for source in self.sources for each in application_in(source)]
        frameworks = [each[2] for each in found if each[2] != "WSGI"]
        if self.find_django():
            return
        if found:
            source, name, framework, line = min(found, key=rank)
            self.wsgi = f"{source.module}:{name}"
            self.wsgi_why = f"{source.path}:{line}"
            self.framework = framework if framework != "WSGI" else (frameworks or ["WSGI"])[0]
            if self.framework == "WSGI" and any("flask" in each.imported.values() or "flask.Flask" in
                                                each.imported.values() for each in self.sources):
                self.framework = "Flask"
            return
        for source in self.sources:
            for node in source.tree.body:
                if isinstance(node, ast.FunctionDef) and FACTORY.match(node.name):
                    self.factory = (source.module, node.name, f"{source.path}:{node.lineno}")
            for _, value, line in assigned(source):
                if source.called(value) in ASGI:
                    self.asgi = (ASGI[source.called(value)], f"{source.path}:{line}")

    def declared(self):
        """A Procfile or a uwsgi.ini that says which application is served is right."""
        for path in ("Procfile", "uwsgi.ini", "app.ini", "wsgi.ini"):
            text = read(self.folder, path)
            if path == "Procfile":
                match = re.search(r"^web:.*?\s([\w.]+:[\w.]+)(\s|$)", text, re.M)
            elif "[uwsgi]" in text:
                match = re.search(r"^\s*(?:module|wsgi)\s*=\s*([\w.]+:[\w.]+)\s*$", text, re.M)
            else:
                continue
            if match and self.module_exists(match[1].partition(":")[0]):
                self.wsgi, self.wsgi_why = match[1], path
                self.framework = self.framework or "WSGI"

    def module_exists(self, module):
        path = module.replace(".", "/")
        return any(name in self.by_path for name in (path + ".py", path + "/__init__.py"))

    def find_django(self):
        manage = self.by_path.get("manage.py")
        module = manage and next((text for text in strings(manage.tree)
                                  if re.fullmatch(r"[\w.]*settings[\w.]*", text)), None)
        if not module:
            return False
        self.django = Django(self, module)
        self.framework = "Django"
        self.wsgi, self.wsgi_why = self.django.wsgi()
        return True

    def find_health(self):
        """(path, where) of a route that sounds like a health check."""
        for source in self.sources:
            for node in ast.walk(source.tree):
                if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                    last = source.called(node).rpartition(".")[2]
                    path = node.args[0].value
                    if last in ("get", "route", "path", "re_path", "add_url_rule", "add_route") and \
                            isinstance(path, str) and HEALTH.match(path) and \
                            (path.startswith("/") or last == "path"):
                        return "/" + path.lstrip("/"), f"{source.path}:{node.lineno}"
        return None

    def find_variables(self):
        """Names of the environment variables that the source reads, with where."""
        found = {}
        for source in self.sources:
            for node in ast.walk(source.tree):
                name = None
                if isinstance(node, ast.Call) and node.args:
                    if re.search(r"(environ\.get|getenv|^env(\.\w+)?|^config)$", source.called(node)):
                        name = node.args[0]
                elif isinstance(node, ast.Subscript) and isinstance(node.value, (ast.Attribute, ast.Name)):
                    if (node.value.attr if isinstance(node.value, ast.Attribute) else node.value.id) == "environ":
                        # Python 3.8 has the key in an Index.
                        name = getattr(node.slice, "value", node.slice)
                        name = node.slice if isinstance(name, str) else name
                name = getattr(name, "value", None)
                if isinstance(name, str) and re.fullmatch(r"[A-Z][A-Z0-9_]+", name) and \
                        not name.startswith(("SLIPWAY_", "DJANGO_SETTINGS")):
                    found.setdefault(name, f"{source.path}:{node.lineno}")
        return found


class Django:
    """A Django project, by the settings that its manage.py names."""

    def __init__(self, code, settings):
        self.code, self.settings = code, settings
        below = settings.replace(".", "/")
        package = os.path.dirname(below)
        folders = [below] + ([package] if os.path.basename(package) == "settings" else [])
        self.files = [source for source in code.sources
                      if source.path == below + ".py" or os.path.dirname(source.path) in folders]

    def setting(self, name):
        for source in self.files:
            for each, value, line in assigned(source):
                if each == name:
                    return value, f"{source.path}:{line}"
        return None, None

    def wsgi(self):
        value, where = self.setting("WSGI_APPLICATION")
        if isinstance(value, ast.Constant) and isinstance(value.value, str) and "." in value.value:
            module, _, name = value.value.rpartition(".")
            return f"{module}:{name}", where
        for source in self.code.sources:
            for name, framework, line in application_in(source):
                if framework == "Django":
                    return f"{source.module}:{name}", f"{source.path}:{line}"
        return None, None

    def static_root(self):
        """(folder below the project, where); nothing if it is elsewhere."""
        value, where = self.setting("STATIC_ROOT")
        if value is None:
            return None
        if isinstance(value, ast.Constant):
            parts = [value.value] if isinstance(value.value, str) else []
        else:
            parts = strings(value)
        path = "/".join(parts)
        if not path or path.startswith("/") or ".." in path:
            return None
        return os.path.normpath(path), where

    def postgres(self):
        for source in self.files:
            if any("postgres" in text for text in strings(source.tree)):
                return source.path
        return None

    def shuts_out_localhost(self):
        """Where ALLOWED_HOSTS is a list that a request to localhost does not pass."""
        value, where = self.setting("ALLOWED_HOSTS")
        if not isinstance(value, (ast.List, ast.Tuple)) or any(not isinstance(each, ast.Constant)
                                                               for each in value.elts):
            return None
        hosts = strings(value)
        debug, _ = self.setting("DEBUG")
        if not hosts and isinstance(debug, ast.Constant) and debug.value is True:
            return None
        return None if "*" in hosts or "localhost" in hosts else where
