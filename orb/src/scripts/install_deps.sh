#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# install_deps.sh: installs the requirements into ~/venv. Input: SLIPWAY_PARAM_REQUIREMENTS_FILE.
# The wheels folder holds one whole set of wheels and the key of the requirements they were made
# for; with another key its wheels are only a source beside the package index, which spares
# building those that are still asked for.
set -euo pipefail

venv=$HOME/venv
wheels=$HOME/.cache/slipway/wheels
key=$(cat /tmp/slipway-requirements-key)
shopt -s nullglob

python3 -m venv --clear "$venv"
if [ "$(cat "$wheels/key" 2>/dev/null)" = "$key" ]; then
  printf 'all wheels are from the cache\n'
else
  read -ra files <<<"$SLIPWAY_PARAM_REQUIREMENTS_FILE"
  mkdir -p "$wheels"
  fresh=$(mktemp -d "$wheels.XXXXXX")
  trap 'rm -rf "$fresh"' EXIT
  build=("$venv/bin/pip" --disable-pip-version-check wheel --wheel-dir "$fresh")
  for file in "${files[@]}"; do build+=(--requirement "$file"); done
  older=("$wheels"/*.whl)
  # An older wheel may stand in the way, for example where a requirement names digests.
  if [ "${#older[@]}" = 0 ] || ! "${build[@]}" --find-links "$wheels"; then
    rm -f "$fresh"/*
    "${build[@]}"
  fi
  printf '%s\n' "$key" >"$fresh/key"
  rm -rf "$wheels"
  mv "$fresh" "$wheels"
  chmod 755 "$wheels"
fi

set -- "$wheels"/*.whl
if [ "$#" -gt 0 ]; then
  "$venv/bin/pip" --disable-pip-version-check install --quiet --no-index --no-deps "$@"
fi
"$venv/bin/pip" --disable-pip-version-check check
# shellcheck disable=SC2016  # for the shells of later steps to expand
printf 'export VIRTUAL_ENV=%q PATH=%q:$PATH\n' "$venv" "$venv/bin" >>"$BASH_ENV"
