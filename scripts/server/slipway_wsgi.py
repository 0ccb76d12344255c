# SPDX-License-Identifier: MIT
"""The module that a WSGI server loads in place of the application: slipway_wsgi:application.

It resolves `current` once in each process, enters the real directory of that build, puts it first
on the path and the packages of the build's own env behind the standard library, then imports the
application. So a reload of any kind loads the build that `current` names at that moment, and no
process ever mixes two builds: a module imported after the link has moved still comes from the
build that the process began with. (gunicorn --preload with HUP is the one exception: it imports
nothing again.)

Environment:
  SLIPWAY_WSGI  module:callable of the application; default app:app
  SLIPWAY_ROOT  the project root; default: the parent of the folder this file is in
  SLIPWAY_TRY_BUILD  a build's directory to load in place of `current`, finished or not: how a
                release is tried before it goes live (SLIPWAY_TRY is slipway's setting `try`)
Sets SLIPWAY_RELEASE to the build's name before the application is imported. Every answer names it in
the header X-Slipway-Release: so slipway knows which build it was that answered the health check.
"""
import importlib
import os
import site
import sys


def resolve(root):
    """The real directory of the build that `current` names now, or of the one that is tried."""
    tried = os.environ.pop("SLIPWAY_TRY_BUILD", None)
    if tried:
        return os.path.realpath(tried)
    link = os.path.join(root, "current")
    build = os.path.realpath(link)
    if not os.path.isdir(build):
        raise RuntimeError("%s leads to no build" % link)
    if os.path.exists(os.path.join(build, ".incomplete")):
        raise RuntimeError("%s is not complete" % build)
    return build


def packages(build):
    """site-packages of the build's env for the running interpreter; None without an env."""
    env = os.path.join(build, "env")
    if not os.path.exists(env):
        return None
    folder = os.path.join(
        os.path.realpath(env), "lib", "python%d.%d" % sys.version_info[:2], "site-packages"
    )
    if not os.path.isdir(folder):
        raise RuntimeError(
            "%s was made for another Python than the server's %d.%d"
            % (env, *sys.version_info[:2])
        )
    return folder


def enter(build):
    """Make the build the process's directory and the first place that modules come from."""
    os.chdir(build)
    folder = packages(build)
    if folder is not None:
        before = list(sys.path)
        site.addsitedir(folder)
        added = [entry for entry in sys.path if entry not in before]
        system = [entry for entry in before if entry.endswith("-packages")]
        rest = [entry for entry in before if entry not in system]
        sys.path[:] = rest + added + system
    sys.path.insert(0, build)
    os.environ["SLIPWAY_RELEASE"] = os.path.basename(build)


def load(spec):
    """Import module:callable (dots allowed in both halves)."""
    module, _, attribute = spec.partition(":")
    found = importlib.import_module(module)
    for part in (attribute or "application").split("."):
        found = getattr(found, part)
    return found


class Released:
    """The application, its attributes too; what it answers names the build."""

    HEADER = "X-Slipway-Release"

    def __init__(self, wrapped, release):
        self._wrapped = wrapped
        self._release = release

    def __call__(self, environ, start_response):
        def start(status, headers, exc_info=None):
            named = [(name, value) for name, value in headers if name.lower() != self.HEADER.lower()]
            named.append((self.HEADER, self._release))
            # Some servers' own function takes no more than it must.
            return start_response(status, named, *([exc_info] if exc_info else []))

        return self._wrapped(environ, start)

    def __getattr__(self, name):
        if name in ("_wrapped", "_release"):  # not there yet: being copied
            raise AttributeError(name)
        return getattr(self._wrapped, name)


# uWSGI's master has it where workers are to end between two requests: see there.
if "slipway_uwsgi" in sys.modules:
    sys.modules["slipway_uwsgi"].hold()

_here = os.path.dirname(os.path.abspath(__file__))
enter(resolve(os.environ.get("SLIPWAY_ROOT") or os.path.dirname(_here)))
application = Released(
    load(os.environ.get("SLIPWAY_WSGI") or "app:app"), os.environ["SLIPWAY_RELEASE"]
)
