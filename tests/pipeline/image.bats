#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The image that our Dockerfile builds.
# shellcheck shell=bash disable=SC2016,SC2154

bats_require_minimum_version 1.5.0

checkout=$(cd "$BATS_TEST_DIRNAME/../.." && pwd -P)
podman=$checkout/tests/lab/podman
version=$(cat "$checkout/VERSION")
helpers='atomic-link deploy-lock prune-builds remote-run req-checksum rsync-push'

setup_file() {
	IMAGE=$("$BATS_TEST_DIRNAME/../lab/image" slipway)
	HELPERS_IMAGE=$("$BATS_TEST_DIRNAME/../lab/image" slipway-helpers)
	export IMAGE HELPERS_IMAGE
}

# in_image COMMAND...: in a container of the image, as CircleCI starts it: no network is needed.
in_image() {
	"$podman" run --rm --network none "$IMAGE" "$@"
}

@test "image: runs as a user that is not root, in ~/project, which it may write" {
	run in_image sh -c 'id -u; pwd; cd ~/project && touch file && pwd'

	[ "$status" = 0 ]
	[ "${lines[0]}" != 0 ]
	[ "${lines[1]}" = "${lines[2]}" ]
}

@test "image: each helper runs and is of this version" {
	run in_image sh -c "for tool in $helpers; do \$tool --version; done"

	[ "$status" = 0 ]
	[ "${#lines[@]}" = 6 ]
	[ "$(grep -cF "$version" <<<"$output")" = 6 ]
}

@test "image: slipway runs" {
	run in_image slipway --help

	[ "$status" = 0 ]
	[[ $output == *deploy*rollback* ]]
}

@test "image: has what CircleCI needs of an image" {
	run in_image bash -c 'type -P bash git ssh ssh-agent tar gzip python3 sha256sum && git --version &&
		test -s /etc/ssl/certs/ca-certificates.crt'

	[ "$status" = 0 ]
}

@test "image: holds helpers for both architectures, to upload to hosts" {
	run in_image sh -c 'cd "$SLIPWAY_HELPERS_DIR" && for arch in x86_64 aarch64; do
		for tool in '"$helpers"'; do
			# e_machine of the ELF header
			printf "%s %s\n" "$arch" "$(od -An -tu2 -j18 -N2 "$arch/$tool" | tr -d " ")"
		done
	done | sort | uniq -c | tr -s " "'

	[ "$status" = 0 ]
	[ "$output" = $' 6 aarch64 183\n 6 x86_64 62' ]
}

@test "image: has no compiler, no rsync, no pip" {
	run in_image sh -c 'for tool in cc gcc make rsync pip pip3; do command -v "$tool" || :; done'

	[ "$output" = '' ]
}

@test "image: nothing in it but home and temporary folders is writable for its user" {
	# some folders are closed to it, which find says
	run in_image sh -c 'find / -xdev -path /proc -prune -o -writable ! -type l -print 2>/dev/null || :'

	while read -r path; do
		case $path in
		/home/slipway | /home/slipway/* | /tmp | /var/tmp | /run/lock | /dev/*) ;;
		*) printf 'writable: %s\n' "$path"; false ;;
		esac
	done <<<"$output"
}

@test "image: the helpers stage is six files and nothing else" {
	"$podman" save --quiet --format docker-dir --output "$BATS_TEST_TMPDIR/saved" "$HELPERS_IMAGE"

	run sh -c 'for layer in "$1"/*; do tar -tf "$layer" 2>/dev/null; done | sed s,^/,, | sort' - "$BATS_TEST_TMPDIR/saved"

	[ "$output" = "$(tr ' ' '\n' <<<"$helpers")" ]
	printf '# %s: %s\n# %s: %s\n' slipway "$("$podman" image inspect --format '{{.Size}}' "$IMAGE")" \
		helpers "$("$podman" image inspect --format '{{.Size}}' "$HELPERS_IMAGE")" >&3
}
