# SPDX-License-Identifier: MIT
"""files.py: the host's configuration files, read within bounds. What cannot be read is remembered:
a rule that could not look must not look like one that is content."""
import glob
import os
import re
import stat

LARGEST = 1 << 20
MOST = 500
LONGEST = 1 << 16
unread = {}  # path: why


def read(path):
    """The text of a regular file; None if there is none, or it cannot be read."""
    try:
        # A FIFO must not keep us waiting.
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as problem:
        unread[path] = getattr(problem, "strerror", None) or str(problem)
        return None
    with open(fd, "rb") as file:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            return None
        data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        unread[path] = "larger than %d bytes" % LARGEST
        return None
    return data.decode("utf-8", "replace")


def names(folder):
    """Paths in a folder, in order; none if it is not there."""
    try:
        return [os.path.join(folder, name) for name in sorted(os.listdir(folder))[:MOST]]
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as problem:
        unread[folder] = problem.strerror
        return []


def matches(pattern):
    """What a pattern of an include directive names. A folder that may not be listed is told."""
    folder = os.path.dirname(pattern)
    if glob.has_magic(os.path.basename(pattern)) and not glob.has_magic(folder):
        names(folder)
    return sorted(glob.glob(pattern))[:MOST]


def ini(text, where, comment=";#", inline="", continued=False):
    """Lines of an INI file as (section, key, value, "FILE:LINE"). Keys may come more than once.
    inline: what begins a comment after a blank; continued: an indented line continues a value."""
    section, found = "", []
    for number, line in enumerate(text.splitlines(), 1):
        word = line.strip()
        if not word or word[0] in comment:
            continue
        if inline:
            word = re.split(r"\s[%s]" % inline, word)[0].rstrip()
        if continued and line[0] in " \t" and found and found[-1][0] == section:
            last = found[-1]
            if len(last[2]) < LONGEST:
                found[-1] = (last[0], last[1], last[2] + "\n" + word, last[3])
        elif word[0] == "[" and "]" in word:
            section = word[1:word.index("]")].strip()
        else:
            key, equals, value = word.partition("=")
            found.append((section, key.strip(), value.strip() if equals else "true", "%s:%d" % (where, number)))
    return found
