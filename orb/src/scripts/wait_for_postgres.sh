#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# wait_for_postgres.sh: waits until a server takes sessions.
# Input: SLIPWAY_PARAM_DATABASE_URL, the name of a variable; SLIPWAY_PARAM_TIMEOUT in seconds.
# It sends a StartupMessage (PostgreSQL manual, "Message Formats") and reads the answer, with
# nothing but bash: a server that asks for a password or lets us in is ready; one that is still
# starting says so in an error, which is kept for the message.
set -euo pipefail

url='^postgres(ql)?([+][a-z0-9]+)?://(([^@/:]*)(:[^@/]*)?@)?([^/:?]*)(:([0-9]+))?/([^?]*)'
if ! [[ ${!SLIPWAY_PARAM_DATABASE_URL:-} =~ $url ]]; then
  printf 'wait_for_postgres: %s is not postgresql://USER@HOST:PORT/NAME\n' "$SLIPWAY_PARAM_DATABASE_URL" >&2
  exit 1
fi
user=${BASH_REMATCH[4]:-postgres}
host=${BASH_REMATCH[6]:-localhost}
port=${BASH_REMATCH[8]:-5432}
name=${BASH_REMATCH[9]:-$user}

# greet HOST PORT USER DATABASE: prints the readable bytes of the answer: ten, and all of an error.
# An Authentication message is nine bytes long when it lets us in; what follows it may be an error.
greet() {
  local LC_ALL=C bytes answer
  local len=$((4 + 4 + 5 + ${#3} + 1 + 9 + ${#4} + 1 + 1))
  exec 3<>"/dev/tcp/$1/$2" || return
  printf -v bytes '\\000\\000\\%03o\\%03o' $((len / 256)) $((len % 256))
  # shellcheck disable=SC2059  # the length is a format of four octal escapes
  printf "$bytes"'\0\003\0\0user\0%s\0database\0%s\0\0' "$3" "$4" >&3
  answer=$(timeout 3 head -c 10 <&3 | tr -c '[:print:]' ' ')
  printf '%s' "$answer"
  case $answer in
    E* | R????????E) timeout 1 cat <&3 | tr -c '[:print:]' ' ' ;;
    R*) printf 'X\0\0\0\004' >&3 ;; # Terminate
  esac
}
export -f greet

deadline=$((SECONDS + SLIPWAY_PARAM_TIMEOUT))
until answer=$(timeout 6 bash -c 'greet "$@"' greet "$host" "$port" "$user" "$name" 2>&1) &&
  [[ $answer = R* && ${answer:9:1} != E ]]; do
  if [ "$SECONDS" -ge "$deadline" ]; then
    printf 'wait_for_postgres: %s:%s: not ready within %s s\n' "$host" "$port" \
      "$SLIPWAY_PARAM_TIMEOUT" >&2
    printf 'wait_for_postgres: last answer: %s\n' "${answer:-none}" >&2
    exit 1
  fi
  sleep 0.5
done
printf 'Postgres at %s:%s is ready after %s s\n' "$host" "$port" "$SECONDS"
