#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016,SC2154  # text for other shells; runner.bash sets the variables
# The orb's scripts, run as CircleCI runs them, in the environment that a processor makes.
load runner

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	mkdir home
	: >bash_env
}

teardown() {
	if [ -n "${server-}" ]; then kill "$server"; fi
	rm -f /tmp/slipway-requirements-key
}

# script NAME [VARIABLE=VALUE…]
script() {
	local name=$1
	shift
	env "HOME=$PWD/home" "BASH_ENV=$PWD/bash_env" "$@" \
		/bin/bash -eo pipefail "$checkout/orb/src/scripts/$name.sh"
}

# archive: a release archive with one of the real helpers, and its digest line in $digest.
archive() {
	archive=slipway-helpers-1.2.3-linux-$(uname -m).tar.gz
	mkdir -p dist stage/bin
	cp "$bin/req-checksum" stage/bin/
	tar -czf "dist/$archive" -C stage bin
	digest=$(cd dist && sha256sum "$archive")
}

# serve: dist/ over HTTP, at $url.
serve() {
	/usr/bin/python3 -u -m http.server --bind 127.0.0.1 --directory dist 0 >server.log 2>&1 3>&- &
	server=$!
	for _ in $(seq 100); do
		url=$(sed -n 's/.*port \([0-9]*\).*/http:\/\/127.0.0.1:\1/p' server.log)
		if [ -n "$url" ]; then return; fi
		read -rt 0.05 <> <(:) || true
	done
	return 1
}

# only TOOL: a PATH on which, beside what the script needs anyway, is TOOL.
only() {
	local tool
	mkdir tools
	for tool in bash uname mktemp sha256sum tar gzip mkdir rm "$1"; do
		ln -s "$(PATH=/usr/bin:/bin command -v "$tool")" "tools/$tool"
	done
	path=$PWD/tools
}

@test "install_helpers: puts the verified helpers on the PATH of later steps" {
	archive
	serve

	run script install_helpers "SLIPWAY_PARAM_HELPERS_URL=$url" "SLIPWAY_PARAM_HELPERS_SHA256=$digest"

	expect_status 0
	run env "BASH_ENV=$PWD/bash_env" bash -c 'command -v req-checksum'
	[ "$output" = "$PWD/home/.slipway/bin/req-checksum" ]
}

@test "install_helpers: takes the digest of this architecture out of several" {
	archive
	serve

	run script install_helpers "SLIPWAY_PARAM_HELPERS_URL=$url/" \
		"SLIPWAY_PARAM_HELPERS_SHA256=$(printf '%064d  slipway-helpers-1.2.3-linux-other.tar.gz\n%s' 0 "$digest")"

	expect_status 0
}

@test "install_helpers: refuses another archive, names both digests, unpacks nothing" {
	archive
	printf 'x' >>"dist/$archive"
	serve

	run script install_helpers "SLIPWAY_PARAM_HELPERS_URL=$url" "SLIPWAY_PARAM_HELPERS_SHA256=$digest"

	expect_status 1
	expect_text "expected SHA-256: ${digest%% *}"
	expect_text "got:              $(sha256sum <"dist/$archive" | cut -d ' ' -f 1)"
	[ ! -e home/.slipway ]
	[ ! -s bash_env ]
}

@test "install_helpers: refuses where no digest of this architecture is given" {
	run script install_helpers SLIPWAY_PARAM_HELPERS_URL=http://127.0.0.1:1 \
		"SLIPWAY_PARAM_HELPERS_SHA256=$(printf '%064d  slipway-helpers-1.2.3-linux-other.tar.gz' 0)"

	expect_status 1
	expect_text "helpers_sha256 has no digest of an archive *-linux-$(uname -m).tar.gz"
}

@test "install_helpers: an archive that is not there fails with its URL" {
	archive
	rm "dist/$archive"
	serve

	run script install_helpers "SLIPWAY_PARAM_HELPERS_URL=$url" "SLIPWAY_PARAM_HELPERS_SHA256=$digest"

	expect_status 1
	expect_text "download $url/$archive"
}

@test "install_helpers: does with wget alone" {
	archive
	serve
	only wget

	run script install_helpers "PATH=$path" "SLIPWAY_PARAM_HELPERS_URL=$url" "SLIPWAY_PARAM_HELPERS_SHA256=$digest"

	expect_status 0
}

@test "install_helpers: does with python3 alone" {
	archive
	serve
	only python3

	run script install_helpers "PATH=$path" "SLIPWAY_PARAM_HELPERS_URL=$url" "SLIPWAY_PARAM_HELPERS_SHA256=$digest"

	expect_status 0
}

@test "install_helpers: names what an image lacks to download" {
	archive
	only true

	run script install_helpers "PATH=$path" SLIPWAY_PARAM_HELPERS_URL=http://127.0.0.1:1 \
		"SLIPWAY_PARAM_HELPERS_SHA256=$digest"

	expect_status 1
	expect_text "the image has none of: curl, wget, python3"
}

