# SPDX-License-Identifier: MIT
"""check.py: every rule, and what it is for. A rule is a function of the host that yields findings; one
that has nothing to say yields none. Each has a bad and a good host in
tests/pipeline/check.bats."""
import cron
import gunicorn
import nginx
import permissions
import servers
import supervisor
import system
import uwsgi
from host import Host
from report import LEVELS, notice

RULES = (
    ("rsync", system.rule_rsync, "rsync 3.0 or newer is there"),
    ("venv", system.rule_venv, "environments can be made"),
    ("current", system.rule_current, "the live link is a link, and leads into builds"),
    ("clock", system.rule_clock, "logs of hosts can be compared"),
    ("shebang", system.rule_shebang, "programs of an environment can be started"),
    ("disk", system.rule_disk, "the next build fits"),
    ("inodes", system.rule_inodes, "the next build fits"),
    ("selinux", system.rule_selinux, "moved files keep labels"),
    ("leftovers", system.rule_leftovers, "what dead deploys left"),
    ("unused-envs", system.rule_unused_envs, "what dead deploys left"),
    ("runtime-user", permissions.rule_user, "releases are tried as the user that will run them"),
    ("same-user", permissions.rule_same_user, "the application cannot change its code"),
    ("sudo", permissions.rule_sudo, "releases can be tried as the runtime user"),
    ("requiretty", permissions.rule_requiretty, "sudo works without a terminal"),
    ("systemd", permissions.rule_systemd, "units can be reloaded"),
    ("writable", permissions.rule_writable, "the application cannot change its code"),
    ("readable", permissions.rule_readable, "the application can read its code"),
    ("shared", permissions.rule_shared, "what outlives builds is there, and writable"),
    ("setgid", permissions.rule_setgid, "new builds have the group that reads them"),
    ("env-file", permissions.rule_env_file, "variables can be read, and not by everybody"),
    ("nginx-open-file-cache", nginx.rule_open_file_cache, "nginx serves the new build's files"),
    ("nginx-build", nginx.rule_build, "nginx follows the live link"),
    ("uwsgi-need-app", uwsgi.rule_need_app, "a bad build does not end uWSGI"),
    ("uwsgi-lazy-apps", uwsgi.rule_lazy_apps, "a chain reload loads the new build"),
    ("uwsgi-path", uwsgi.rule_path, "no path is kept from before a deploy"),
    ("uwsgi-loader", uwsgi.rule_loader, "a reload loads the new build"),
    ("uwsgi-shared-import", uwsgi.rule_shared_import, "a reload loses no request"),
    ("uwsgi-die-on-term", uwsgi.rule_die_on_term, "a restart ends the old workers"),
    ("uwsgi-touch", uwsgi.rule_touch, "uWSGI sees the touch of a deploy"),
    ("uwsgi-fifo", uwsgi.rule_fifo, "uWSGI reads the command of a deploy"),
    ("uwsgi-python", uwsgi.rule_python, "packages are for the server's Python"),
    ("gunicorn-preload", gunicorn.rule_preload, "HUP loads the new build"),
    ("gunicorn-cwd", gunicorn.rule_cwd, "HUP loads the new build"),
    ("gunicorn-pidfile", gunicorn.rule_pidfile, "gunicorn gets the signal of a deploy"),
    ("gunicorn-usr2", gunicorn.rule_usr2, "there is one gunicorn after a deploy"),
    ("supervisor-startsecs", supervisor.rule_startsecs, "a restart that fails is seen"),
    ("supervisor-stopwaitsecs", supervisor.rule_stopwaitsecs, "a restart ends the old workers"),
    ("supervisor-autorestart", supervisor.rule_autorestart, "what dies comes back"),
    ("supervisor-socket", supervisor.rule_socket, "programs can be restarted"),
    ("supervisor-program", supervisor.rule_program, "programs can be restarted"),
    ("cron-build", cron.rule_build, "jobs follow the live link"),
    ("cron-current", cron.rule_current, "a job stays in one build"),
    # Last: the others have looked.
    ("unread", system.rule_unread, "nothing passes because it could not be seen"),
)


def findings(host):
    for name, rule, _ in RULES:
        try:
            found = list(rule(host))
        except OSError as problem:
            found = [notice("could not look: %s" % problem, "look there yourself")]
        for finding in found:
            finding.rule = name
            yield finding


def main(words):
    host = Host(dict(word.split("=", 1) for word in words))
    servers.find(host)
    for finding in sorted(findings(host), key=lambda finding: LEVELS.index(finding.level)):
        finding.show()
    return 0
