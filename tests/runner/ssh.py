# SPDX-License-Identifier: MIT
"""The `add_ssh_keys` step and the job's ssh-agent, from the project's additional SSH keys."""
import subprocess

from steps import StepFailed


class SshKey:
    """A private key of the project: for a host name, or "" for any."""

    def __init__(self, host, path):
        self.host = host
        with open(path, "rb") as stream:
            self.content = stream.read()
        self.md5 = _fingerprint(path, "md5").removeprefix("MD5:")
        self.sha256 = _fingerprint(path, "sha256")

    def is_named(self, fingerprint):
        return fingerprint.removeprefix("MD5:") == self.md5 or fingerprint == self.sha256


def _fingerprint(path, algorithm):
    done = subprocess.run(["ssh-keygen", "-l", "-E", algorithm, "-f", path], check=True,
                          stdout=subprocess.PIPE, text=True)
    return done.stdout.split()[1]


def add_ssh_keys(session, body, log):
    """Each chosen key as ~/.ssh/id_rsa_MD5, with a Host block for it in ~/.ssh/config."""
    keys = session.ssh_keys
    wanted = (body or {}).get("fingerprints")
    if wanted is not None:
        for fingerprint in wanted:
            if not any(key.is_named(fingerprint) for key in keys):
                raise StepFailed(f"There are no keys with fingerprint {fingerprint} in the project")
        keys = [key for key in keys if any(key.is_named(name) for name in wanted)]
    session.containers.output("sh", "-c", 'mkdir -p "$0" && chmod 700 "$0"', f"{session.home}/.ssh")
    config = ""
    for key in keys:
        path = f"{session.home}/.ssh/id_rsa_{key.md5.replace(':', '')}"
        session.containers.put(path, key.content)
        config += f"Host {key.host or '*'}\n  IdentitiesOnly no\n  IdentityFile {path}\n"
        log.write(f"Installing key for host: {key.host or '(any)'} {key.sha256}\n")
    session.containers.output("sh", "-c", 'umask 077; cat >>"$0"', f"{session.home}/.ssh/config",
                              stdin=config.encode())


def start_agent(session):
    """All keys of the project in an ssh-agent, if the image has one; its socket's path."""
    if not session.ssh_keys or not session.containers.succeeds("sh", "-c", "command -v ssh-agent"):
        return None
    socket = f"{session.runner_dir}/agent"
    session.containers.output("sh", "-c", 'ssh-agent -a "$0" >/dev/null', socket)
    for key in session.ssh_keys:
        session.containers.output("ssh-add", "-q", "-", stdin=key.content,
                                  environment={"SSH_AUTH_SOCK": socket})
    return socket
