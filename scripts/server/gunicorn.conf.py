# SPDX-License-Identifier: MIT
"""gunicorn.conf.py: a web host's gunicorn, as /etc/gunicorn/app.conf.py. Change root, SLIPWAY_WSGI and
env_file, no more is needed. Ways to reload:
  restart=gunicorn-usr2:/run/app/gunicorn.pid  no request waits: a new master proves itself beside the
                                               old one, and is dropped if it cannot
  restart=gunicorn-hup:/run/app/gunicorn.pid   new workers first, then the old ones go; a build that
                                               cannot be imported ends all of gunicorn
Either needs runtime_user=www-data. It is started by supervisor-gunicorn.conf or app.service.
"""
import os

root = "/var/www/app"
raw_env = ["SLIPWAY_ROOT=" + root, "SLIPWAY_WSGI=app:app"]
# The application's variables, as KEY=VALUE lines; slipway's setting env_file names it too.
env_file = "/etc/app/env"
if os.path.exists(env_file):
    with open(env_file) as lines:
        raw_env += [line.strip() for line in lines if "=" in line and not line.startswith("#")]

# slipway_wsgi.py stands outside the builds, and resolves `current` itself. No path into `current` here,
# and no preload_app: with HUP each of them keeps the old build.
chdir = "/"
pythonpath = root + "/.slipway"
wsgi_app = "slipway_wsgi:application"
preload_app = False

workers = 2
graceful_timeout = 30
bind = "unix:/run/app/gunicorn.sock"
umask = 0o007
pidfile = "/run/app/gunicorn.pid"
