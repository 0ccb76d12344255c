#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154  # runner.bash sets the variables
# Our own pipeline and its release: both configs, the jobs of them that can run here, one version in all that is
# released together, and a release but for the pushing.
load runner

version=$(cat "$checkout/VERSION")
dist=${SLIPWAY_DIST:-$checkout/build/dist}
export SLIPWAY_LAB_DIR=${SLIPWAY_LAB_DIR:-$checkout/build/lab}

# A repository of what is in the checkout, with a section in the changelog for the version to come.
setup_file() {
	cd "$BATS_FILE_TMPDIR" || return 1
	mkdir source
	git -c safe.directory='*' -C "$checkout" ls-files -z --cached --others --exclude-standard |
		(cd "$checkout" && xargs -0 ls -d 2>/dev/null) | tar -C "$checkout" -cf - -T - | tar -C source -xf -
	sed -i "s/^## \[Unreleased\]/&\n\n## [$version] - 2026-11-25/" source/CHANGELOG.md
	git -C source init -q -b main
	commit all
	mkdir guard
	for command in docker gh circleci; do
		printf '#!/bin/sh\necho "%s $*" >>"%s/called"\nexit 1\n' "$command" "$PWD" >"guard/$command"
		chmod 755 "guard/$command"
	done
}

setup() {
	cd "$BATS_FILE_TMPDIR" || return 1
	unset MAKEFLAGS MAKELEVEL MFLAGS CIRCLE_TAG CIRCLE_SHA1
}

commit() {
	git -C source add -A
	git -C source -c user.name=test -c user.email=test@example.com commit -q -m "$1"
}

# release VERSION: as a person would type it; libraries are not built anew, one architecture is enough.
release() {
	mkdir -p source/build
	touch source/build/.installed-test
	PATH=$PWD/guard:$PATH run make -C source release "VERSION=$1" ARCHS=amd64 "DEPS=$checkout/build/deps" \
		"FETCHED=$checkout/build/fetched"
}

# A release that is refused leaves no clone.
expect_refused() {
	expect_text "$1"
	[ "$status" -ne 0 ]
	[ ! -e source/build/release ]
}

# expand FILE [ORB=FILE]: one of our configs, the packed orb inline, into flat.json
expand() {
	if [ ! -e orb.yml ]; then "$checkout/orb/pack" orb.yml "$dist"/*.sha256; fi
	cp "$checkout/.circleci/$1" config.yml
	if [ "$1" = test-deploy.yml ]; then "$checkout/orb/inline" "$checkout/.circleci/$1" orb.yml >config.yml; fi
	run flat --orb "circleci/continuation=$runner/samples/continuation.yml"
	expect_status 0
	printf '%s\n' "$output" >flat.json
}

# jobs BRANCH TAG: which jobs of flat.json run, in the order in which they may
jobs() {
	/usr/bin/python3 -c '
import json, sys
sys.path.insert(0, sys.argv[1])
import filters
branch, tag = sys.argv[2:]
workflow = next(w for n, w in json.load(open("flat.json"))["workflows"].items() if n != "version")
entries = {name: kept for entry in workflow["jobs"] for name, kept in entry.items()}
chosen, done = filters.select(entries, branch, tag, {}.get), []
while len(done) < len(chosen):
    done += [name for name in chosen if name not in done
             and all(filters.required_name(need) in done for need in chosen[name]["requires"])]
print(*done)
' "$runner" "$@"
}

@test "pipeline: the first one checks, packs, and goes on when all of it succeeded, on tags too" {
	expand config.yml

	expect_json '.workflows["lint-pack"].jobs | all(to_entries[0].value.filters.tags.only == "/.*/")'
	expect_json '.setup == true'
	expect_json '[.jobs.go_on.steps[] | .run? | objects | .environment.CONFIG_PATH] == ["build/test-deploy.yml"]'
	[ "$(jobs any '')" = 'lint review pack unit bats go_on' ]
	[ "$(jobs '' v1.2.3)" = 'lint review pack unit bats go_on' ]
}

@test "pipeline: the second one publishes on a version tag alone: the image, then the archives, then the orb" {
	expand test-deploy.yml

	expect_json '.workflows["test-deploy"].jobs | all(to_entries[0].value.filters.tags)'
	[ "$(jobs '' v1.2.3)" = 'build image versions try_commands publish_image publish_archives publish_orb' ]
	[ "$(jobs '' v1.2)" = 'build image versions try_commands' ]
	[ "$(jobs feature '')" = 'build image versions try_commands' ]
	[ "$(jobs main '')" = 'build image versions try_commands publish_dev' ]
}

@test "pipeline: only what publishes sees the tokens, and no command holds one" {
	expand test-deploy.yml

	expect_json '[.workflows["test-deploy"].jobs[] | to_entries[0] | select(.value.context) | .key | startswith("publish_")]
		== [true, true, true, true]'
	run ! grep -E 'TOKEN' flat.json
}

@test "pipeline: every script that a job calls is there and can be run" {
	for config in config.yml test-deploy.yml; do
		expand "$config"
		while read -r script; do
			[ -x "$checkout/$script" ] || { echo "$config: $script" && false; }
		done < <(jq -r '.jobs[].steps[] | .run? | objects | .command' flat.json | grep -oE '\b(release|orb|tests)/[a-z./_-]+' |
			grep -vE '^(orb/src|tests/runner/samples)|\.yml$' | sort -u)
	done
}

