#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154  # runner.bash sets the variables
# What slipway init writes for a small Flask application, as it stands: pushed, tested, deployed and rolled
# back by the local runner, on real hosts. The tests are steps of one history. What it finds out about
# other applications is tests/bats/slipway-init.bats; a small Django project is deployed here too, by slipway alone.
load runner

export SLIPWAY_LAB_NAME=${SLIPWAY_TEST_LAB:-init}
dist=${SLIPWAY_DIST:-$checkout/build/dist}

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return 1
	[ -n "${SLIPWAY_TEST_LAB:-}" ] || "$lab/lab" up 3>&-
	for host in web1 web2; do
		"$lab/lab" host-exec "$host" sh -c 'rm -rf /var/www/app/* /var/www/app/.slipway' </dev/null
	done
	"$lab/images" >images
	"$lab/lab" publish "$dist"/*
	"$checkout/orb/pack" --helpers-url http://packages.lab/helpers orb.yml "$dist"/*.sha256
	: >context
	git init -q -b main shop
}

teardown_file() {
	[ -n "${SLIPWAY_TEST_LAB:-}" ] || "$lab/lab" down
}

setup() {
	unset "${!SLIPWAY_PARAM_@}"
	export PATH=$bin:$checkout/scripts:$PATH
	cd "$BATS_FILE_TMPDIR" || return 1
}

env_of() {
	sed -n "s/^LAB_$1=//p" "$("$lab/lab" env)"
}

commit() {
	git -C shop add -A
	git -C shop -c user.name=test -c user.email=test@example.com commit -q -m "$1"
}

# pipeline [OPTION…]: one on main at the present commit; sets status and output.
pipeline() {
	local hosts=() name address
	while read -r name address; do hosts+=(--add-host "$name=$address"); done < <("$lab/lab" hosts)
	run "$runner/run" --project shop --branch main --state state --images images \
		--orb "$orb_name=orb.yml" --ssh-key "=$(env_of SSH_KEY)" "${hosts[@]}" \
		--context production-deploy=context "$@" 3>&-
}

# Both hosts answer with this; at last, for workers are replaced.
both_serve() {
	local name answer deadline=$((SECONDS + 20))
	for name in WEB1 WEB2; do
		until answer=$(curl -s --max-time 5 --noproxy '*' "http://$(env_of "$name")/"); [ "$answer" = "$1" ]; do
			if [ "$SECONDS" -ge "$deadline" ]; then
				printf '%s answers: %s\n' "$name" "$answer" >&2
				return 1
			fi
			read -rt 0.2 <> <(:) || :
		done
	done
}

@test "slipway init: on a Flask application with a test, five files and a sixth for pytest" {
	mkdir shop/tests
	printf '%s\n' 'from flask import Flask' '' 'app = Flask(__name__)' '' '@app.get("/")' 'def page():' \
		'    return "one"' >shop/wsgi.py
	printf '%s\n' 'import wsgi' '' 'def test_page():' \
		'    assert wsgi.app.test_client().get("/").status_code == 200' >shop/tests/test_page.py
	printf '[pytest]\npythonpath = .\n' >shop/pytest.ini
	echo flask >shop/requirements.txt

	cd shop
	run slipway init --hosts web1.lab,web2.lab --runtime-user www-data --health-url http://127.0.0.1/ \
		--restart 'command:supervisorctl signal HUP uwsgi'

	expect_status 0
	cp "$(env_of KNOWN_HOSTS)" deploy/known_hosts
	[ "$(git ls-files -o | sort | paste -s -d ' ')" = ".circleci/config.yml .circleci/rollback.yml deploy/excludes \
deploy/hosts deploy/known_hosts deploy/settings pytest.ini requirements-test.txt requirements.txt \
tests/test_page.py wsgi.py" ]
}

@test "slipway init: its config tests and deploys the first push to main" {
	commit 'Deploy with Slipway'

	pipeline

	expect_status 0
	output=$(cat state/pipelines/1/result.json)
	expect_json '[.workflows[0].jobs[] | .name + " " + .status] == ["test success", "deploy success"]'
	expect_json '.workflows[0].jobs[0].tests.tests == 1'
	both_serve one
}

@test "slipway init: its config deploys the next push, and rolls that back by the parameter" {
	sed -i 's/one/two/' shop/wsgi.py
	commit two
	pipeline
	expect_status 0
	both_serve two

	pipeline --param action=rollback

	expect_status 0
	both_serve one
}

@test "slipway init: its rollback.yml goes to the build that the Rollback button names" {
	builds=$("$lab/lab" host-exec web1 ls /var/www/app/builds </dev/null)

	pipeline --config .circleci/rollback.yml --value pipeline.deploy.environment_name=production \
		--value "pipeline.deploy.target_version=$(tail -n 1 <<<"$builds")" \
		--value "pipeline.deploy.current_version=$(head -n 1 <<<"$builds")"

	expect_status 0
	both_serve two
}

@test "slipway init: nothing of the pipeline's own files is on the hosts" {
	found=$("$lab/lab" host-exec web1 ls -A /var/www/app/current/ </dev/null | sort | paste -s -d ' ')

	[ "$found" = "REVISION __pycache__ deploy env requirements.txt wsgi.py" ] || { printf '%s\n' "$found" >&2 && false; }
}

# A project as django-admin startproject makes it, with Postgres, a page for health, a static file.
django_project() {
	mkdir -p "$1/store" "$1/assets"
	cat >"$1/manage.py" <<-'PY'
		import os
		import sys

		if __name__ == "__main__":
		    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "store.settings")
		    from django.core.management import execute_from_command_line
		    execute_from_command_line(sys.argv)
	PY
	cat >"$1/store/settings.py" <<-'PY'
		import os
		from pathlib import Path
		from urllib.parse import urlparse

		BASE_DIR = Path(__file__).resolve().parent.parent
		SECRET_KEY = "not one"
		ALLOWED_HOSTS = ["localhost"]
		INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "django.contrib.staticfiles"]
		ROOT_URLCONF = "store.urls"
		WSGI_APPLICATION = "store.wsgi.application"
		DATABASE = urlparse(os.environ["DATABASE_URL"])
		DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": DATABASE.path[1:],
		                         "USER": DATABASE.username, "HOST": DATABASE.hostname}}
		DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
		STATIC_URL = "/static/"
		STATICFILES_DIRS = [BASE_DIR / "assets"]
		STATIC_ROOT = BASE_DIR / "static"
	PY
	cat >"$1/store/wsgi.py" <<-'PY'
		import os

		from django.core.wsgi import get_wsgi_application

		os.environ.setdefault("DJANGO_SETTINGS_MODULE", "store.settings")
		application = get_wsgi_application()
	PY
	cat >"$1/store/urls.py" <<-'PY'
		from django.http import HttpResponse
		from django.urls import path

		urlpatterns = [path("healthz", lambda request: HttpResponse("well"))]
	PY
	echo one >"$1/assets/one.css"
	printf '%s\n' django psycopg2 >"$1/requirements.txt"
}

@test "slipway init: a Django project is tried, migrated and has its static files, as init found out" {
	git init -q -b main store
	django_project store
	root=/home/deploy/store-$RANDOM
	export SLIPWAY_IDENTITY SLIPWAY_HELPERS_DIR=$BATS_TEST_TMPDIR/helpers
	SLIPWAY_IDENTITY=$(env_of SSH_KEY)
	mkdir "$SLIPWAY_HELPERS_DIR"
	ln -s "$bin" "$SLIPWAY_HELPERS_DIR/$(uname -m)"
	cd store

	slipway init --hosts "$(env_of WEB1),$(env_of WEB2)" --project-root "$root" --env-file /etc/app/env --restart none
	cp "$(env_of KNOWN_HOSTS)" deploy/known_hosts
	run slipway deploy

	expect_status 0
	expect_text "stage try"
	expect_text "Running migrations:"
	"$lab/lab" host-exec web2 cat "$root/current/static/one.css" </dev/null | grep -qx one

	# The file that an open page still names stays for one more build.
	mv assets/one.css assets/two.css
	run slipway deploy
	expect_status 0
	"$lab/lab" host-exec web1 cat "$root/current/static/one.css" "$root/current/static/two.css" </dev/null >"$BATS_TEST_TMPDIR/both"
	[ "$(cat "$BATS_TEST_TMPDIR/both")" = $'one\none' ]
}
