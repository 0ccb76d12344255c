#!/usr/bin/env bats
# shellcheck shell=bats disable=SC2016,SC2030,SC2031,SC2034,SC2154,SC2164
# SPDX-License-Identifier: MIT
# req-checksum.bats: the key changes when what pip would be asked for changes, and only then.
bats_require_minimum_version 1.5.0
load helper

setup() {
	cd "$BATS_TEST_TMPDIR"
}

key() { # key OPTION... FILE: the key; fails with the tool
	"$bin/req-checksum" "$@"
}

# same TEXT TEXT, differs TEXT TEXT: as requirements files.
same() {
	printf '%b' "$1" >old.txt
	printf '%b' "$2" >new.txt
	run "$bin/req-checksum" --explain --compare old.txt new.txt
	expect_status 0
}

differs() {
	printf '%b' "$1" >old.txt
	printf '%b' "$2" >new.txt
	run "$bin/req-checksum" --compare old.txt new.txt
	expect_status 1
}

@test "req-checksum: prints 32 hex digits for requirements.txt" {
	echo flask >requirements.txt

	run "$bin/req-checksum"

	expect_status 0
	[[ $output =~ ^[0-9a-f]{32}$ ]]
}

@test "req-checksum: the key is a digest of what --explain prints" {
	printf 'flask\nredis>=4\n' >requirements.txt

	[ "$(key)" = "$("$bin/req-checksum" --explain | sha256sum | cut -c 1-32)" ]
}

@test "req-checksum: comments, blank lines, order and line ends do not count" {
	same 'a==1\nb==2\n' '# all\n\n  b == 2  # two\n\na==1'
	same 'a==1\n' 'a==1\r\n'
	same 'a==1\n' '\xef\xbb\xbfa==1\n'
}

@test "req-checksum: continuation layout does not count" {
	same 'a==1 --hash=sha256:aa --hash=sha256:bb\n' \
		'a==1 \\\n    --hash=sha256:bb \\\n    --hash=sha256:aa\n'
	same 'a\nb\n' 'a \\\n# a comment ends it\nb\n'
}

@test "req-checksum: spelling of names, extras, specifiers and markers does not count" {
	same 'flask-sql-alchemy\n' 'Flask__SQL.Alchemy\n'
	same 'a[x,y-z]\n' 'A [Y_Z , x, x]\n'
	same 'a>=1,<2\n' 'a ( < 2 , >= 1 )\n'
	same 'a; python_version < "3"\n' "a ;python_version<'3'\n"
	same 'a @ https://x/a.whl ; os_name == "nt"\n' "A@https://x/a.whl ; os_name=='nt'\n"
}

@test "req-checksum: what pip would see as another requirement counts" {
	differs 'a==1\n' 'a==2\n'
	differs 'a==1\n' 'a>=1\n'
	differs 'a\n' 'a[x]\n'
	differs 'a; python_version < "3"\n' 'a; python_version < "4"\n'
	differs 'a\n' 'a\nb\n'
	differs 'a==1\n' 'a==1 --hash=sha256:aa\n'
	differs 'a @ https://x/1.whl\n' 'a @ https://x/2.whl\n'
	differs 'git+https://x/a@v1#egg=a\n' 'git+https://x/a@v2#egg=a\n'
}

@test "req-checksum: a # that starts no comment counts" {
	differs 'a @ https://x/a.whl#sha256=1\n' 'a @ https://x/a.whl#sha256=2\n'
}

@test "req-checksum: options count, whichever way they are written" {
	printf -- '-i https://a/simple\n' >old.txt
	printf -- '--index-url=https://a/simple\n' >new.txt
	run "$bin/req-checksum" --compare old.txt new.txt
	expect_status 0
	printf -- '--index-url https://b/simple\n' >new.txt
	run "$bin/req-checksum" --compare old.txt new.txt
	expect_status 1
	printf -- '--pre\n' >old.txt
	: >new.txt
	run "$bin/req-checksum" --compare old.txt new.txt
	expect_status 1
}

@test "req-checksum: the order of options that override each other counts" {
	differs 'a\n--no-binary :all:\n--no-binary :none:\n' 'a\n--no-binary :none:\n--no-binary :all:\n'
	same 'a\n--trusted-host b\n--trusted-host c\n' 'a\n--trusted-host c\n--trusted-host b\n'
}

