#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# configure.sh: body of configure: exports to later steps, as SLIPWAY_NAME, what was given.
# Input: SLIPWAY_PARAM_NAME, where "", -1 and <nil> (an empty pipeline value) mean not given; SLIPWAY_FLAG_NAME, which only 1 or true sets.
set -euo pipefail

# give NAME VALUE: the value $OTHER or ${OTHER} stands for that variable's, which is not printed. Not in names of
# markers: somebody may have typed them into a dialog, and they are shown to all.
give() {
  local value=$2 other
  if [[ $1 != *_name && ( $value =~ ^[$]([A-Za-z_][A-Za-z0-9_]*)$ || $value =~ ^[$][{]([A-Za-z_][A-Za-z0-9_]*)[}]$ ) ]]; then
    other=${BASH_REMATCH[1]}
    value=${!other-}
    if [ -z "$value" ]; then
      printf 'configure: %s: the variable %s is empty\n' "$1" "$other" >&2
      exit 1
    fi
  fi
  printf 'export SLIPWAY_%s=%q\n' "${1^^}" "$value" >>"$BASH_ENV"
  printf '%s=%s\n' "$1" "$2"
}

for variable in "${!SLIPWAY_PARAM_@}"; do
  case ${!variable} in '' | -1 | '<nil>') continue ;; esac
  name=${variable#SLIPWAY_PARAM_}
  give "${name,,}" "${!variable}"
done
for variable in "${!SLIPWAY_FLAG_@}"; do
  case ${!variable} in 1 | true) ;; *) continue ;; esac
  name=${variable#SLIPWAY_FLAG_}
  give "${name,,}" 1
done
