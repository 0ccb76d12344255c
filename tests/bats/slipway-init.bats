#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154
# slipway init: what it finds out about an application, and what it writes. That its files deploy is
# tests/pipeline/init.bats.

load helper

setup_file() {
	load ../pipeline/runner
	cd "$BATS_FILE_TMPDIR" || return
	packed
}

setup() {
	load ../pipeline/runner
	unset "${!SLIPWAY_@}"
	export PATH=$bin:$checkout/scripts:$PATH TMPDIR=$BATS_TEST_TMPDIR/tmp
	mkdir -p "$BATS_TEST_TMPDIR/tmp" "$BATS_TEST_TMPDIR/shop"
	cd "$BATS_TEST_TMPDIR/shop" || return
	git init -q -b main
}

# found WHAT VALUE: slipway init says so.
found() {
	if ! grep -Eq "^  $1 +$2" <<<"$output"; then
		printf 'not found: %s %s\n%s\n' "$1" "$2" "$output" >&2
		return 1
	fi
}

# setting LINE: deploy/settings has it.
setting() {
	grep -qxF -- "$1" deploy/settings || { cat deploy/settings >&2 && return 1; }
}

# expanded [OPTION...]: the config that was written, processed with the orb, has these jobs in its workflows.
expanded() {
	"$runner/process.py" "$@" --orb "$orb_name=$BATS_FILE_TMPDIR/orb.yml" | as_json
}

# What slipway says when it takes up the settings: status 0 and the names of the hosts.
takes_settings() {
	remote-run --hosts "$(sed -n 's/^hosts=//p' deploy/settings | grep . || echo deploy/hosts)" --list-hosts >../hosts
	# As far as the settings are read and checked: nobody answers there.
	run slipway status --connect-timeout 1
	[[ $output != *"deploy/settings:"* ]]
	[ "$status" -ne 2 ]
}

flask() {
	printf '%s\n' 'from flask import Flask' '' 'app = Flask(__name__)' '' \
		'@app.get("/healthz")' 'def healthz():' '    return "well"' >"$1"
	echo flask >requirements.txt
}

django() {
	mkdir shop
	cat >manage.py <<-'PY'
		import os
		import sys

		if __name__ == "__main__":
		    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
		    from django.core.management import execute_from_command_line
		    execute_from_command_line(sys.argv)
	PY
	cat >shop/settings.py <<-'PY'
		from pathlib import Path
		BASE_DIR = Path(__file__).resolve().parent.parent
		WSGI_APPLICATION = "shop.wsgi.application"
		DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql"}}
		STATIC_ROOT = BASE_DIR / "static" / "all"
		ALLOWED_HOSTS = ["shop.example.com"]
	PY
	echo 'raise SystemExit("imported")' >shop/wsgi.py
	echo 'from django.test import TestCase' >shop/tests.py
	echo django >requirements.txt
}

@test "slipway init: a Flask application without tests: five files, which pass our own checks" {
	flask wsgi.py

	run slipway init --hosts web1.example.com,web2.example.com --port 2222 --user ops --runtime-user www-data

	expect_status 0
	found application 'wsgi:app \(Flask\) +\(wsgi.py:3\)'
	found tests none
	[ "$(sed -n '/^Wrote/,/^$/s/^  //p' <<<"$output")" = "$(printf '%s\n' .circleci/config.yml .circleci/rollback.yml \
		deploy/hosts deploy/settings deploy/excludes)" ]
	setting wsgi=wsgi:app
	setting health_path=/healthz
	setting runtime_user=www-data
	setting requirements_file=requirements.txt
	takes_settings
	[ "$(cat ../hosts)" = $'web1.example.com ops@web1.example.com:2222\nweb2.example.com ops@web2.example.com:2222' ]
	run expanded .circleci/config.yml
	expect_json '.workflows["test-and-deploy"].jobs | length == 1 and .[0].deploy.filters.branches.only == "main"'
	run expanded .circleci/config.yml --param action=rollback --value pipeline.git.branch=main
	expect_json '.workflows.rollback.jobs[0].rollback.context | tostring | contains("production-deploy")'
	run expanded .circleci/rollback.yml --value pipeline.deploy.environment_name=production \
		--value pipeline.deploy.target_version=20261124101500 --value pipeline.deploy.current_version=20261124101501
	expect_json '[.. | strings | select(. == "20261124101500")] | length >= 1'
}

@test "slipway init: its rollback.yml is the orb's example of one, for this environment" {
	flask wsgi.py
	slipway init --hosts web1.example.com >/dev/null

	as_json <.circleci/rollback.yml | jq -S '.workflows["rollback-production"]' >../written
	as_json <"$checkout/orb/src/examples/rollback_pipeline.yml" |
		jq -S '.usage.workflows["rollback-production"] | del(.jobs[0]["slipway/rollback"].hosts)' >../example
	diff ../example ../written
}

