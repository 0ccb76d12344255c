#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# long
# shellcheck shell=bash disable=SC2154
# slipway tries a release on two real hosts before it goes live: what it refuses, and what it lets through.

load deploy

setup_file() { deploy_hosts_up; }
teardown_file() { deploy_hosts_down; }

setup() {
	deploy_setup
	unset SLIPWAY_TRY
	settings "project_root=$root" requirements_file=none restart=none runtime_user=www-data \
		env_file=/etc/app/env try_settle=0 try_timeout=20
}

# app LINE...: app.py, which answers 200 to every request unless the lines do otherwise.
app() {
	printf '%s\n' 'import os, sys, time' "$@" >app.py
	grep -q '^def app' app.py || cat >>app.py <<-'END'

		def app(environ, start_response):
		    start_response("200 OK", [])
		    return [b"good"]
	END
}

# A good release is live; the next one is of the LINEs.
after_good() {
	app
	deploy_first
	app "$@"
}

# refused LINE: the last deploy was, with this line; nothing of the new build is live or at work.
refused() {
	local host build
	expect_status 6
	expect_line "$1"
	expect_live "$first"
	build=$(sed -n 's/^slipway: build //p' <<<"$output")
	for host in web1 web2; do
		on "$host" "test -e '$root/builds/$build/.failed'"
		nothing_runs "$host"
	done
	[ -z "$(on web1 "find '$root/builds/$build' -name '*.pyc' -newer '$root/builds/$build/REVISION' -user www-data")" ]
}

# Of www-data there is nothing that has to do with this test's project root.
nothing_runs() {
	local found
	found=$(on "$1" "sudo -n -u www-data sh -c 'grep -lzxF SLIPWAY_ROOT=$root /proc/[0-9]*/environ; ls -d /tmp/slipway-try-*' 2>/dev/null" || :)
	if [ -n "$found" ]; then
		printf '%s: left: %s\n' "$1" "$found" >&2
		return 1
	fi
}

@test "try: a release that cannot be loaded is refused, with the end of its traceback" {
	after_good 'def broken():' '    raise ValueError("not today")' 'broken()'
	run slipway deploy
	refused 'web1 | slipway: try: loading app:app: ValueError: not today'
	expect_line 'web2 |         raise ValueError("not today")'
	run ! grep -E 'importlib|try_app' <<<"$output"

	app 'import nowhere.to.be.found'
	run slipway deploy
	refused "slipway: try: loading app:app: ModuleNotFoundError: No module named 'nowhere'"
	expect_line 'hint: is it in the requirements?'

	app 'key = os.environ["SECRET_KEY"]'
	run slipway deploy
	refused 'slipway: try: loading app:app: the variable SECRET_KEY is not set'
	expect_line 'hint: env_file'

	run slipway deploy --wsgi site:app.wsgi
	refused "slipway: try: loading site:app.wsgi: AttributeError: module 'site' has no attribute 'app'"
	expect_line 'hint: wsgi=MODULE:CALLABLE says where the application is; it is site:app.wsgi'
}

@test "try: a release that ends by itself is refused, whatever its exit status" {
	after_good 'print("bye")' 'sys.exit(0)'
	run slipway deploy
	refused 'slipway: try: loading app:app: it called sys.exit(0)'

	app 'print("the last words", flush=True)' 'os._exit(0)'
	run slipway deploy
	refused 'slipway: try: loading app:app: it ended by itself: exit status 0'
	expect_line 'web1 |     the last words'

	app 'os.kill(os.getpid(), 9)'
	run slipway deploy
	refused 'slipway: try: loading app:app: it ended by itself: SIGKILL'

	app 'import threading' 'threading.Timer(3, os._exit, [0]).start()'
	run slipway deploy --try-settle 4
	refused 'slipway: try: staying alive for 4 s: it ended by itself: exit status 0'
}

@test "try: a release that answers badly is refused, also when it does so later" {
	after_good 'def app(environ, start_response):' '    start_response("500 Boom", [])' '    return [b"no cake"]'
	run slipway deploy
	refused 'web2 | slipway: try: GET /: 500 Boom: no cake'

	app 'def app(environ, start_response):' '    start_response("200 OK", [])' '    yield b"half "' '    1 / 0'
	run slipway deploy --health-path '/health?deep=1'
	refused 'slipway: try: GET /health?deep=1: ZeroDivisionError: division by zero'

	app 'def app(environ, start_response):' '    return [b""]'
	run slipway deploy
	refused 'slipway: try: GET /: start_response was not called'

	app 'asked = []' 'def app(environ, start_response):' '    asked.append(1)' \
		'    start_response("503 Tired" if len(asked) > 1 else "200 OK", [])' '    return []'
	run slipway deploy --try-settle 1
	refused 'slipway: try: staying alive for 1 s: 503 Tired'
}

@test "try: a release that hangs is ended, with where it hangs" {
	after_good 'def waits():' '    time.sleep(1000)' 'waits()'
	run slipway deploy --try-timeout 2
	refused 'slipway: try: loading app:app: not done after 2 s'
	expect_line 'app.py", line 3 in waits'

	app 'def app(environ, start_response):' '    time.sleep(1000)'
	run slipway deploy --try-timeout 2
	refused 'slipway: try: GET /: not done after 2 s'
	expect_line 'app.py", line 3 in app'
}

