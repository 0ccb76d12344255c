#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016,SC2154  # text for other shells; runner.bash sets the variables
# The orb's scripts, run as CircleCI runs them, in the environment that a processor makes.
load runner

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return 1
	packed
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	mkdir home
	: >bash_env
}

teardown() {
	if [ -n "${server-}" ]; then kill "$server"; fi
	rm -f /tmp/slipway-requirements-key
}

# in_job COMMAND [PARAMETER=VALUE…]: the orb's command, as a job runs it; with the PATH $path, if set.
in_job() {
	HOME=$PWD/home PATH=${path:-$PATH} BASH_ENV=$PWD/bash_env "$runner/command.py" "$BATS_FILE_TMPDIR/orb.yml" "$@"
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

	run in_job install_helpers "helpers_url=$url" "helpers_sha256=$digest"

	expect_status 0
	run env "BASH_ENV=$PWD/bash_env" bash -c 'command -v req-checksum'
	[ "$output" = "$PWD/home/.slipway/bin/req-checksum" ]
}

@test "install_helpers: takes the digest of this architecture out of several" {
	archive
	serve

	run in_job install_helpers "helpers_url=$url/" \
		"helpers_sha256=$(printf '%064d  slipway-helpers-1.2.3-linux-other.tar.gz\n%s' 0 "$digest")"

	expect_status 0
}

@test "install_helpers: refuses another archive, names both digests, unpacks nothing" {
	archive
	printf 'x' >>"dist/$archive"
	serve

	run in_job install_helpers "helpers_url=$url" "helpers_sha256=$digest"

	expect_status 1
	expect_text "expected SHA-256: ${digest%% *}"
	expect_text "got:              $(sha256sum <"dist/$archive" | cut -d ' ' -f 1)"
	[ ! -e home/.slipway ]
	[ ! -s bash_env ]
}

@test "install_helpers: refuses where no digest of this architecture is given" {
	run in_job install_helpers helpers_url=http://127.0.0.1:1 \
		"helpers_sha256=$(printf '%064d  slipway-helpers-1.2.3-linux-other.tar.gz' 0)"

	expect_status 1
	expect_text "helpers_sha256 has no digest of an archive *-linux-$(uname -m).tar.gz"
}

@test "install_helpers: an archive that is not there fails with its URL" {
	archive
	rm "dist/$archive"
	serve

	run in_job install_helpers "helpers_url=$url" "helpers_sha256=$digest"

	expect_status 1
	expect_text "download $url/$archive"
}

@test "install_helpers: does with wget alone" {
	archive
	serve
	only wget

	run in_job install_helpers "helpers_url=$url" "helpers_sha256=$digest"

	expect_status 0
}

@test "install_helpers: does with python3 alone" {
	archive
	serve
	only python3

	run in_job install_helpers "helpers_url=$url" "helpers_sha256=$digest"

	expect_status 0
}

@test "install_helpers: names what an image lacks to download" {
	archive
	only true

	run in_job install_helpers helpers_url=http://127.0.0.1:1 \
		"helpers_sha256=$digest"

	expect_status 1
	expect_text "the image has none of: curl, wget, python3"
}

@test "requirements_key: says which command is missing before it" {
	path=/usr/bin:/bin

	run in_job install_deps

	expect_status 1
	expect_text "hint: put slipway/install_helpers before slipway/install_deps"
}

@test "requirements_key: fails where the requirements are not there" {
	path=$bin:$PATH

	run in_job install_deps requirements_file=nope.txt

	[ "$status" -ne 0 ]
	expect_text nope.txt
}

# key FILE…: the first step of install_deps alone.
key() {
	PATH=$bin:$PATH SLIPWAY_PARAM_REQUIREMENTS_FILE=$* /bin/bash -eo pipefail "$checkout/orb/src/scripts/requirements_key.sh"
}

