# SPDX-License-Identifier: MIT
"""try_server.py: the release in the server itself, one worker on a private socket (see try.py)."""
import http.client
import json
import os
import socket
import threading
import time


def command(server, build, folder):
    """The server's command line: that of the release's own packages, if it brings one. The loader is in folder."""
    program = os.path.join(build, "env", "bin", server)
    if not os.access(program, os.X_OK):
        program = server
    address = os.path.join(folder, "socket")
    if server == "gunicorn":
        return [program, "--workers", "1", "--bind", "unix:" + address, "--pythonpath", folder,
                "--worker-tmp-dir", folder, "slipway_wsgi:application"]
    # Without a master, so that nobody starts a worker anew that died. A uWSGI of the release's own has
    # Python built in, and passes over the plugin.
    return [program, "--plugin", "python3", "--http-socket", address, "--processes", "1",
            "--enable-threads", "--need-app", "--die-on-term", "--pythonpath", folder,
            "--module", "slipway_wsgi:application"]


class Connection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, address):
        super().__init__("localhost")
        self.address = address

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.address)


class Prober(threading.Thread):
    """Asks the server what try_app.py asks the application, and reports the same."""

    def __init__(self, folder, path, settle, result):
        super().__init__(daemon=True)
        self.address, self.path, self.settle = os.path.join(folder, "socket"), path, settle
        self.result = result

    def tell(self, **what):
        os.write(self.result, (json.dumps(what) + "\n").encode())

    def ask(self):
        """None if the answer is good, else what is wrong with it."""
        connection = Connection(self.address)
        try:
            connection.request("GET", self.path, headers={"User-Agent": "slipway", "Accept": "*/*"})
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException) as problem:
            return "no answer: %s" % (str(problem) or type(problem).__name__)
        finally:
            connection.close()
        return None if 200 <= answer.status < 400 else "%d %s" % (answer.status, answer.reason)

    def listening(self):
        connection = Connection(self.address)
        try:
            connection.connect()
        except OSError:
            return False
        finally:
            connection.close()
        return True

    def run(self):
        while not self.listening():
            time.sleep(0.05)
        self.tell(at="loaded")
        for at in ("answered", "settled"):
            wrong = self.ask()
            if wrong:
                # Its death says more.
                time.sleep(0.3)
                self.tell(wrong=wrong, trace=[], hint="")
                return
            self.tell(at=at)
            if not self.settle:
                self.tell(at="settled")
                return
            if at == "answered":
                time.sleep(self.settle)
