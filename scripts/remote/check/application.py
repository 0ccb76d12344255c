# SPDX-License-Identifier: MIT
"""application.py: which of the commands on a host is the application's server."""
import gunicorn
import uwsgi


def text(command):
    """All that a command says, with the configuration that it names."""
    found = [command.text()]
    options, server = uwsgi.of(command), gunicorn.of(command)
    if options:
        found += [value for _, value, _ in options.all]
    if server:
        found += [str(value) for value, _ in server.options.values()]
    return "\n".join(found)
