# shellcheck shell=sh disable=SC2154
# SPDX-License-Identifier: MIT
# lock.sh: hold the deploy lock as long as heartbeats come on stdin. Prints the token when it is ours.
# Input: owner, url, lease.

main() {
	set -- --token "$token" --lease "$lease" --owner "$owner"
	[ -z "$url" ] || set -- "$@" --url "$url"
	deploy-lock hold "$@" "$state/lock" || answer refused "the lock could not be taken"
}