@test "pipeline: the jobs that can run here do so: the packed orb with served archives, and one version in all" {
	expand test-deploy.yml
	rm -rf project
	cp -r source project
	mkdir -p project/build project/.circleci
	cp orb.yml project/build
	cp -r "$dist" project/build/dist
	# in place of the build: the same files, from the repository; the others need Docker or tokens
	as_json <config.yml | jq '.jobs |= {versions, try_commands, build: {docker: [{image: "cimg/python:3.11"}],
			steps: ["checkout", {persist_to_workspace: {root: "build", paths: ["orb.yml", "dist"]}}]}}
		| .workflows["test-deploy"].jobs |= map(select(keys[0] | test("^(build|versions|try_commands)$")))' \
		>project/.circleci/config.yml
	git -C project add -Af
	git -C project -c user.name=test -c user.email=test@example.com commit -q -m try
	git -C project tag "v$version"
	"$lab/images" >images

	run "$runner/run" --project project --tag "v$version" --state state --images images

	expect_status 0
	output+=$(cat state/pipelines/1/*/*.log)
	expect_text "ok   tag: v$version"
	expect_text "ok   orb, digest of slipway-helpers-$version-linux-x86_64.tar.gz: "
	expect_text "req-checksum $version"
	output=$(cat state/pipelines/1/result.json)
	expect_json '[.workflows[0].jobs[] | "\(.name) \(.status)"] == ["build success", "versions success", "try_commands success"]'
}

@test "versions: what is of another version is named, each by itself" {
	mkdir other
	cp -r source/release source/CHANGELOG.md other
	echo 9.9.9 >other/VERSION
	if [ ! -e orb.yml ]; then "$checkout/orb/pack" orb.yml "$dist"/*.sha256; fi
	"$lab/podman" push --quiet --format oci "$("$lab/image" slipway)" oci-archive:image.oci.tar

	run other/release/versions --tag "v$version" --orb orb.yml --dist "$dist" --image image.oci.tar

	expect_status 1
	for what in 'tag: v' 'orb, image: ' 'orb, address of the archives: ' 'orb, archives: ' \
		"slipway-helpers-$version-linux-aarch64.tar.gz: " 'image for amd64, label: ' 'image for amd64, bill of materials: '; do
		expect_text "BAD  $what$version, not "
	done
	expect_text 'BAD  image for amd64, helpers: another, not 9.9.9'
	expect_text 'BAD  section in CHANGELOG.md: none, not 9.9.9'
	expect_text 'versions: not all are of one version'
}

@test "versions: an archive that changed since the orb was packed is found" {
	"$checkout/orb/pack" orb.yml "$dist"/*.sha256
	rm -rf changed
	cp -r "$dist" changed
	printf x >>"changed/slipway-helpers-$version-linux-x86_64.tar.gz"

	run "$checkout/release/versions" --orb orb.yml --dist changed

	expect_status 1
	expect_text "BAD  slipway-helpers-$version-linux-x86_64.tar.gz.sha256: "
	expect_text "BAD  orb, digest of slipway-helpers-$version-linux-x86_64.tar.gz: "
}

@test "release: needs to be told the version" {
	run make -C source release

	expect_refused 'usage: make release VERSION=x.y.z'
	release 1.2
	expect_refused 'usage: make release VERSION=x.y.z'
}

@test "release: is refused with changes that are not committed" {
	echo >>source/README.md

	release "$version"
	git -C source checkout -q README.md

	expect_refused 'the tree has changes that are not committed'
}

@test "release: a version that does not follow is refused, with those that do" {
	release 7.0.1

	expect_refused "7.0.1 does not follow $version"
	expect_text '1.0.0'
}

@test "release: a version that is tagged already is refused" {
	git -C source tag "v$version"

	release "$version"
	git -C source tag -d "v$version"

	expect_refused "v$version is a tag already"
}

@test "release: a version that the changelog says nothing of is refused" {
	release 1.0.0

	expect_refused 'CHANGELOG.md says nothing under "## [1.0.0]"'
}

@test "release: does all but publish, and prints in order what would" {
	head=$(git -C source rev-parse HEAD)

	release "$version"

	expect_status 0
	for line in 'ok   image for amd64, label: ' 'ok   orb, image: ' "ok   tag: v"; do expect_text "$line$version"; done
	expect_text 'nothing was published'
	[ "$(grep -oE 'git push|buildx build|gh release create|circleci orb publish' <<<"$output" | tr '\n' ,)" = \
		'git push,buildx build,gh release create,circleci orb publish,' ]
	expect_text "circleci orb publish build/orb.yml slipway/slipway@$version"
	expect_text "--build-arg REVISION=$head"
	[ ! -e called ]
	[ "$(git -C source rev-parse HEAD) $(git -C source tag) $(git -C source status --porcelain)" = "$head  " ]
	# as many bills and archives as the notes speak of
	grep -q "^$(cut -c 1-64 "source/build/release/build/dist/slipway-helpers-$version-linux-aarch64.tar.gz.sha256")  " \
		source/build/release/build/notes.md
	[ "$(sha256sum <"$dist/slipway-helpers-$version-linux-x86_64.tar.gz")" = \
		"$(sha256sum <"source/build/release/build/dist/slipway-helpers-$version-linux-x86_64.tar.gz")" ]
}