@test "requirements_key: says which command is missing before it" {
	run script requirements_key PATH=/usr/bin:/bin SLIPWAY_PARAM_REQUIREMENTS_FILE=requirements.txt

	expect_status 1
	expect_text "hint: put slipway/install_helpers before slipway/install_deps"
}

@test "requirements_key: fails where the requirements are not there" {
	run script requirements_key "PATH=$bin:$PATH" SLIPWAY_PARAM_REQUIREMENTS_FILE=nope.txt

	[ "$status" -ne 0 ]
	expect_text nope.txt
}

@test "requirements_key: follows what the requirements include, over several files" {
	printf -- '-r base.txt\n' >a.txt
	printf 'flask==2\n' >base.txt
	printf 'pytest\n' >b.txt
	run script requirements_key "PATH=$bin:$PATH" "SLIPWAY_PARAM_REQUIREMENTS_FILE=a.txt b.txt"
	expect_status 0
	before=$(cat /tmp/slipway-requirements-key)
	printf 'flask==3\n' >base.txt

	run script requirements_key "PATH=$bin:$PATH" "SLIPWAY_PARAM_REQUIREMENTS_FILE=a.txt b.txt"

	expect_status 0
	[ "$(cat /tmp/slipway-requirements-key)" != "$before" ]
}

@test "setup_ssh: keeps the host keys in a file and a folder that are the user's own" {
	run script setup_ssh SLIPWAY_PARAM_KNOWN_HOSTS=KEYS SLIPWAY_PARAM_HOSTS= \
		"KEYS=$(printf 'web1 ssh-ed25519 AAAA\nweb2 ssh-ed25519 BBBB')"

	expect_status 0
	[ "$(stat -c %a home/.ssh)" = 700 ]
	[ "$(stat -c %a home/.ssh/known_hosts)" = 600 ]
	[ "$(cat home/.ssh/known_hosts)" = "$(printf 'web1 ssh-ed25519 AAAA\nweb2 ssh-ed25519 BBBB')" ]
}

@test "setup_ssh: keeps the host keys that checkout wrote" {
	mkdir home/.ssh
	printf 'github.com ssh-ed25519 CCCC\n' >home/.ssh/known_hosts

	run script setup_ssh SLIPWAY_PARAM_KNOWN_HOSTS=KEYS SLIPWAY_PARAM_HOSTS= \
		'KEYS=web1 ssh-ed25519 AAAA'

	expect_status 0
	[ "$(wc -l <home/.ssh/known_hosts)" = 2 ]
}

@test "setup_ssh: takes deploy/known_hosts where the variable is empty" {
	mkdir deploy
	printf 'web1 ssh-ed25519 DDDD\n' >deploy/known_hosts

	run script setup_ssh SLIPWAY_PARAM_KNOWN_HOSTS=KEYS SLIPWAY_PARAM_HOSTS=

	expect_status 0
	[ "$(cat home/.ssh/known_hosts)" = 'web1 ssh-ed25519 DDDD' ]
}

@test "setup_ssh: without host keys it fails and prints the ssh-keyscan to run" {
	run script setup_ssh "PATH=$bin:$PATH" SLIPWAY_PARAM_KNOWN_HOSTS=KEYS \
		SLIPWAY_PARAM_HOSTS=web1.example.com,deploy@web2.example.com:2222

	expect_status 1
	expect_text "no host keys: KEYS is empty, and there is no deploy/known_hosts"
	expect_text "ssh-keyscan -p 22 web1.example.com"
	expect_text "ssh-keyscan -p 2222 web2.example.com"
	[ ! -e home/.ssh/known_hosts ]
}

@test "setup_ssh: names the servers of the inventory in that message" {
	mkdir deploy
	printf '[web]\nweb[1:2].example.com\n' >deploy/hosts

	run script setup_ssh "PATH=$bin:$PATH" SLIPWAY_PARAM_KNOWN_HOSTS=KEYS \
		SLIPWAY_PARAM_HOSTS=

	expect_status 1
	expect_text "ssh-keyscan -p 22 web2.example.com"
}

@test "setup_ssh: names the only key there is as the one to offer" {
	mkdir -p home/.ssh
	: >home/.ssh/id_rsa_0123

	run script setup_ssh SLIPWAY_PARAM_KNOWN_HOSTS=KEYS SLIPWAY_PARAM_HOSTS= 'KEYS=web1 ssh-ed25519 AAAA'

	expect_status 0
	[ "$(cat bash_env)" = "export SLIPWAY_IDENTITY=$PWD/home/.ssh/id_rsa_0123" ]
}

@test "setup_ssh: leaves several keys to ~/.ssh/config" {
	mkdir -p home/.ssh
	: >home/.ssh/id_rsa_0123
	: >home/.ssh/id_rsa_4567

	run script setup_ssh SLIPWAY_PARAM_KNOWN_HOSTS=KEYS SLIPWAY_PARAM_HOSTS= 'KEYS=web1 ssh-ed25519 AAAA'

	expect_status 0
	[ ! -s bash_env ]
}
