# shellcheck shell=bash disable=SC2034,SC2154
# SPDX-License-Identifier: MIT
# deploy.bash: what the tests of slipway on real hosts share. `load deploy`, then in setup_file:
# deploy_hosts_up, in teardown_file: deploy_hosts_down, in setup: deploy_setup.
# Each test has an application of its own in the current directory, and a project root of its own in
# the deploy user's home ($root), so that no test waits for another's remains to be removed.
# SLIPWAY_TEST_LAB names a lab that is up already, and stays up: for running one test again and again.

bats_require_minimum_version 1.5.0
# Programs that run beside each other have labs of their own.
lab_of_file=$(basename "$BATS_TEST_FILENAME" .bats | tr -dc a-z0-9 | cut -c 1-10)
export SLIPWAY_LAB_NAME=${SLIPWAY_TEST_LAB:-$lab_of_file}
checkout=$(cd "$BATS_TEST_DIRNAME/../.." && pwd -P)
lab=$checkout/tests/lab/lab

deploy_hosts_up() {
	[ -n "${SLIPWAY_TEST_LAB:-}" ] || "$lab" up >&2
}

deploy_hosts_down() {
	[ -n "${SLIPWAY_TEST_LAB:-}" ] || "$lab" down
}

lab_value() {
	sed -n "s/^LAB_$1=//p" "$("$lab" env)"
}

deploy_setup() {
	cd "$BATS_TEST_TMPDIR" || return
	local bin=${SLIPWAY_BIN:-$checkout/build/bin} lab_name=$SLIPWAY_LAB_NAME lab_dir=${SLIPWAY_LAB_DIR:-}
	unset "${!SLIPWAY_@}" "${!CIRCLE_@}"
	[ -z "$lab_dir" ] || export SLIPWAY_LAB_DIR=$lab_dir
	export SLIPWAY_LAB_NAME=$lab_name TMPDIR=$BATS_TEST_TMPDIR/tmp
	export SLIPWAY_HELPERS_DIR=$BATS_TEST_TMPDIR/helpers
	export PATH=$bin:$checkout/scripts:$PATH
	mkdir -p tmp helpers app/deploy/hooks
	ln -s "$bin" "helpers/$(uname -m)"
	SLIPWAY_IDENTITY=$(lab_value SSH_KEY)
	SLIPWAY_KNOWN_HOSTS=$(lab_value KNOWN_HOSTS)
	# Most tests deploy a page, which no server could load.
	export SLIPWAY_IDENTITY SLIPWAY_KNOWN_HOSTS SLIPWAY_TRY=none
	declare -gA address=([web1]=$(lab_value WEB1) [web2]=$(lab_value WEB2))
	root=/home/deploy/$(basename "$BATS_TEST_FILENAME" .bats)-$BATS_TEST_NUMBER-$RANDOM
	cd app || return
	printf '%s\n' '[web]' "web1 ansible_host=${address[web1]}" "web2 ansible_host=${address[web2]}" \
		'[web:vars]' 'ansible_user=deploy' >deploy/hosts
	settings "project_root=$root" requirements_file=none restart=none
	echo one >page.txt
}

# settings LINE...: the whole of deploy/settings.
settings() {
	printf '%s\n' "$@" >deploy/settings
}

# hook NAME LINE...: an executable deploy/hooks/NAME.
hook() {
	local file=deploy/hooks/$1
	shift
	printf '%s\n' '#!/bin/sh' "$@" >"$file"
	chmod +x "$file"
}

# on HOST COMMAND: as the deploy user.
on() {
	ssh -F none -i "$SLIPWAY_IDENTITY" -o IdentitiesOnly=yes -o LogLevel=ERROR \
		-o UserKnownHostsFile="$(lab_value KNOWN_HOSTS)" "deploy@${address[$1]}" "$2"
}

# live HOST: the name of the live build; nothing where there is none.
live() {
	on "$1" "basename \"\$(readlink '$root/current')\""
}

# A first deploy, which a test needs but is not about. Sets first, the build.
deploy_first() {
	slipway deploy >../first.log 2>&1 || {
		cat ../first.log >&2
		return 1
	}
	first=$(sed -n 's/^slipway: build //p' ../first.log)
	rm ../first.log
}

# Both hosts serve the build NAME, which is complete.
expect_live() {
	local host found
	for host in web1 web2; do
		found=$(on "$host" "cd '$root'; readlink current; ls current/.incomplete current/.failed 2>/dev/null || :")
		if [ "$found" != "builds/$1" ]; then
			printf '%s: live is %s, expected %s\n' "$host" "$found" "$1" >&2
			return 1
		fi
	done
}

expect_status() {
	if [ "$status" -ne "$1" ]; then
		printf 'status %s, expected %s:\n%s\n' "$status" "$1" "$output" >&2
		return 1
	fi
}

# expect_line TEXT: a line of the output holds it.
expect_line() {
	if ! grep -qF -- "$1" <<<"$output"; then
		printf 'no line with "%s" in:\n%s\n' "$1" "$output" >&2
		return 1
	fi
}

# await SECONDS COMMAND...: poll until the command succeeds.
await() {
	local deadline=$((SECONDS + $1))
	shift
	until "$@"; do
		if [ "$SECONDS" -ge "$deadline" ]; then
			return 1
		fi
		read -rt 0.05 <> <(:) || :
	done
}
