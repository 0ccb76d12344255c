#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The image that our Dockerfile builds: what CircleCI needs of a primary container, and what is in it.
# shellcheck shell=bash disable=SC2016,SC2154

bats_require_minimum_version 1.5.0

checkout=$(cd "$BATS_TEST_DIRNAME/../.." && pwd -P)
podman=$checkout/tests/lab/podman
version=$(cat "$checkout/VERSION")
helpers='atomic-link deploy-lock prune-builds remote-run req-checksum rsync-push'
bill=/usr/local/share/doc/slipway/slipway.spdx.json

setup_file() {
	IMAGE=$("$BATS_TEST_DIRNAME/../lab/image" slipway)
	HELPERS_IMAGE=$("$BATS_TEST_DIRNAME/../lab/image" slipway-helpers)
	export IMAGE HELPERS_IMAGE
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
}

# in_image COMMAND...: in a container of the image; no network is needed.
in_image() {
	"$podman" run --rm --network none "$IMAGE" "$@"
}

# step COMMAND: as CircleCI runs a step: entry point replaced, the text in a file, BASH_ENV sourced.
step() {
	"$podman" run --rm --network none --interactive --entrypoint '["/bin/sh", "-c"]' "$IMAGE" \
		'cat >/tmp/step && echo "export FROM_BASH_ENV=sourced" >/tmp/env && mkdir -p ~/project && cd ~/project &&
			BASH_ENV=/tmp/env exec /bin/bash -eo pipefail /tmp/step </dev/null' <<<"$1"
}

