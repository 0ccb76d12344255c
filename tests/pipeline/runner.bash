# shellcheck shell=bash disable=SC2034,SC2154
# SPDX-License-Identifier: MIT
# runner.bash: shared by the tests of the processor, the orb and the local runner.
bats_require_minimum_version 1.5.0

checkout=$(cd "$BATS_TEST_DIRNAME/../.." && pwd -P)
runner=$checkout/tests/runner
lab=$checkout/tests/lab
bin=${SLIPWAY_BIN:-$checkout/build/bin}
orb_name=slipway/slipway

# flat [OPTION…]: processes config.yml of the current folder, as JSON on one line.
flat() {
	"$runner/process.py" config.yml "$@" | as_json
}

as_json() {
	/usr/bin/python3 -c 'import json, sys, yaml; print(json.dumps(yaml.safe_load(sys.stdin)))'
}

# packed: packs the orb with digests of the files in dist/ into orb.yml, once per file.
packed() {
	local arch name
	mkdir -p dist
	for arch in x86_64 aarch64; do
		name=slipway-helpers-$(cat "$checkout/VERSION")-linux-$arch.tar.gz
		printf 'archive for %s\n' "$arch" >"dist/$name"
		(cd dist && sha256sum "$name" >"$name.sha256")
	done
	"$checkout/orb/pack" orb.yml dist/*.sha256
}

expect_status() {
	if [ "$status" -ne "$1" ]; then
		printf 'status %s, not %s:\n%s\n%s\n' "$status" "$1" "$output" "${stderr-}" >&2
		return 1
	fi
}

# expect_text TEXT: the output contains it.
expect_text() {
	if [[ $output != *"$1"* ]]; then
		printf 'not in the output: %s\n--\n%s\n' "$1" "$output" >&2
		return 1
	fi
}

# expect_json FILTER: a jq filter that is true for the output.
expect_json() {
	if ! jq -e "$1" >/dev/null <<<"$output"; then
		printf "not true: %s\n--\n%.3000s\n" "$1" "$output" >&2
		return 1
	fi
}