# sleeps HOST SECONDS: a process that sleeps for just so long is there.
sleeps() {
	on "$1" "grep -lzx sleep /proc/[0-9]*/cmdline | xargs grep -slzx $2 | grep -q ." 2>/dev/null
}

@test "try: nothing that a release started is left, neither after a good try nor when slipway is ended" {
	local mark=98765$RANDOM host
	app "import subprocess" \
		"subprocess.Popen(['sleep', '$mark'], start_new_session=True, env={})" \
		'if os.fork() == 0:' '    os.setsid()' '    time.sleep(1000)'

	run slipway deploy
	expect_status 0
	for host in web1 web2; do
		nothing_runs "$host"
		run ! sleeps "$host" "$mark"
	done

	first=$(live web1)
	echo 'time.sleep(1000)' >>app.py
	for how in client step; do
		slipway deploy --try-timeout 100 >../log 2>&1 &
		local pid=$!
		await 50 sleeps web1 "$mark"
		await 50 sleeps web2 "$mark"
		"kill_$how" "$pid"
		run wait "$pid"
		for host in web1 web2; do
			await 20 nothing_runs "$host"
			run ! sleeps "$host" "$mark"
		done
	done
	expect_live "$first"
}

kill_client() { kill "$1"; }

# The shells of the steps on the hosts, without a word to what they started.
kill_step() {
	local host
	for host in web1 web2; do
		on "$host" "cd $root/.slipway/steps && for step in *; do kill -KILL \${step%-*}; done"
	done
}