@test "requirements_key: follows what the requirements include, over several files" {
	printf -- '-r base.txt\n' >a.txt
	printf 'flask==2\n' >base.txt
	printf 'pytest\n' >b.txt
	run key a.txt b.txt
	expect_status 0
	before=$(cat /tmp/slipway-requirements-key)
	printf 'flask==3\n' >base.txt

	run key a.txt b.txt

	expect_status 0
	[ "$(cat /tmp/slipway-requirements-key)" != "$before" ]
}

@test "requirements_key: another patch release of Python has another key" {
	mkdir newer
	printf 'import platform\nplatform.python_version = lambda: "3.99.1"\n' >newer/sitecustomize.py
	printf 'flask==2\n' >a.txt
	run key a.txt
	before=$(cat /tmp/slipway-requirements-key)

	PYTHONPATH=$PWD/newer run key a.txt

	expect_status 0
	expect_text 3.99.1
	[ "$(cat /tmp/slipway-requirements-key)" != "$before" ]
}

# wheel NAME VERSION FOLDER: a wheel with nothing in it but a module NAME.
wheel() {
	/usr/bin/python3 - "$@" <<-'END'
		import sys, zipfile
		name, version, folder = sys.argv[1:]
		info = f"{name}-{version}.dist-info"
		with zipfile.ZipFile(f"{folder}/{name}-{version}-py3-none-any.whl", "w") as file:
		    file.writestr(f"{name}.py", f"version = {version!r}\n")
		    file.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
		    file.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
		    file.writestr(f"{info}/RECORD", "")
	END
}

@test "install_deps: of a cache for other requirements only what is asked for now is installed" {
	path=$bin:$PATH
	mkdir -p index home/.cache/slipway/wheels
	wheel asked 2.0 index
	wheel asked 1.0 home/.cache/slipway/wheels
	wheel left 1.0 home/.cache/slipway/wheels
	echo other >home/.cache/slipway/wheels/key
	printf 'asked>=2\n' >requirements.txt

	PIP_NO_INDEX=1 PIP_FIND_LINKS=$PWD/index run in_job install_deps with_cache=false

	expect_status 0
	home/venv/bin/python -c 'import asked; assert asked.version == "2.0"'
	run ! home/venv/bin/python -c 'import left'
	[ "$(cd home/.cache/slipway/wheels && echo *)" = "asked-2.0-py3-none-any.whl key" ]
}

@test "setup_ssh: keeps the host keys in a file and a folder that are the user's own" {
	KEYS=$(printf 'web1 ssh-ed25519 AAAA\nweb2 ssh-ed25519 BBBB') run in_job setup_ssh known_hosts=KEYS

	expect_status 0
	[ "$(stat -c %a home/.ssh)" = 700 ]
	[ "$(stat -c %a home/.ssh/known_hosts)" = 600 ]
	[ "$(cat home/.ssh/known_hosts)" = "$(printf 'web1 ssh-ed25519 AAAA\nweb2 ssh-ed25519 BBBB')" ]
}

@test "setup_ssh: keeps the host keys that checkout wrote" {
	mkdir home/.ssh
	printf 'github.com ssh-ed25519 CCCC\n' >home/.ssh/known_hosts

	KEYS='web1 ssh-ed25519 AAAA' run in_job setup_ssh known_hosts=KEYS

	expect_status 0
	[ "$(wc -l <home/.ssh/known_hosts)" = 2 ]
}

@test "setup_ssh: takes deploy/known_hosts where the variable is empty" {
	mkdir deploy
	printf 'web1 ssh-ed25519 DDDD\n' >deploy/known_hosts

	run in_job setup_ssh known_hosts=KEYS

	expect_status 0
	[ "$(cat home/.ssh/known_hosts)" = 'web1 ssh-ed25519 DDDD' ]
}

@test "setup_ssh: without host keys it fails and prints the ssh-keyscan to run" {
	path=$bin:$PATH

	SLIPWAY_HOSTS=web1.example.com,deploy@web2.example.com:2222 run in_job setup_ssh known_hosts=KEYS

	expect_status 1
	expect_text "no host keys: KEYS is empty, and there is no deploy/known_hosts"
	expect_text "ssh-keyscan -p 22 web1.example.com"
	expect_text "ssh-keyscan -p 2222 web2.example.com"
	[ ! -e home/.ssh/known_hosts ]
}