@test "req-checksum: follows -r and -c, relative to the file that includes" {
	mkdir -p req/more
	echo '-r more/base.txt' >req/all.txt
	printf 'flask\n--constraint=../limits.txt\n' >req/more/base.txt
	echo 'flask<3' >req/limits.txt

	run "$bin/req-checksum" --explain req/all.txt
	expect_status 0
	expect_line 'requirement flask'
	expect_line 'constraint flask<3'

	before=$(key req/all.txt)
	echo 'flask<4' >req/limits.txt
	[ "$(key req/all.txt)" != "$before" ]
}

@test "req-checksum: how requirements are spread over files does not count" {
	printf 'a\nb\n' >one.txt
	printf -- '-r b.txt\na\n-r b.txt\n' >two.txt
	echo b >b.txt

	[ "$(key one.txt)" = "$(key two.txt)" ]
	[ "$(key one.txt)" = "$("$bin/req-checksum" - <one.txt)" ]
}

@test "req-checksum: a constraint is not a requirement" {
	echo 'a==1' >a.txt
	echo '-r a.txt' >old.txt
	echo '-c a.txt' >new.txt

	run "$bin/req-checksum" --compare old.txt new.txt

	expect_status 1
}

@test "req-checksum: an include of an include of itself is an error that names the line" {
	printf 'x\n\n-r b.txt\n' >a.txt
	printf 'y\n-c c.txt\n' >b.txt
	echo '-r a.txt' >c.txt

	run "$bin/req-checksum" a.txt

	expect_status 3
	[ "$output" = 'req-checksum: c.txt:1: a.txt includes itself' ]
}

@test "req-checksum: a missing include names who includes it" {
	printf 'flask\n-r base.txt\n' >requirements.txt

	run "$bin/req-checksum"

	expect_status 3
	[ "${lines[0]}" = 'req-checksum: open base.txt: No such file or directory' ]
	[ "${lines[1]}" = 'req-checksum: hint: it is included by requirements.txt:2' ]
}

@test "req-checksum: a missing file is not the same as an unchanged one" {
	echo a >new.txt

	run "$bin/req-checksum" --compare old.txt new.txt

	expect_status 3
	[ "$output" = 'req-checksum: open old.txt: No such file or directory' ]
}

@test "req-checksum: --compare --explain shows what differs" {
	printf 'a==1\nb\n' >old.txt
	printf 'b\na==2\n' >new.txt

	run "$bin/req-checksum" --compare --explain old.txt new.txt

	expect_status 1
	[ "$output" = $'- requirement a==1\n+ requirement a==2' ]
}

@test "req-checksum: --salt changes the key, in any order" {
	echo a >requirements.txt

	[ "$(key)" != "$(key --salt cp311)" ]
	[ "$(key --salt cp311)" != "$(key --salt cp312)" ]
	[ "$(key --salt cp311 --salt x86_64)" = "$(key --salt x86_64 --salt cp311)" ]
}

@test "req-checksum: the content of a local project counts, its caches and history do not" {
	mkdir -p pkg/.git pkg/__pycache__ pkg/sub
	echo 1 >pkg/setup.py
	echo '-e ./pkg[dev]' >requirements.txt
	before=$(key)
	touch -d 2001-01-01 pkg/setup.py
	echo x >pkg/.git/HEAD
	echo x >pkg/__pycache__/setup.pyc
	[ "$(key)" = "$before" ]

	echo 2 >pkg/sub/new.py
	[ "$(key)" != "$before" ]
	rm pkg/sub/new.py
	[ "$(key)" = "$before" ]
	chmod +x pkg/setup.py
	[ "$(key)" != "$before" ]
}

@test "req-checksum: the content of a local wheel counts" {
	mkdir vendor
	echo 1 >vendor/a-1-py3-none-any.whl
	echo 'vendor/a-1-py3-none-any.whl ; python_version > "3"' >requirements.txt
	before=$(key)

	echo 2 >vendor/a-1-py3-none-any.whl

	[ "$(key)" != "$before" ]
}

