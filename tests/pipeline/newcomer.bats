#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154  # runner.bash sets the variables
# README.md as somebody reads it who has never seen Slipway: the commands of its quick start are run as they
# stand there, in an empty home with nothing but an SSH key, on one prepared host. Replaced are what the
# README calls the reader's own (the host's name) and where the release archive is downloaded from.
load runner

export SLIPWAY_LAB_NAME=${SLIPWAY_TEST_LAB:-newcomer}
readme=$checkout/README.md

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return 1
	[ -n "${SLIPWAY_TEST_LAB:-}" ] || "$lab/lab" up 3>&-
	"$lab/lab" host-exec web1 sh -c 'rm -rf /var/www/app/* /var/www/app/.slipway' </dev/null
	mkdir -m 700 home home/.ssh
	cp "$(env_of SSH_KEY)" home/.ssh/id_ed25519
	printf '[user]\n\tname = A newcomer\n\temail = newcomer@example.com\n' >home/.gitconfig
	quick_start >commands
}

teardown_file() {
	[ -n "${SLIPWAY_TEST_LAB:-}" ] || "$lab/lab" down
}

setup() {
	cd "$BATS_FILE_TMPDIR" || return 1
}

env_of() {
	sed -n "s/^LAB_$1=//p" "$("$lab/lab" env)"
}

# The commands of the quick start.
quick_start() {
	awk '/^## Quick start/ { here = 1 } here && /^```$/ { exit } inside { print } here && /^```sh$/ { inside = 1 }' \
		"$readme"
}

# as_newcomer FOLDER FILE: run the file's commands, one after the other, in a home of their own.
as_newcomer() {
	(cd "home/$1" && env -i HOME="$BATS_FILE_TMPDIR/home" LANG=C.UTF-8 \
		PATH="$BATS_FILE_TMPDIR/home/.local/bin:/usr/bin:/bin" bash -ex "$2") 3>&-
}

served() {
	curl -s --max-time 5 --noproxy '*' "http://$(env_of WEB1)/"
}

@test "README: at most 150 lines, and a quick start of less than ten commands" {
	[ "$(wc -l <"$readme")" -le 150 ]
	[ "$(wc -l <commands)" -ge 5 ]
	[ "$(wc -l <commands)" -lt 10 ]
}

@test "README: the quick start, pasted: an empty repository is served by the host" {
	archives=${SLIPWAY_DIST:-$checkout/build/dist}
	sed -e "s/web1\.example\.com/$(env_of WEB1)/g" \
		-e "s,https://github.com/slipway/slipway/releases/download/v[0-9.]*/,file://$archives/," commands >pasted

	run as_newcomer . "$BATS_FILE_TMPDIR/pasted"

	expect_status 0
	expect_text "0 errors, 0 warnings"
	expect_text "is live on $(env_of WEB1)"
	[ "$(served)" = Hello ]
	[ -z "$(git -C home/shop status --porcelain)" ]
}

@test "README: what comes after the quick start: change, deploy, go back" {
	printf '%s\n' 'sed -i s/Hello/Welcome/ wsgi.py' 'slipway deploy' >change
	run as_newcomer shop "$BATS_FILE_TMPDIR/change"
	expect_status 0
	[ "$(served)" = Welcome ]

	printf '%s\n' 'slipway rollback' >back
	run as_newcomer shop "$BATS_FILE_TMPDIR/back"

	expect_status 0
	[ "$(served)" = Hello ]
}

@test "README: the man pages come with the archive, slipway's too" {
	for name in slipway rsync-push remote-run req-checksum atomic-link prune-builds deploy-lock; do
		[ -s "home/.local/share/man/man1/$name.1" ]
		PATH=home/.local/bin:/usr/bin:/bin "$name" --version | grep -qF "$name $(cat "$checkout/VERSION")"
	done
}

@test "README: what it says of other ways is shown by tests that are there" {
	# shellcheck disable=SC2016
	sed -n '/^## What goes wrong elsewhere/,/^## /s/.*| `\(.*\)` |$/\1/p' "$readme" >named
	[ "$(wc -l <named)" -ge 5 ]
	while read -r name; do
		grep -rqF "@test \"$name" "$checkout/tests" || { printf 'no test begins with: %s\n' "$name" >&2 && return 1; }
	done <named
}

@test "docs/from-ansible.md: its figures are those of the script" {
	run "$checkout/tests/yaml-lines"

	expect_status 0
	yaml=$(sed -n 's/^ *\([0-9]*\)  lines of YAML/\1/p' <<<"$output")
	other=$(sed -n 's/^ *\([0-9]*\)  other lines/\1/p' <<<"$output")
	grep -qF "as \`slipway init\` writes them | $yaml | |" "$checkout/docs/from-ansible.md"
	grep -qF "\`deploy/excludes\` | | $other |" "$checkout/docs/from-ansible.md"
}

@test "README and docs: every link leads to a file" {
	cd "$checkout"
	for page in README.md CONTRIBUTING.md docs/*.md; do
		grep -o '](\([^)#]*\)' "$page" | sed 's/^](//' | grep -v '^http' | while read -r link; do
			[ -e "$(dirname "$page")/$link" ] || { printf '%s: %s\n' "$page" "$link" >&2 && exit 1; }
		done
	done
}