@test "setup_ssh: names the servers of the inventory in that message" {
	mkdir deploy
	printf '[web]\nweb[1:2].example.com\n' >deploy/hosts

	path=$bin:$PATH

	run in_job setup_ssh known_hosts=KEYS

	expect_status 1
	expect_text "ssh-keyscan -p 22 web2.example.com"
}

@test "setup_ssh: names the only key there is as the one to offer" {
	mkdir -p home/.ssh
	: >home/.ssh/id_rsa_0123

	KEYS='web1 ssh-ed25519 AAAA' run in_job setup_ssh known_hosts=KEYS

	expect_status 0
	[ "$(cat bash_env)" = "export SLIPWAY_IDENTITY=$PWD/home/.ssh/id_rsa_0123" ]
}

@test "setup_ssh: leaves several keys to ~/.ssh/config" {
	mkdir -p home/.ssh
	: >home/.ssh/id_rsa_0123
	: >home/.ssh/id_rsa_4567

	KEYS='web1 ssh-ed25519 AAAA' run in_job setup_ssh known_hosts=KEYS

	expect_status 0
	[ ! -s bash_env ]
}

# two_keys: as add_ssh_keys leaves them; sets md5 and sha256 of the second.
two_keys() {
	local name
	mkdir -p home/.ssh
	for name in one two; do
		ssh-keygen -q -t ed25519 -N '' -C '' -f "$name"
		md5=$(ssh-keygen -l -E md5 -f "$name" | sed 's/.*MD5:\([^ ]*\).*/\1/')
		sha256=$(ssh-keygen -l -E sha256 -f "$name" | cut -d ' ' -f 2)
		mv "$name" "home/.ssh/id_rsa_${md5//:/}"
	done
}

@test "setup_ssh: the chosen fingerprint is the one key to offer among several, in either form" {
	two_keys

	for fingerprint in "$md5" "$sha256"; do
		: >bash_env
		KEYS='web1 ssh-ed25519 AAAA' run in_job setup_ssh known_hosts=KEYS "ssh_fingerprint=$fingerprint"

		expect_status 0
		[ "$(cat bash_env)" = "export SLIPWAY_IDENTITY=$PWD/home/.ssh/id_rsa_${md5//:/}" ]
	done
}

@test "setup_ssh: a key of a context is the one to offer, as it is, with line ends of Windows, or in base64" {
	two_keys
	ssh-keygen -q -t ed25519 -N '' -C '' -f mine

	for text in "$(cat mine)" "$(sed 's/$/\r/' mine)" "$(base64 <mine)" "$(base64 -w 0 <mine)"; do
		: >bash_env
		KEYS='web1 ssh-ed25519 AAAA' DEPLOY_SSH_KEY=$text run in_job setup_ssh known_hosts=KEYS

		expect_status 0
		[ "$(cat bash_env)" = "export SLIPWAY_IDENTITY=$PWD/home/.ssh/slipway" ]
		[ "$(stat -c %a home/.ssh/slipway)" = 600 ]
		cmp mine home/.ssh/slipway
		[[ $output != *"$(sed -n 2p mine)"* ]]
	done
}

@test "setup_ssh: a variable that holds no key is refused by its name, and not printed" {
	KEYS='web1 ssh-ed25519 AAAA' DEPLOY_SSH_KEY='not a key' run in_job setup_ssh known_hosts=KEYS

	expect_status 1
	expect_text "DEPLOY_SSH_KEY is no private key"
	[[ $output != *"not a key"* ]]
}

# exported NAME: its value in a later step.
exported() {
	BASH_ENV=$PWD/bash_env /bin/bash -eo pipefail -c 'printf %s "${!1-unset}"' bash "$1"
}

