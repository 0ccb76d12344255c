# shellcheck shell=sh disable=SC2034
# SPDX-License-Identifier: MIT
# lib.sh: paths and the two things that every script here does: become root, say what failed.
# Sourced first; $0 and "$@" are the script's.

if [ "$(id -u)" != 0 ]; then
	exec sudo -n --preserve-env=SLIPWAY_LAB_DIR,SLIPWAY_LAB_NAME -- "$0" "$@"
fi

lab_src=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
while [ ! -f "$lab_src/lib.sh" ]; do lab_src=$(dirname "$lab_src"); done
checkout=$(CDPATH='' cd -- "$lab_src/../.." && pwd -P)
lab_dir=$(realpath -m -- "${SLIPWAY_LAB_DIR:-$checkout/build/lab}")
fetched=$checkout/build/fetched
image_prefix=localhost/slipway-lab

fail() {
	printf '%s: %s\n' "$(basename -- "$0")" "$*" >&2
	exit 1
}

podman() { "$lab_src/podman" "$@"; }
buildah() { "$lab_src/buildah" "$@"; }
