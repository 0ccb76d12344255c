#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# install_helpers.sh: body of install_helpers. Input: SLIPWAY_PARAM_HELPERS_URL and _HELPERS_SHA256.
# Nothing of the archive is unpacked, let alone run, before its digest is the one given.
set -euo pipefail

fail() {
  printf 'install_helpers: %s\n' "$@" >&2
  exit 1
}

# download URL FILE: with whichever of curl, wget or python3 the image has.
download() {
  if command -v curl >/dev/null; then
    curl --fail --silent --show-error --location --retry 3 --output "$2" -- "$1"
  elif command -v wget >/dev/null; then
    wget --quiet --tries 3 --output-document "$2" -- "$1"
  elif command -v python3 >/dev/null; then
    python3 -c 'import sys, urllib.request as u; u.urlretrieve(*sys.argv[1:])' "$1" "$2"
  else
    fail 'the image has none of: curl, wget, python3'
  fi
}

suffix=-linux-$(uname -m).tar.gz
digest='' archive=''
while read -r d a; do
  case $a in *"$suffix") digest=$d archive=$a ;; esac
done <<<"$SLIPWAY_PARAM_HELPERS_SHA256"
[[ $digest =~ ^[0-9a-f]{64}$ ]] || fail "helpers_sha256 has no digest of an archive *$suffix"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
url=${SLIPWAY_PARAM_HELPERS_URL%/}/$archive
download "$url" "$work/$archive" || fail "download $url"
actual=$(sha256sum <"$work/$archive")
actual=${actual%% *}
if [ "$actual" != "$digest" ]; then
  fail "$url: not the archive that this orb was released with" \
    "expected SHA-256: $digest" "got:              $actual"
fi

into=$HOME/.slipway
mkdir -p "$into"
tar -xzf "$work/$archive" -C "$into"
# shellcheck disable=SC2016  # for the shells of later steps to expand
printf 'export PATH=%q:$PATH\n' "$into/bin" >>"$BASH_ENV"
printf 'installed %s in %s\n' "$archive" "$into/bin"
