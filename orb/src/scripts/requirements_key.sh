#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# requirements_key.sh: writes the key of the requirements to the file that the cache key's
# checksum reads. Input: SLIPWAY_PARAM_REQUIREMENTS_FILE.
set -euo pipefail

if ! command -v req-checksum >/dev/null; then
  printf 'install_deps: req-checksum is not on PATH\n' >&2
  printf 'install_deps: hint: put slipway/install_helpers before slipway/install_deps\n' >&2
  exit 1
fi
read -ra files <<<"$SLIPWAY_PARAM_REQUIREMENTS_FILE"
# A wheel fits one version of Python on one platform; the C library counts as part of it.
salt=$(python3 -c 'import platform as p, sysconfig as s
print(p.python_implementation(), p.python_version(), s.get_platform(), *p.libc_ver())')
req-checksum --salt "$salt" -- "${files[@]}" >/tmp/slipway-requirements-key
printf 'requirements %s for %s: ' "${files[*]}" "$salt"
cat /tmp/slipway-requirements-key