@test "req-checksum: file: URLs and variables in paths are understood" {
	mkdir pkg
	echo 1 >pkg/setup.py
	# shellcheck disable=SC2016 # pip expands it
	printf 'a @ file://%s/pkg\nfile://${HERE}/pkg#egg=b\n' "$PWD" >requirements.txt
	before=$(HERE=$PWD key)

	echo 2 >pkg/setup.py

	[ "$(HERE=$PWD key)" != "$before" ]
}

@test "req-checksum: a local path that is not there names the line" {
	printf 'flask\n-e ./gone\n' >requirements.txt

	run "$bin/req-checksum"

	expect_status 3
	[ "$output" = 'req-checksum: requirements.txt:2: local path ./gone: No such file or directory' ]
}

@test "req-checksum: a local project that links in a circle ends" {
	mkdir pkg
	ln -s . pkg/self
	ln -s ../pkg pkg/again
	echo './pkg' >requirements.txt

	run timeout 10 "$bin/req-checksum"

	expect_status 0
}

@test "req-checksum: lock files count byte by byte" {
	for file in uv.lock poetry.lock Pipfile.lock; do
		printf '# comment\n' >$file
		before=$(key $file)
		printf '# Comment\n' >$file
		[ "$(key $file)" != "$before" ]
	done
	run "$bin/req-checksum" --explain uv.lock
	[ "${lines[1]}" = "lock uv.lock $(sha256sum <uv.lock | cut -d ' ' -f 1)" ]
}

@test "req-checksum: several files are one set" {
	echo a >a.txt
	echo b >b.txt
	printf 'a\nb\n' >ab.txt

	[ "$(key a.txt b.txt)" = "$(key ab.txt)" ]
}

@test "req-checksum: a line that does not parse counts as it stands" {
	differs 'a ~ nonsense !\n' 'a ~ nonsense ?\n'
	same 'a ~ nonsense !\n' '  a  ~ nonsense   !\n'
}

@test "req-checksum: --raw prints what md5sum and sha256sum print" {
	head -c 100000 /dev/urandom >file
	: >'empty file'
	echo x >'back\slash'
	echo x >$'line\nfeed'

	for sum in md5 sha256; do
		run "$bin/req-checksum" --raw -a $sum file 'empty file' 'back\slash' $'line\nfeed'
		expect_status 0
		[ "$output" = "$("${sum}sum" file 'empty file' 'back\slash' $'line\nfeed')" ]
	done
	[ "$("$bin/req-checksum" --raw - <file)" = "$(sha256sum - <file)" ]
}

@test "req-checksum: --json names the files read" {
	printf 'a\n-r b.txt\n' >requirements.txt
	echo b >b.txt

	run "$bin/req-checksum" --json

	expect_status 0
	[ "$(jq -r .key <<<"$output")" = "$(key)" ]
	[ "$(jq -r '.files[]' <<<"$output" | xargs)" = 'b.txt requirements.txt' ]
	[ "$(jq -r '.entries[]' <<<"$output")" = $'requirement a\nrequirement b' ]
}

@test "req-checksum: refuses NUL bytes, open quotes and directories, naming the place" {
	printf 'a\nb\0c\n' >requirements.txt
	run "$bin/req-checksum"
	expect_status 3
	[ "$output" = 'req-checksum: requirements.txt:2: it holds a NUL byte' ]

	printf 'a\n-r "b\n' >requirements.txt
	run "$bin/req-checksum"
	expect_status 3
	[ "$output" = 'req-checksum: requirements.txt:2: a quote is not closed' ]

	run "$bin/req-checksum" .
	expect_status 3
}

@test "req-checksum: refuses a file that is too large" {
	truncate -s 17M requirements.txt

	run "$bin/req-checksum"

	expect_status 3
	[ "$output" = 'req-checksum: read requirements.txt: larger than 16777216 bytes' ]
}

@test "req-checksum: refuses usage that makes no sense" {
	run "$bin/req-checksum" --compare one
	expect_status 2
	run "$bin/req-checksum" -a md5 one
	expect_status 2
	run "$bin/req-checksum" --raw --salt x one
	expect_status 2
	run "$bin/req-checksum" --raw -a sha1 one
	expect_status 2
}
