# shellcheck shell=sh disable=SC2154
# SPDX-License-Identifier: MIT
# run.sh: the command line $line of a user, in the live build, with its environment first on the path.

main() {
	release=$(live_build)
	[ -n "$release" ] || {
		warn "nothing is live here"
		exit 1
	}
	cd "$root/builds/$release" || exit
	PATH=$PWD/env/bin:$PATH SLIPWAY_ROOT=$root SLIPWAY_BUILD=$PWD SLIPWAY_RELEASE=$release
	export PATH SLIPWAY_ROOT SLIPWAY_BUILD SLIPWAY_RELEASE
	exec sh -c "$line" </dev/null
}
