# shellcheck shell=sh disable=SC2034
# SPDX-License-Identifier: MIT
# lib.sh: the facts of a release that its scripts share, and how the image is built where Docker is.
# Sourced first.

top=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
repository=slipway/slipway # on GitHub, among images, and in the orb registry
version=$(cat "$top/VERSION")

die() {
	printf '%s: %s\n' "$(basename -- "$0")" "$1" >&2
	[ $# = 1 ] || printf '%s: hint: %s\n' "$(basename -- "$0")" "$2" >&2
	exit 3
}

in_git() { git -c safe.directory='*' -C "$top" "$@"; }

# "NAME=VALUE" of the Dockerfile's arguments, a line each: the same for every build of a commit.
build_arguments() {
	printf 'VERSION=%s\nREVISION=%s\nCREATED=%s\n' "$version" "$(in_git rev-parse HEAD)" \
		"$(TZ=UTC in_git log -1 --format=%cd --date=format-local:%Y-%m-%dT%H:%M:%SZ)"
}

# buildx PLATFORMS ARGUMENT...: one builder for all, so that what is pushed was built before.
buildx() {
	platforms=$1
	shift
	for argument in $(build_arguments); do set -- "$@" --build-arg "$argument"; done
	if [ -n "${dry-}" ] || ! docker buildx inspect slipway >/dev/null 2>&1; then run docker buildx create --name slipway; fi
	set -- --platform "$platforms" --target deploy --provenance=false --builder slipway "$@" "$top"
	run docker buildx build "$@"
}

# The bill of materials of the OCI archive NAME.oci.tar, beside it.
bill() { # NAME
	"$top/release/oci" file "$1.oci.tar" /usr/local/share/doc/slipway/slipway.spdx.json >"$1.spdx.json"
}
