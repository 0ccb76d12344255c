# SPDX-License-Identifier: MIT
"""Output of a running step: to the log and the terminal, masked, watched for silence."""
import os
import re
import select
import time

UNITS = {"s": 1, "m": 60, "h": 3600}
LINGER = 2.0  # seconds that a background process may keep the output open after its step ended


def seconds(duration):
    """10m, 1.5h or 30s as seconds."""
    number, unit = re.fullmatch(r"([\d.]+)([smh])", duration).groups()
    return float(number) * UNITS[unit]


class Log:
    """Writes text to a step's log file and to the runner's own output."""

    def __init__(self, path, masker, terminal):
        self.path = path
        self.file = open(path, "w", encoding="utf-8")
        self.masker = masker
        self.terminal = terminal
        self.partial = ""

    def write(self, text):
        lines = (self.partial + text).split("\n")
        self.partial = lines.pop()
        for line in lines:
            self._line(line)

    def _line(self, line):
        line = self.masker.mask(line)
        self.file.write(line + "\n")
        self.file.flush()
        self.terminal.write(f"    {line}\n")
        self.terminal.flush()

    def close(self):
        if self.partial:
            self._line(self.partial)
        self.file.close()


def follow(process, log, silence_max):
    """Copy a process's stdout to log until it ends. False if it was silent too long."""
    descriptor = process.stdout.fileno()
    heard = time.monotonic()
    while True:
        ready, _, _ = select.select([descriptor], [], [], 0.5)
        now = time.monotonic()
        if ready:
            data = os.read(descriptor, 65536)
            if not data:
                return True
            heard = now
            log.write(data.decode(errors="replace"))
        elif process.poll() is not None:
            if now - heard > LINGER:
                return True
        elif now - heard > silence_max:
            return False
