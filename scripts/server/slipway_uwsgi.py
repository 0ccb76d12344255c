# SPDX-License-Identifier: MIT
"""A module for uWSGI's master, so that no request is lost when workers are reloaded:

    shared-import = slipway_uwsgi

uWSGI ends a worker by SIGHUP, at once if the worker is not in a request. But between accept() and the
note that it is in one, a worker has a connection that it does not know of yet: the visitor gets a 502, a
POST too. And a SIGHUP while a long answer is sent cuts the answer off.

So workers hold the signal back, and once a second, between two requests, where uWSGI runs the handlers
of its own signals and nothing has been accepted, they look whether it has come. A reload takes up to a
second longer for each worker. slipway_wsgi.py calls hold() in each worker.

With threads= the signal would have to stop other threads as well, so it is not held back there.
"""
import atexit
import signal

import uwsgi

HUP = {signal.SIGHUP}
EVERY_S = 1


def hold():
    """In a worker, before the application is imported: its threads are to hold the signal back too."""
    if uwsgi.cores == 1 and uwsgi.worker_id() > 0:
        signal.pthread_sigmask(signal.SIG_BLOCK, HUP)


def look(_number):
    """In a worker, between two requests: if it is to end, end it here."""
    if signal.SIGHUP not in signal.sigpending():
        return
    # uWSGI leaves these out when a worker ends in a handler.
    if hasattr(uwsgi, "atexit"):
        uwsgi.atexit()
    atexit._run_exitfuncs()
    signal.pthread_sigmask(signal.SIG_UNBLOCK, HUP)


free = next(number for number in range(255, -1, -1) if not uwsgi.signal_registered(number))
uwsgi.register_signal(free, "workers", look)
uwsgi.add_timer(free, EVERY_S)
