#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154
# slipway without a host: settings, flags, the command line. What a setting came out as shows in the
# message that refuses it.

load helper

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	unset "${!SLIPWAY_@}"
	export PATH=$bin:$BATS_TEST_DIRNAME/../../scripts:$PATH TMPDIR=$BATS_TEST_TMPDIR/tmp
	mkdir tmp deploy
}

not_absolute() {
	expect_status 2
	expect_line "slipway: project_root: \"$1\" is not an absolute path"
}

@test "slipway: --help lists every setting with its default" {
	run slipway --help

	expect_status 0
	expect_match '^  --project-root VALUE .*\[/var/www/app\]$'
	expect_match '^  --keep-releases VALUE .*\[5\]$'
	expect_match '^  --become  '
	run slipway deploy --help
	expect_status 0
}

@test "slipway: every setting of --help is in the manual page, with the same words and default" {
	slipway --help | sed -n 's/^  --\([a-z-]*\)\( VALUE\)\{0,1\}  *\(.*\)/\1|\3/p' |
		sed -n '/^project-root/,$p' >help
	[ "$(wc -l <help)" -gt 25 ]

	mandoc -T ascii -O width=1000 "$BATS_TEST_DIRNAME/../../scripts/slipway.1" |
		sed 's/.\x08//g; s/^ *//' >page

	mandoc -T lint -W warning "$BATS_TEST_DIRNAME/../../scripts/slipway.1"
	while IFS='|' read -r flag words; do
		default=$(sed -n 's/.* \(\[.*\]\)$/ \1/p' <<<"$words")
		tag=${flag//-/_}$default
		# The words follow on the next line, or on the same one after a short tag.
		if ! grep -A 1 -F "$tag" page | grep -qF "${words% \[*}"; then
			echo "not in the page: $tag: $words"
			return 1
		fi
	done <help
}

@test "slipway: --version is the helpers' version" {
	run slipway --version

	expect_status 0
	expect_line "slipway $("$bin/remote-run" --version | awk '{ print $NF }')"
}

@test "slipway: flags beat the environment, that beats the file, that beats the default" {
	run slipway status
	expect_match 'deploy/hosts'

	echo project_root=file >deploy/settings
	run slipway status
	not_absolute file

	SLIPWAY_PROJECT_ROOT=environment run slipway status
	not_absolute environment

	SLIPWAY_PROJECT_ROOT=environment run slipway status --project-root flag
	not_absolute flag
	run slipway status --project-root=flag=1
	not_absolute flag=1
}

@test "slipway: an empty variable is as none" {
	echo project_root=file >deploy/settings

	SLIPWAY_PROJECT_ROOT='' run slipway status

	not_absolute file
}

@test "slipway: settings are KEY=VALUE lines, never run" {
	printf '%s\r\n' '# comment' '' '  project_root = a "b" $(touch ran) ; c  ' >deploy/settings
	run slipway status
	not_absolute 'a "b" $(touch ran) ; c'

	printf '%s\n' 'project_root="one pair"' >deploy/settings
	run slipway status
	not_absolute 'one pair'

	printf '%s\n' "project_root='one' 'two'" >deploy/settings
	run slipway status
	not_absolute "'one' 'two'"
	[ ! -e ran ]
}

@test "slipway: an unknown key names file, line and the nearest known key" {
	printf '%s\n' keep_releases=3 projekt_root=/x zzz=1 >deploy/settings

	run slipway deploy

	expect_status 2
	expect_line 'slipway: deploy/settings:2: unknown key "projekt_root"'
	expect_line 'slipway: hint: did you mean project_root?'
	expect_line 'slipway: deploy/settings:3: unknown key "zzz"'
	run ! grep -q 'mean.*zzz' <<<"$output"
}

@test "slipway: malformed lines, numbers and switches are refused, with file and line" {
	printf '%s\n' 'keep_releases' 'keep_releases=five' 'become=maybe' 'user=a' 'user=b' >deploy/settings

	run slipway deploy

	expect_status 2
	expect_line 'slipway: deploy/settings:1: expected KEY=VALUE'
	expect_line 'slipway: deploy/settings:2: keep_releases: "five" is not a whole number'
	expect_line 'slipway: deploy/settings:3: become: "maybe" is neither true nor false'
	expect_line 'slipway: deploy/settings:5: user is given twice'
	SLIPWAY_LOCK_WAIT=soon run slipway deploy
	expect_line 'slipway: lock_wait: "soon" is not a whole number'
}

@test "slipway: values that cannot be right are refused before any host is asked" {
	run slipway deploy --restart systemctl
	expect_status 2
	expect_line 'slipway: restart: "systemctl" is no way to restart that is known'

	run slipway deploy --health-url localhost/healthz
	expect_status 2
	run slipway deploy --env-mode both
	expect_status 2
	for wrong in --try=maybe --wsgi=app --wsgi=app.py:app:x --wsgi=:app --health-path=healthz --try-timeout=0; do
		run slipway deploy "$wrong"
		expect_status 2
		grep -qF "slipway: $(tr - _ <<<"${wrong%%=*}" | sed 's/__//'): \"${wrong#*=}\"" <<<"$output"
	done
	for root in / // /srv/../etc /srv/./app '/srv/app
x' ''; do
		run slipway deploy --project-root "$root" --hosts ''
		[ "$status" != 0 ]
	done
	run slipway deploy --project-root /
	expect_status 2
}

@test "slipway: what is on the command line by mistake is refused" {
	run slipway
	expect_status 2
	run slipway deplyo
	expect_status 2
	expect_line 'slipway: deplyo: no such command'
	run slipway deploy --to 20260101000000
	expect_status 2
	expect_line 'slipway: --to: no such option of slipway deploy'
	run slipway deploy production
	expect_status 2
	run slipway deploy --user
	expect_status 2
	expect_line 'slipway: --user: expects a value'
	run slipway deploy --settings missing
	expect_status 3
}

@test "slipway: no inventory, or one without hosts, is said so; nothing is left behind" {
	run slipway deploy --requirements-file none
	[ "$status" != 0 ]
	expect_match 'deploy/hosts'

	echo '[web]' >deploy/hosts
	run slipway deploy --requirements-file none
	expect_status 2
	[ -z "$(ls -A tmp)" ]
}

@test "slipway_wsgi: enters the build, its packages behind the standard library, then the application" {
	build=app/builds/20260101000000
	mkdir -p app/.slipway "$build"
	cp "$BATS_TEST_DIRNAME/../../scripts/server/slipway_wsgi.py" app/.slipway/
	version=$(/usr/bin/python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')
	site=app/envs/e1/lib/python$version/site-packages
	mkdir -p "$site"
	echo 'who = "env"' | tee "$site/json.py" >"$site/thing.py"
	ln -s ../../envs/e1 "$build/env"
	ln -s builds/20260101000000 app/current
	printf '%s\n' 'import json, os, thing' 'def app(environ, start): return thing.who, hasattr(json, "loads"), os.getcwd()' \
		'release = os.environ["SLIPWAY_RELEASE"]' >"$build/app.py"

	run env PYTHONPATH=app/.slipway /usr/bin/python3 -c \
		'import slipway_wsgi as w, app; print(*w.application({}, None), app.release)'
	expect_status 0
	[ "$output" = "env True $(pwd -P)/$build 20260101000000" ]

	mv "app/envs/e1/lib/python$version" app/envs/e1/lib/python2.7
	run env PYTHONPATH=app/.slipway /usr/bin/python3 -c 'import slipway_wsgi'
	expect_status 1
	expect_match 'was made for another Python'

	touch "$build/.incomplete"
	run env PYTHONPATH=app/.slipway /usr/bin/python3 -c 'import slipway_wsgi'
	expect_status 1
	expect_match 'is not complete'
}

@test "slipway_wsgi: every answer names the build, and is otherwise as the application gave it" {
	mkdir -p app/.slipway app/builds/20260101000000
	cp "$BATS_TEST_DIRNAME/../../scripts/server/slipway_wsgi.py" app/.slipway/
	ln -s builds/20260101000000 app/current
	cat >app/current/app.py <<-'END'
		import sys

		class Body:
		    closed = False
		    def __iter__(self): return iter([b"a", b"b"])
		    def close(self): Body.closed = True

		class App:
		    config = {"name": "value"}
		    def __call__(self, environ, start_response):
		        start_response("200 OK", [("x-slipway-release", "forged"), ("X-Other", "1")])
		        try:
		            raise ValueError
		        except ValueError:
		            write = start_response("500 Bad", [], sys.exc_info())
		        assert write == "write"
		        return Body()

		app = App()
	END
	cat >ask.py <<-'END'
		import slipway_wsgi as w

		def start(*given):
		    print(given[0], given[1], len(given) == 3 and given[2][0].__name__)
		    return "write"

		body = w.application({}, start)
		print(list(body))
		body.close()
		print(type(body).closed, w.application.config)
	END

	run env PYTHONPATH=app/.slipway:. /usr/bin/python3 ask.py

	expect_status 0
	[ "${lines[0]}" = "200 OK [('X-Other', '1'), ('X-Slipway-Release', '20260101000000')] False" ]
	[ "${lines[1]}" = "500 Bad [('X-Slipway-Release', '20260101000000')] ValueError" ]
	[ "${lines[2]}" = "[b'a', b'b']" ]
	[ "${lines[3]}" = "True {'name': 'value'}" ]
}
