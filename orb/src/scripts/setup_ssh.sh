#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# setup_ssh.sh: installs the hosts' host keys and names the one key to log in with.
# Input: SLIPWAY_PARAM_SSH_FINGERPRINT; SLIPWAY_PARAM_SSH_KEY and SLIPWAY_PARAM_KNOWN_HOSTS, names
# of variables; SLIPWAY_HOSTS, for a message.
# It appends, because checkout may have written keys of its own.
set -euo pipefail

# scans HOSTS: the commands that ask the hosts for their keys. remote-run prints lines
# NAME USER@HOST:PORT.
scans() {
  local login
  remote-run --list-hosts --hosts "$1" | while read -r _ login; do
    login=${login##*@}
    printf 'ssh-keyscan -p %s %s\n' "${login##*:}" "${login%:*}"
  done
}

install_host_keys() {
  local lines=${!SLIPWAY_PARAM_KNOWN_HOSTS:-}
  if [ -z "$lines" ] && [ -f deploy/known_hosts ]; then lines=$(cat deploy/known_hosts); fi
  if [ -z "$lines" ]; then
    {
      printf 'setup_ssh: no host keys: %s is empty, and there is no deploy/known_hosts\n' \
        "$SLIPWAY_PARAM_KNOWN_HOSTS"
      printf 'setup_ssh: hint: from a machine that you trust, run what follows, compare the keys\n'
      printf 'setup_ssh: hint: with those on the servers, and keep what it prints in either place:\n'
      scans "${SLIPWAY_HOSTS:-deploy/hosts}" || printf 'ssh-keyscan SERVER\n'
    } >&2
    exit 1
  fi
  printf '%s\n' "$lines" >>"$HOME/.ssh/known_hosts"
  chmod 600 "$HOME/.ssh/known_hosts"
  printf 'host keys: %s\n' "$(grep -c . <<<"$lines")"
}

# write_key FILE: the private key of the variable, whichever way it was pasted there.
write_key() {
  local text=${!SLIPWAY_PARAM_SSH_KEY}
  case $text in
    *'PRIVATE KEY'*) printf '%s\n' "${text//$'\r'/}" >"$1" ;;
    *) base64 -di <<<"$text" >"$1" 2>/dev/null || : ;;
  esac
  if ! grep -qs 'PRIVATE KEY' "$1"; then
    printf 'setup_ssh: %s is no private key, neither as it is nor in base64\n' "$SLIPWAY_PARAM_SSH_KEY" >&2
    exit 1
  fi
}

# is_fingerprint FILE: whether ssh_fingerprint is this key's. add_ssh_keys names files by the MD5
# fingerprint, whatever the key's type.
is_fingerprint() {
  local wanted=${SLIPWAY_PARAM_SSH_FINGERPRINT#MD5:}
  [ "${1##*/id_rsa_}" = "${wanted//:/}" ] ||
    [ "$(ssh-keygen -l -E sha256 -f "$1" 2>/dev/null | cut -d ' ' -f 2)" = "$wanted" ]
}

# chosen_key: the file of the key that ssh_fingerprint names, or of the only one that there is.
chosen_key() {
  local file
  set -- "$HOME"/.ssh/id_rsa_*
  if [ -n "$SLIPWAY_PARAM_SSH_FINGERPRINT" ]; then
    for file; do
      if is_fingerprint "$file"; then printf '%s\n' "$file"; fi
    done
  elif [ "$#" = 1 ]; then
    printf '%s\n' "$1"
  elif [ "$#" -gt 1 ]; then
    printf 'setup_ssh: %s keys: ~/.ssh/config says which goes to which host; ssh_fingerprint chooses one\n' "$#" >&2
  fi
}

shopt -s nullglob
umask 077
install -d -m 700 "$HOME/.ssh"
if [ -n "${!SLIPWAY_PARAM_SSH_KEY:-}" ]; then
  key=$HOME/.ssh/slipway
  write_key "$key"
else
  key=$(chosen_key)
fi
if [ -n "$key" ]; then printf 'export SLIPWAY_IDENTITY=%q\n' "$key" >>"$BASH_ENV"; fi
install_host_keys