facts() { # FILTER: of what the image says of itself
	"$podman" image inspect "$IMAGE" | jq --raw-output ".[0] | $1"
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

@test "image: a step prints what it prints and nothing else, with BASH_ENV sourced" {
	run --separate-stderr step 'echo "$FROM_BASH_ENV"; echo "$-" | tr -d -c eu'

	[ "$status" = 0 ]
	[ "$output" = $'sourced\ne' ]
	[ "$stderr" = '' ]
}

@test "image: a step ends with the first command that fails, in a pipe too" {
	run step 'false | true; echo gone on'

	[ "$status" = 1 ]
	[ "$output" = '' ]
}

@test "image: has no entry point that a step could depend on" {
	run facts '.Config.Entrypoint, .Labels["com.circleci.preserve-entrypoint"]'

	[ "$output" = $'null\nnull' ]
}

@test "image: home is the user's, as the password file has it; /tmp is writable and runs programs" {
	run step 'stat -c "%U %a" ~; getent passwd "$(id -un)" | cut -d: -f6; echo "$HOME"
		printf "#!/bin/sh\necho runs\n" >/tmp/program; chmod +x /tmp/program; /tmp/program; stat -c %a /tmp'

	[ "$status" = 0 ]
	[[ ${lines[0]} == "slipway 7"?? ]]
	[ "${lines[1]}" = "${lines[2]}" ]
	[ "${lines[3]}" = runs ]
	[ "${lines[4]}" = 1777 ]
}

@test "image: ~/project holds nothing that checkout would stumble over, and can be made anew" {
	run step 'find ~/project -mindepth 1; cd /; rmdir ~/project; mkdir -p ~/project/deep; stat -c %U ~/project'

	[ "$status" = 0 ]
	[ "$output" = slipway ]
}

@test "image: checkout works, with all of history and blobless, on a branch and on a tag" {
	run step 'exec 2>&1
		git init -q -b main /tmp/origin; cd /tmp/origin
		git config user.email a@example.com; git config user.name a; git config uploadpack.allowFilter true
		echo one >file; git add file; git commit -qm one; git tag v1; echo two >file; git commit -qam two
		tip=$(git rev-parse HEAD)
		for filter in "" --filter=blob:none; do
			rm -rf ~/project; mkdir -p ~/project; cd ~/project
			git clone -q --no-checkout $filter file:///tmp/origin .
			git rev-list --objects --all --missing=print | grep -c "^?" || :
			git config gc.auto 0; git fetch -q --force origin main:remotes/origin/main v1:refs/tags/v1
			git checkout -q -B main "$tip"; git reset -q --hard "$tip"; cat file
			git checkout -q --force v1; git reset -q --hard "$(git rev-parse v1)"; cat file
		done'

	[ "$status" = 0 ]
	[ "$output" = $'0\ntwo\none\n2\ntwo\none' ]
}

@test "image: git clones by HTTPS, from a server whose authority it knows, and from no other" {
	run step 'exec 2>&1
		cd /tmp; openssl req -x509 -newkey rsa:2048 -nodes -keyout key -out cert -days 2 -subj /CN=localhost \
			-addext subjectAltName=DNS:localhost 2>/dev/null
		mkdir web; git init -q -b main web/origin; cd web/origin
		git -c user.email=a@example.com -c user.name=a commit -q --allow-empty -m one; git update-server-info
		cd ..; python3 -c "
import http.server, os, ssl
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(\"/tmp/cert\", \"/tmp/key\")
server = http.server.HTTPServer((\"localhost\", 0), http.server.SimpleHTTPRequestHandler)
server.socket = context.wrap_socket(server.socket, server_side=True)
open(\"/tmp/port.new\", \"w\").write(str(server.server_port))
os.rename(\"/tmp/port.new\", \"/tmp/port\")
server.serve_forever()" 2>/dev/null &
		until [ -e /tmp/port ]; do read -rt 0.05 <> <(:) || :; done
		url=https://localhost:$(cat /tmp/port)/origin/.git
		if git clone -q "$url" /tmp/no 2>/tmp/refused; then echo cloned; fi; grep -c "verification failed" /tmp/refused
		git -c http.sslCAInfo=/tmp/cert clone -q "$url" /tmp/yes; git -C /tmp/yes log --format=%s'

	[ "$status" = 0 ]
	[ "$output" = $'1\none' ]
}

@test "image: knows the certificate authorities" {
	run step 'python3 -c "import ssl; print(len(ssl.create_default_context().get_ca_certs()) > 100)"'

	[ "$output" = True ]
}

@test "image: has ssh, its agent and ssh-keyscan; keys can be added to a ~/.ssh that is not there yet" {
	run step 'exec 2>&1; type -P ssh ssh-add ssh-keyscan >/dev/null; test ! -e ~/.ssh; mkdir -m 700 ~/.ssh
		ssh-keygen -q -t ed25519 -N "" -f ~/.ssh/id_rsa_4fa5; eval "$(ssh-agent)" >/dev/null
		ssh-add -q ~/.ssh/id_rsa_4fa5; ssh-add -l | grep -c ED25519; ssh -G host | grep -c "^identityfile"'

	[ "$status" = 0 ]
	[ "${lines[0]}" = 1 ]
}

@test "image: a cache goes out and comes back to the same place, modes and links too; keys are summed" {
	run step 'mkdir -p ~/.cache/wheels; cd ~/.cache/wheels; echo data >file; chmod 750 file; ln -s file link
		tar -czf /tmp/cache.tgz -P ~/.cache; rm -rf ~/.cache; tar -xzf /tmp/cache.tgz -P
		stat -c "%a %N" ~/.cache/wheels/file ~/.cache/wheels/link | tr -d \\047 | sed "s,$HOME,~,g"
		printf data | sha256sum; gzip -t /tmp/cache.tgz'

	[ "$status" = 0 ]
	[ "${lines[0]}" = '750 ~/.cache/wheels/file' ]
	[ "${lines[1]}" = '777 ~/.cache/wheels/link -> file' ]
	[ "${lines[2]}" = "$(printf data | sha256sum)" ]
}

@test "image: holds the helpers of its architecture, and of the other one those that hosts get" {
	run in_image sh -c 'cd "$SLIPWAY_HELPERS_DIR" && for tool in */*; do
			# e_machine of the ELF header
			printf "%s %s\n" "$tool" "$(od -An -tu2 -j18 -N2 "$tool" | tr -d " ")"
		done'

	[ "$status" = 0 ]
	[ "$(grep -c '^x86_64/.* 62$' <<<"$output")" = 6 ]
	on_hosts=$(sed -n "s/^ON_HOSTS='\(.*\)'/\1/p" "$checkout/scripts/lib/helpers.sh")
	[ "$(grep aarch64 <<<"$output")" = "$(tr ' ' '\n' <<<"$on_hosts" | sed 's,.*,aarch64/& 183,')" ]
}

@test "image: has no compiler, no rsync, no pip, no server, and runs without Perl's library" {
	run in_image sh -c 'for tool in cc gcc make rsync pip pip3 sshd curl wget; do command -v "$tool" || :; done
		cd /usr/lib/git-core && ls git-daemon git-http-backend 2>/dev/null; find /usr/share/perl -type f 2>/dev/null'

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

@test "image: leaves nothing of its making behind" {
	run in_image sh -c 'ls -A /tmp /var/tmp /var/lib/apt/lists /home/slipway/project; ls /var/cache/apt/*.bin 2>/dev/null
		find /var/log -type f -size +0; find / -xdev -name "*.spdx.json" 2>/dev/null || :'

	[ "$(grep -v '^$\|:$' <<<"$output" | sort -u)" = "$bill" ]
}

@test "image: is labelled with what it is, by the names of the OCI annotations" {
	run facts '.Labels | to_entries[] | select(.key | startswith("org.opencontainers.image.")) | "\(.key) \(.value)"'

	for name in title description url source documentation vendor base.name; do
		grep -q "^org.opencontainers.image.$name ." <<<"$output"
	done
	grep -qx "org.opencontainers.image.version $version" <<<"$output"
	grep -qx 'org.opencontainers.image.licenses MIT' <<<"$output"
	# unless given, as a release does: the same for all builds
	grep -qx 'org.opencontainers.image.revision unknown' <<<"$output"
	grep -qx 'org.opencontainers.image.created 1970-01-01T00:00:00Z' <<<"$output"
}

@test "image: its bill of materials is sound, and has every pin and every installed package" {
	in_image cat "$bill" >bill.json
	in_image dpkg-query -W -f '${Package} ${Version} ${Architecture}\n' >packages

	run "$BATS_TEST_DIRNAME/spdx.py" bill.json "$checkout/helpers/deps/pins" packages

	[ "$status" = 0 ] || { echo "$output" && false; }
	[ "$(jq --raw-output '.packages[0] | "\(.name) \(.versionInfo)"' bill.json)" = "slipway $version" ]
	# most say by their copyright file under what they stand
	jq --exit-status '[.packages[] | .licenseDeclared != "NOASSERTION"] | (map(select(.)) | length) > length * 0.8' bill.json
}

@test "image: the bill of materials is the same bytes every time" {
	run "$podman" run --rm --network none --volume "$checkout:/src:ro" "$IMAGE" sh -c \
		'/src/image/sbom --root / "$(cat /src/VERSION)" /src/helpers/deps/pins | cmp - '"$bill"

	[ "$status" = 0 ]
}

@test "image: the check of the bill misses no package, no pin and no unknown licence" {
	in_image cat "$bill" >bill.json
	in_image dpkg-query -W -f '${Package} ${Version} ${Architecture}\n' >packages
	check() {
		jq "$1" bill.json >changed.json
		run "$BATS_TEST_DIRNAME/spdx.py" changed.json "$checkout/helpers/deps/pins" packages
		[ "$status" = 1 ]
		[[ $output == *"$2"* ]]
	}

	check 'del(.packages[] | select(.name == "git"))' 'package git '
	check 'del(.packages[] | select(.name == "xxhash"))' 'pin xxhash_'
	check '.packages[5].licenseDeclared = "Own"' 'licence Own'
	check '(.packages[] | select(.name == "git") | .versionInfo) = "1"' 'package git '
	check '.relationships = .relationships[1:]' 'belongs to nothing'
}

@test "image: the helpers stage is six files and nothing else" {
	"$podman" save --quiet --format docker-dir --output "$BATS_TEST_TMPDIR/saved" "$HELPERS_IMAGE"

	run sh -c 'for layer in "$1"/*; do tar -tf "$layer" 2>/dev/null; done | sed s,^/,, | sort' - "$BATS_TEST_TMPDIR/saved"

	[ "$output" = "$(tr ' ' '\n' <<<"$helpers")" ]
	printf '# %s: %s\n# %s: %s\n' slipway "$("$podman" image inspect --format '{{.Size}}' "$IMAGE")" \
		helpers "$("$podman" image inspect --format '{{.Size}}' "$HELPERS_IMAGE")" >&3
}
