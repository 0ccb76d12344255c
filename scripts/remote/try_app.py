# SPDX-License-Identifier: MIT
"""try_app.py: inside the process that a release is tried in (see try.py): load it by the loader that
its server uses, send it a request, stay for a while, send the request again.

Usage: try_app.py FD PATH SETTLE WSGI   what came of it goes to FD, as JSON lines: {"at": STEP} for
each step that succeeded (loaded, answered, settled), or {"wrong": WHAT, "trace": LINES, "hint": WORDS}.
"""
import faulthandler
import importlib.util
import io
import json
import os
import resource
import sys
import time
import traceback
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))


class Wrong(Exception):
    """The answer is not a good one."""


def environ_of(path):
    """A WSGI environ (PEP 3333) for GET PATH."""
    path, _, query = path.partition("?")
    return {
        "REQUEST_METHOD": "GET", "SCRIPT_NAME": "",
        "PATH_INFO": urllib.parse.unquote(path, "latin-1"), "QUERY_STRING": query,
        "REQUEST_URI": path + ("?" + query if query else ""), "SERVER_PROTOCOL": "HTTP/1.1",
        "SERVER_NAME": "localhost", "SERVER_PORT": "80", "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "localhost", "HTTP_USER_AGENT": "slipway", "HTTP_ACCEPT": "*/*",
        "wsgi.version": (1, 0), "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr, "wsgi.multithread": False, "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }


def ask(application, path):
    """Send the request as a server would; raise unless the answer is 2xx or 3xx, and whole."""
    status, body = [], []

    def start_response(line, _headers, exc_info=None):
        if status and exc_info is None:
            raise AssertionError("start_response was called twice")
        status[:] = [line]
        return body.append

    answer = application(environ_of(path), start_response)
    try:
        body.extend(answer)
    finally:
        if hasattr(answer, "close"):
            answer.close()
    text = b"".join(body)
    if not status:
        raise Wrong("start_response was not called")
    if status[0][:1] not in ("2", "3"):
        start = text[:200].decode("utf-8", "replace").split("\n")[0].strip()
        raise Wrong(status[0] + (": " + start if start and "<" not in start else ""))


def missing_variable(error):
    """The name of the variable that os.environ[...] did not find, or None."""
    last = None
    for frame, _ in traceback.walk_tb(error.__traceback__):
        last = frame
    found = (isinstance(error, KeyError) and last is not None and
             last.f_globals.get("__name__") == "os" and last.f_code.co_name == "__getitem__")
    return error.args[0] if found else None


def describe(error):
    """One line that says what is wrong."""
    if isinstance(error, Wrong):
        return str(error)
    if isinstance(error, SystemExit):
        return "it called sys.exit(%s)" % ("" if error.code is None else repr(error.code))
    name = missing_variable(error)
    if name is not None:
        return "the variable %s is not set" % name
    text = type(error).__name__ + (": %s" % error if str(error) else "")
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    if isinstance(error, MemoryError) and limit != resource.RLIM_INFINITY:
        text += " (its address space is limited to %d MB)" % (limit >> 20)
    return text.split("\n")[0]


def hint(error, spec):
    """What to do about it, where that is known."""
    module = spec.partition(":")[0]
    ours = error.__traceback__
    while ours is not None and ours.tb_next is not None:
        ours = ours.tb_next
    name = getattr(error, "name", None) or ""
    by_loader = ours is not None and ours.tb_frame.f_code.co_filename.startswith(HERE)
    if isinstance(error, ModuleNotFoundError):
        if name and (module + ".").startswith(name + "."):
            return "wsgi=MODULE:CALLABLE says where the application is; it is %s" % spec
        return "is it in the requirements? does deploy/excludes leave it out?"
    if isinstance(error, AttributeError) and by_loader:
        return "wsgi=MODULE:CALLABLE says where the application is; it is %s" % spec
    if missing_variable(error) is not None:
        return "env_file names the file that holds the application's variables"
    return ""


def trace(error):
    """The traceback without our own part of it; the last lines are those that matter."""
    if isinstance(error, Wrong):
        return []
    report = traceback.TracebackException(type(error), error, error.__traceback__)
    seen = report
    while seen is not None:
        seen.stack[:] = [frame for frame in seen.stack if not frame.filename.startswith(
            (HERE, "<frozen importlib", importlib.__file__))]
        seen = seen.__cause__ or seen.__context__
    return "".join(report.format()).splitlines()[-16:]


def load():
    """The application, by the loader beside this file; nothing else of this folder can be imported."""
    sys.path.remove(HERE)
    spec = importlib.util.spec_from_file_location("slipway_wsgi", os.path.join(HERE, "slipway_wsgi.py"))
    sys.modules["slipway_wsgi"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sys.modules["slipway_wsgi"])
    return sys.modules["slipway_wsgi"].application


def main(descriptor, path, settle, spec):
    os.set_inheritable(descriptor, False)
    report, own = os.fdopen(descriptor, "w", buffering=1), os.getpid()
    faulthandler.enable()
    sys.argv[:] = ["slipway"]

    def tell(**what):
        # A process that the application forked has nothing to say here.
        if os.getpid() != own:
            os._exit(1)
        report.write(json.dumps(what) + "\n")

    try:
        application = load()
        tell(at="loaded")
        ask(application, path)
        tell(at="answered")
        if settle:
            time.sleep(settle)
            ask(application, path)
        tell(at="settled")
    except BaseException as error:  # also SystemExit
        tell(wrong=describe(error), trace=trace(error), hint=hint(error, spec))
    # Until try.py ends us: nobody is to think that the application ended by itself.
    while True:
        time.sleep(60)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], float(sys.argv[3]), sys.argv[4])