@test "configure: what is not given is left to the context and to deploy/settings" {
	run in_job configure

	expect_status 0
	[ ! -s bash_env ]
}

@test "configure: values reach later steps as they are" {
	run in_job configure hosts=web1,web2 keep_releases=0 become=true "restart=command:sv 'up' \$x \"y\"; ls"

	expect_status 0
	[ "$(exported SLIPWAY_HOSTS)" = web1,web2 ]
	[ "$(exported SLIPWAY_KEEP_RELEASES)" = 0 ]
	[ "$(exported SLIPWAY_BECOME)" = 1 ]
	[ "$(exported SLIPWAY_RESTART)" = "command:sv 'up' \$x \"y\"; ls" ]
	[ "$(exported SLIPWAY_PORT)" = unset ]
}

@test "configure: a flag that arrives as true, not 1, counts as well" {
	BASH_ENV=$PWD/bash_env SLIPWAY_FLAG_BECOME=true run /bin/bash -eo pipefail "$checkout/orb/src/scripts/configure.sh"

	expect_status 0
	[ "$(exported SLIPWAY_BECOME)" = 1 ]
}

@test "configure: a value that names a variable is that variable's, and is not printed" {
	MINE=web1.secret run in_job configure 'hosts=$MINE' 'user=${MINE}'

	expect_status 0
	[ "$(exported SLIPWAY_HOSTS)" = web1.secret ]
	[ "$(exported SLIPWAY_USER)" = web1.secret ]
	expect_text 'hosts=$MINE'
	[[ $output != *secret* ]]
}

@test "configure: a named variable that is empty is an error, not a default" {
	run in_job configure 'hosts=$NOT_THERE'

	expect_status 1
	expect_text "configure: hosts: the variable NOT_THERE is empty"
}

@test "configure: gives what slipway takes, and wins over deploy/settings" {
	mkdir deploy
	printf 'keep_releases=7\nproject_root=/srv/file\n' >deploy/settings
	in_job configure project_root=relative

	BASH_ENV=$PWD/bash_env PATH=$bin:$checkout/scripts:$PATH run /bin/bash -eo pipefail -c 'slipway status'

	expect_status 2
	expect_text 'project_root: "relative" is not an absolute path'
}

# pytest that says how it was called: the command is run_tests' own, the tests are somebody else's.
say_calls() {
	mkdir programs
	printf '#!/bin/sh\nfor word; do printf "[%%s]" "$word"; done; exit "${PYTEST_STATUS:-0}"\n' >programs/pytest
	chmod +x programs/pytest
	path=$PWD/programs:$PATH
}

@test "run_tests: with nothing given pytest gets a place for its report, and no empty word" {
	say_calls

	run --separate-stderr in_job run_tests

	expect_status 0
	[ "$output" = "[--junitxml=test-reports/junit.xml]" ]
	[ -d test-reports ]
}

@test "run_tests: runs in app_dir, with the arguments given, and fails as pytest does" {
	say_calls
	mkdir app

	PYTEST_STATUS=5 run --separate-stderr in_job run_tests app_dir=app "pytest_args=-x tests/unit"

	expect_status 5
	[ "$output" = "[--junitxml=test-reports/junit.xml][-x][tests/unit]" ]
	[ -d app/test-reports ]
}

@test "mark_release: where there is no circleci command it is a warning" {
	path=$bin:$checkout/scripts:$PATH

	run in_job mark_release action=plan build=20260102030405

	expect_status 0
	expect_text "warning: deploy marker: there is no circleci command here"
}

@test "orb: every command is run by a test, as a step of a job" {
	as_json <"$BATS_FILE_TMPDIR/orb.yml" | jq -r '.commands | keys[]' >commands

	for word in $(<commands); do
		grep -qE "(in_job|orb.yml\") ${word}|^	for command in.* ${word}[ ;]" "$BATS_TEST_DIRNAME"/orb-*.bats ||
			{ echo "no test runs $word"; return 1; }
	done
}