@test "slipway init: what it says is left to do has a command for each host" {
	flask wsgi.py

	run slipway init --hosts web1.example.com,web2.example.com --port 2222

	expect_text 'ssh-keyscan -p 2222 web1.example.com >>deploy/known_hosts'
	expect_text 'ssh-keyscan -p 2222 web2.example.com >>deploy/known_hosts'
	expect_text 'ssh-copy-id -f -i ~/.ssh/shop-ci.pub -p 2222 deploy@web1.example.com'
	expect_text 'ssh-copy-id -f -i ~/.ssh/shop-ci.pub -p 2222 deploy@web2.example.com'
	expect_text 'circleci context create'
	expect_text 'git push -u origin main'
}

@test "slipway init: nothing is overwritten; --diff shows what would be there, and writes nothing" {
	flask wsgi.py
	mkdir -p .circleci
	echo '# mine' >.circleci/config.yml

	run slipway init --diff

	expect_text '-# mine'
	expect_text '+    wsgi' || expect_text '+wsgi=wsgi:app'
	[ ! -e deploy ]
	run slipway init
	expect_status 0
	expect_text '  .circleci/config.yml  (it was there'
	[ "$(cat .circleci/config.yml)" = '# mine' ]
	run slipway init
	expect_text '  deploy/settings  (it was there'
	run slipway init --diff
	[[ $output != *deploy/* ]]
}

@test "slipway init: tests run by pytest are a job, with Python's version and what they require" {
	flask app.py
	mkdir tests
	touch tests/test_shop.py
	echo 3.12.1 >.python-version

	run slipway init

	found tests 'pytest +\(tests/test_shop.py; requirements-test.txt asks for pytest\)'
	[ "$(cat requirements-test.txt)" = $'-r requirements.txt\npytest' ]
	setting wsgi=app:app
	setting python=python3.12
	grep -qx '/tests/' deploy/excludes
	run expanded .circleci/config.yml
	expect_json '.jobs.test.docker[0].image == "cimg/python:3.12"'
	expect_json '.workflows["test-and-deploy"].jobs[1].deploy.requires == ["test"]'
	expect_json '[.. | strings | select(. == "requirements-test.txt")] | length >= 1'
}

@test "slipway init: several files of requirements: those of the tests beside those of the application" {
	flask app.py
	mkdir requirements tests
	mv requirements.txt requirements/production.txt
	echo 'psycopg2==2.9' >>requirements/production.txt
	echo 'pytest' >requirements/test.txt
	touch tests/test_shop.py

	run slipway init

	found database 'Postgres +\(psycopg2'
	setting requirements_file=requirements/production.txt
	grep -qx ' *requirements_file: requirements/production.txt requirements/test.txt' .circleci/config.yml
}

@test "slipway init: a Django project: its WSGI application, hooks and static files, and nothing is imported" {
	django

	run slipway init --hosts web1.example.com

	expect_status 0
	found application 'shop.wsgi:application \(Django\) +\(shop/settings.py:3\)'
	found database 'Postgres +\(shop/settings.py'
	found tests 'python manage.py test'
	setting wsgi=shop.wsgi:application
	setting assets=static/all
	tail -n 1 deploy/hooks/migrate | grep -qx 'exec python -B manage.py migrate --noinput'
	tail -n 1 deploy/hooks/prepare | grep -qx 'exec python -B manage.py collectstatic --noinput'
	[ -x deploy/hooks/migrate ]
	[ -x deploy/hooks/prepare ]
	shellcheck deploy/hooks/*
	expect_text 'add "localhost" to ALLOWED_HOSTS (shop/settings.py:6)'
	takes_settings
	run expanded .circleci/config.yml
	expect_json '[.jobs.test.steps[] | .run? | select(.command == "python manage.py test")] | length == 1'
}

@test "slipway init: a Django project in a folder, settings in a package, with pytest" {
	django
	mkdir -p backend shop/settings
	mv shop/settings.py shop/settings/base.py
	sed -i 's/BASE_DIR \/ .*/os.path.join(BASE_DIR, "static")/' shop/settings/base.py
	mv shop manage.py requirements.txt backend/
	printf '%s\n' pytest pytest-django >>backend/requirements.txt

	run slipway init

	found application 'shop.wsgi:application'
	found tests 'pytest'
	setting source=backend
	setting assets=static
	[ -x backend/deploy/hooks/migrate ]
	run expanded .circleci/config.yml
	expect_json '[.jobs.test.steps[] | .run? | select(.working_directory == "backend")] | length >= 1'
}

@test "slipway init: a plain WSGI function, in the file that a Procfile names" {
	mkdir srv
	printf 'def application(environ, start_response):\n    return []\n' >srv/web.py
	printf 'def app(environ, start_response):\n    return []\n' >other.py
	echo 'web: gunicorn --workers 2 srv.web:application' >Procfile

	run slipway init

	found application 'srv.web:application \(WSGI\) +\(Procfile\)'
	setting requirements_file=none
	setting wsgi=srv.web:application
}

@test "slipway init: an application factory leaves one command to do, and that command works" {
	mkdir shop
	printf '%s\n' 'def create_app():' '    return lambda environ, start_response: []' >shop/__init__.py

	run slipway init

	setting wsgi=wsgi:app
	command=$(sed -n 's/^ *\(printf .*wsgi.py\)$/\1/p' <<<"$output")
	sh -c "$command"
	python3 -B -c 'import wsgi; wsgi.app({}, None)'
	run slipway init
	found application 'wsgi:app'
}

@test "slipway init: lock files are named with the command that makes requirements of them" {
	flask wsgi.py
	rm requirements.txt
	for lock in uv.lock:'uv export' poetry.lock:'poetry export' Pipfile.lock:'pipenv requirements' \
		pdm.lock:'pdm export' pyproject.toml:'uv pip compile'; do
		printf '[project]\nname = "shop"\ndependencies = ["flask"]\n' >"${lock%%:*}"

		run slipway init --diff
		run slipway init

		found requirements "requirements.txt +\(to be made of ${lock%%:*}"
		expect_text "       ${lock#*:}"
		setting requirements_file=requirements.txt
		rm -r deploy .circleci "${lock%%:*}"
	done
}

@test "slipway init: Python's version from each place that says it" {
	flask wsgi.py
	for place in '.python-version:3.10.4' 'runtime.txt:python-3.10.2' '.tool-versions:python 3.10' \
		'pyproject.toml:requires-python = ">=3.10"'; do
		printf '%s\n' "${place#*:}" >"${place%%:*}"

		run slipway init --diff

		found_python=$(slipway init 2>&1 | sed -n 's/^  python *//p')
		[ "$found_python" = "3.10  (${place%%:*})" ]
		rm -r "${place%%:*}" deploy .circleci
	done
}

@test "slipway init: inventory, group, root and excludes of an Ansible deployment are taken over" {
	flask wsgi.py
	mkdir -p ansible/inventories/production ansible/group_vars ansible/roles/deploy/tasks
	printf '%s\n' '[web]' 'w1.example.com ansible_user=ops' 'w2.example.com ansible_user=ops' '[db]' \
		'd1.example.com' >ansible/inventories/production/hosts
	printf '%s\n' '- hosts: web' '  roles:' '    - { role: deploy, become: yes }' >ansible/deployment.yml
	printf '%s\n' 'project_root: /srv/shop' 'excludes_file: "{{ playbook_dir }}/rsync_excludes"' \
		'keep_releases: 7' 'uwsgi_program: shop' >ansible/group_vars/web.yml
	printf '%s\n' '/secret' >ansible/rsync_excludes

	run slipway init

	expect_status 0
	found hosts 'w1.example.com, w2.example.com +\(ansible/inventories/production/hosts, group web'
	setting hosts=deploy/hosts:web
	setting project_root=/srv/shop
	setting keep_releases=7
	setting restart=supervisor:shop
	setting become=1
	grep -qx /secret deploy/excludes
	takes_settings
	[ "$(wc -l <../hosts)" = 2 ]
}

@test "slipway init: the default branch is that of git" {
	flask wsgi.py
	git checkout -q -b trunk

	slipway init >/dev/null

	grep -qx ' *only: trunk' .circleci/config.yml
	git -c user.name=a -c user.email=a@example.com commit -q --allow-empty -m one
	git update-ref refs/remotes/origin/stable HEAD
	git symbolic-ref refs/remotes/origin/HEAD refs/remotes/origin/stable
	run slipway init --diff
	expect_text '+              only: stable'
}

@test "slipway init: in an empty folder it says what it could not find, and how to say it" {
	run slipway init

	expect_status 0
	found application none
	found hosts none
	expect_text 'echo wsgi=MODULE:CALLABLE >>deploy/settings'
	run slipway status
	expect_status 2
}

@test "slipway init: source that no Python can read is passed over" {
	flask wsgi.py
	printf 'def (:\n' >broken.py
	printf '\0' >nul.py
	printf '\377\376' >bytes.py

	run slipway init

	expect_status 0
	setting wsgi=wsgi:app
}

@test "slipway init: a folder that cannot be written is status 3, with its name" {
	flask wsgi.py
	echo file >deploy

	run slipway init

	expect_status 3
	expect_text 'slipway: init: deploy'
}