@test "try: a release runs as the runtime user, in its build, with its own Python and the server's variables" {
	printf '%s\n' "project_root=$root" restart=none runtime_user=www-data env_file=shared/env try_settle=0 \
		shared_paths=uploads/ >deploy/settings
	echo tallymark==1.0.0 >requirements.txt
	seen=/tmp/seen-$RANDOM
	app 'import json, pwd, tallymark' "with open('$seen', 'w') as file:" \
		'    json.dump({"user": pwd.getpwuid(os.getuid()).pw_name, "cwd": os.getcwd(), "prefix": sys.prefix,' \
		'               "uploads": os.listdir("uploads"), "env": dict(os.environ)}, file)' \
		'def app(environ, start_response):' '    assert environ["HTTP_HOST"] == "localhost"' \
		'    start_response("302 Found", [("Location", "/login")])' '    return []'
	for host in web1 web2; do
		on "$host" "mkdir -p $root/shared/uploads && touch $root/shared/uploads/here && umask 077 && cat >$root/shared/env" <<-'END'
			# what the server has
			; of old
			PLAIN = a b # c
			export SINGLE='$HOME "x"'
			DOUBLE="say \"hi\" \$x" # not part of it
			LINES="one
			two"
			EMPTY=
			not a variable
		END
	done

	run slipway deploy

	expect_status 0
	expect_line 'warning: env_file: line 9 is not KEY=VALUE: passed over'
	build=$(live web1)
	saw() { on web1 "python3 -c \"import json; print(json.load(open('$seen'))$1)\""; }
	[ "$(saw "['user']")" = www-data ]
	[ "$(saw "['cwd']")" = "$root/builds/$build" ]
	[[ "$(saw "['prefix']")" = $root/*env* ]]
	[ "$(saw "['uploads']")" = "['here']" ]
	[ "$(saw "['env']['PLAIN']")" = 'a b # c' ]
	[ "$(saw "['env']['SINGLE']")" = '$HOME "x"' ]
	[ "$(saw "['env']['DOUBLE']")" = 'say "hi" $x' ]
	[ "$(saw "['env']['LINES']")" = $'one\ntwo' ]
	[ "$(saw "['env']['HOME']")" = /var/www ]
	[ "$(saw "['env']['SLIPWAY_RELEASE']")" = "$build" ]
	# Neither the deploy's variables nor the lock's token.
	[ "$(saw "['env'].keys()" | grep -o "'[A-Z_]*'" | sort | xargs)" = "DOUBLE EMPTY HOME LANG LINES LOGNAME PATH PLAIN PYTHONDONTWRITEBYTECODE SINGLE SLIPWAY_RELEASE SLIPWAY_ROOT SLIPWAY_WSGI USER" ]
	for host in web1 web2; do "$lab" host-exec "$host" rm "$seen"; done
}

as_web() { # HOST COMMAND
	"$lab" host-exec "$1" setpriv --reuid www-data --regid www-data --init-groups env -i PATH=/usr/bin:/bin sh -c "$2" 3>&-
}

@test "try: a release has the limits of the server process that serves the live build" {
	after_good 'bytearray(800 << 20)'
	as_web web1 "prlimit --as=600000000 gunicorn --daemon --pid /tmp/limited.pid --bind unix:/tmp/limited.sock \
		--workers 1 --env SLIPWAY_ROOT=$root --pythonpath $root/.slipway slipway_wsgi:application"
	await 10 on web1 'test -S /tmp/limited.sock'
	curl_limited() { as_web web1 'curl -sf -o /dev/null --unix-socket /tmp/limited.sock http://localhost/'; }
	await 10 curl_limited

	run slipway deploy

	as_web web1 'kill $(cat /tmp/limited.pid)'
	expect_status 6
	expect_line 'web1 | slipway: try: loading app:app: MemoryError (its address space is limited to 572 MB)'
	expect_line 'was not found good on web1: nothing was changed'
	expect_live "$first"
}

@test "try: server loads the release in uwsgi itself, on a socket of its own" {
	after_good
	slipway deploy --try server
	first=$(live web1)

	app 'broken()'
	run slipway deploy --try server
	refused "web1 | slipway: try: GET / from uwsgi: it ended by itself: exit status 22: NameError: name 'broken' is not defined"

	app 'def app(environ, start_response):' '    start_response("500 Boom", [])' '    return []'
	run slipway deploy --try server
	refused 'slipway: try: GET / from uwsgi: 500 Boom'

	app 'import threading' 'threading.Timer(2, os._exit, [0]).start()'
	run slipway deploy --try server --try-settle 4
	refused 'slipway: try: staying alive for 4 s: it ended by itself: exit status 0'
}

# What is in the project root, with times.
tree_of() { on "$1" "cd '$root' && find . -not -path './.slipway/bin*' -printf '%p %T@ %l\n' | sort"; }

@test "try: a rollback to a build that broke is refused, --force goes; check --rollback is the rehearsal" {
	echo tallymark==1.0.0 >requirements.txt
	app 'import tallymark'
	sed -i "s|requirements_file=none|requirements_file=requirements.txt|" deploy/settings
	deploy_first
	sed -i "s|requirements_file=.*|requirements_file=none|" deploy/settings
	local old=$first
	app
	slipway deploy
	first=$(live web1)
	tree_of web1 >../before

	run slipway check --rollback
	expect_status 0
	expect_line "$old is good on web1, web2: a rollback would make it live"
	tree_of web1 | diff ../before -

	# Its environment has lost a package, on one host.
	on web2 "cd $root/builds/$old/env/lib/python3*/site-packages && chmod -R u+w . && rm -r tallymark*"
	run slipway check --rollback
	expect_status 6
	expect_line "builds/$old was not found good on web2: nothing was changed"
	run slipway rollback
	expect_status 6
	expect_line "web2 | slipway: try: loading app:app: ModuleNotFoundError: No module named 'tallymark'"
	expect_live "$first"
	# Nothing has changed: it is no failed build.
	on web2 "test ! -e $root/builds/$old/.failed"

	run slipway rollback --force
	expect_status 0
	expect_live "$old"
	run slipway check --rollback --try none
	expect_status 2
}

@test "try: who may not try says what is missing, in words for sudoers" {
	app
	run slipway deploy --runtime-user daemon
	expect_status 6
	expect_line 'web1 | slipway: runtime_user: sudo does not let deploy act as daemon'
	expect_line 'hint: sudoers needs the line: deploy ALL=(daemon) NOPASSWD: ALL'

	run slipway deploy --runtime-user nosuch
	expect_status 6
	expect_line 'runtime_user: nosuch: no such user here'

	run slipway deploy --env-file missing.env
	expect_status 6
	expect_line 'env_file: missing.env: neither deploy nor www-data can read it'
}

@test "try: with become, a release is tried as the runtime user, not as root" {
	root=/srv/try-$RANDOM
	for host in web1 web2; do
		"$lab" host-exec "$host" sh -c "echo 'deploy ALL=(root) NOPASSWD: ALL' >/etc/sudoers.d/become && mkdir $root"
	done
	app 'import pwd' 'user = pwd.getpwuid(os.getuid()).pw_name' 'assert user == "www-data", user' \
		'assert os.environ["DATABASE_URL"] and "SUDO_USER" not in os.environ and "SLIPWAY_STEP" not in os.environ'

	run slipway deploy --project-root "$root" --become

	for host in web1 web2; do "$lab" host-exec "$host" rm -r /etc/sudoers.d/become "$root"; done
	expect_status 0
}

@test "try: server means gunicorn where that is what is restarted" {
	after_good
	by_gunicorn() { slipway deploy --try server --restart gunicorn-hup:/none --health-timeout 1 "$@"; }

	app 'broken()'
	run by_gunicorn
	refused "web1 | slipway: try: GET / from gunicorn: it ended by itself: exit status 3: NameError: name 'broken' is not defined"

	app 'import threading' 'threading.Timer(2, os._exit, [0]).start()'
	run by_gunicorn --try-settle 4
	refused 'slipway: try: staying alive for 4 s: a worker ended by itself'

	app 'time.sleep(1000)'
	run by_gunicorn --try-timeout 2
	refused 'slipway: try: GET / from gunicorn: not done after 2 s'

	# Good: it is only the restart that does not succeed.
	app
	run by_gunicorn
	expect_line 'slipway: stage activate'
}
