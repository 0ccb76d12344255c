#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# setup_ssh.sh: installs the servers' host keys and names the key to log in with.
# Input: SLIPWAY_PARAM_KNOWN_HOSTS (the name of a variable), SLIPWAY_PARAM_HOSTS.
# It appends, because checkout may have written keys of its own.
set -euo pipefail

# scans HOSTS: the commands that ask the servers for their keys. remote-run prints lines
# NAME USER@HOST:PORT.
scans() {
  local login
  remote-run --list-hosts --hosts "$1" | while read -r _ login; do
    login=${login##*@}
    printf 'ssh-keyscan -p %s %s\n' "${login##*:}" "${login%:*}"
  done
}

install -d -m 700 "$HOME/.ssh"
lines=${!SLIPWAY_PARAM_KNOWN_HOSTS:-}
if [ -z "$lines" ] && [ -f deploy/known_hosts ]; then lines=$(cat deploy/known_hosts); fi
if [ -z "$lines" ]; then
  {
    printf 'setup_ssh: no host keys: %s is empty, and there is no deploy/known_hosts\n' \
      "$SLIPWAY_PARAM_KNOWN_HOSTS"
    printf 'setup_ssh: hint: from a machine that you trust, run what follows, compare the keys\n'
    printf 'setup_ssh: hint: with those on the servers, and keep what it prints in either place:\n'
    scans "${SLIPWAY_PARAM_HOSTS:-deploy/hosts}" || printf 'ssh-keyscan SERVER\n'
  } >&2
  exit 1
fi
(
  umask 077
  printf '%s\n' "$lines" >>"$HOME/.ssh/known_hosts"
)
chmod 600 "$HOME/.ssh/known_hosts"
printf 'host keys: %s\n' "$(grep -c . <<<"$lines")"

# add_ssh_keys names every key so, whatever its type. One key is the one to offer; several are
# told apart by the Host lines of ~/.ssh/config.
shopt -s nullglob
keys=("$HOME"/.ssh/id_rsa_*)
if [ "${#keys[@]}" = 1 ]; then
  printf 'export SLIPWAY_IDENTITY=%q\n' "${keys[0]}" >>"$BASH_ENV"
fi
