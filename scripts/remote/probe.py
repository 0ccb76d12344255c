#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""probe.py URL TRIES SECONDS: ask URL until it answers 2xx or 3xx, a second apart.

Status 0: it does; "answered_by: BUILD" on stdout if the answer names its build. 1: TRIES or SECONDS
are used up; the last answer is told on stderr. Each try is "asked: good|bad MILLISECONDS WHAT" on stdout.
"""
import sys
import time
import urllib.error
import urllib.request

RELEASE = "X-Slipway-Release"  # slipway_wsgi.py's


class Unredirected(urllib.request.HTTPRedirectHandler):
    """A redirect is an answer, not somewhere to go."""

    def redirect_request(self, *_):
        return None


def ask(opener, url, seconds):
    """None if the answer is good, else what is wrong with it; and the build that it names."""
    try:
        with opener.open(url, timeout=seconds) as answer:
            return None, answer.headers.get(RELEASE)
    except urllib.error.HTTPError as answer:
        if 300 <= answer.code < 400:
            return None, answer.headers.get(RELEASE)
        return "%d %s" % (answer.code, answer.reason), None
    except urllib.error.URLError as problem:
        return str(problem.reason), None
    except (OSError, ValueError) as problem:
        return str(problem) or type(problem).__name__, None


def main(url, tries, seconds):
    # No proxy of the environment: the host asks itself.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), Unredirected)
    end = time.monotonic() + seconds
    for left in range(tries - 1, -1, -1):
        began = time.monotonic()
        wrong, build = ask(opener, url, max(1.0, min(10.0, end - began)))
        print("asked: %s %d %s" % ("bad" if wrong else "good", (time.monotonic() - began) * 1000, wrong or url),
              flush=True)
        if wrong is None:
            if build and build.isalnum():
                print("answered_by:", build)
            return 0
        if left == 0 or time.monotonic() + 1 >= end:
            break
        time.sleep(1)
    sys.stderr.write("slipway: health: %s: %s\n" % (url, wrong))
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])))
