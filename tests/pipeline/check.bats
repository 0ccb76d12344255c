#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154
# slipway check on two real hosts: web1 is made bad for one rule or several, web2 stays as it was. Each
# rule must be found on web1, with its fix, not on web2, and not any more when web1 is mended.

load deploy

setup_file() {
	deploy_hosts_up
	# Apart: it changes the environment.
	(setup_live)
}

teardown_file() { deploy_hosts_down; }

# The application that the hosts' own uwsgi serves, deployed once for all tests.
setup_live() {
	BATS_TEST_TMPDIR=$BATS_FILE_TMPDIR deploy_setup
	web_settings restart=none
	for host in web1 web2; do
		as_root "$host" "rm -rf $root/* $root/.slipway; rm -rf /root/etc; mkdir /root/etc
			cd /etc; mkdir -p gunicorn; cp -a nginx supervisor uwsgi sudoers.d cron.d app gunicorn /root/etc"
	done
	printf '%s\n' 'def app(environ, start_response):' '    start_response("200 OK", [])' '    return [b""]' >wsgi.py
	slipway deploy
}

setup() {
	deploy_setup
	web_settings restart=uwsgi-touch:/run/app/reload
	export SLIPWAY_TRY=import
}

teardown() { mend; }

# as_root HOST COMMANDS
as_root() { "$lab" host-exec "$1" sh -euc "$2" >&2; }

web_settings() {
	root=/var/www/app
	settings "project_root=$root" requirements_file=none runtime_user=www-data wsgi=wsgi:app "$@"
}

# spoil COMMANDS: as root on web1. mend_with COMMANDS: what mends it, besides /etc.
spoil() { as_root web1 "$1"; }
mend_with() { mending=$1; }
mend() {
	as_root web1 "for name in nginx supervisor uwsgi sudoers.d cron.d app gunicorn; do rm -rf /etc/\$name; done
		cp -a /root/etc/. /etc/
		rm -f /etc/systemd/system/app.service
		${mending:-:}"
	mending=
}

# expect_found LEVEL RULE...: each is found on web1, and a fix is told; on web2 nothing is.
expect_found() {
	local level=$1 rule
	shift
	for rule in "$@"; do
		if ! grep -A 1 "^web1: $level: $rule: " <<<"$output" | grep -q '^    fix: .'; then
			printf '%s: no such %s with a fix on web1 in:\n%s\n' "$rule" "$level" "$output" >&2
			return 1
		fi
	done
	if grep '^web2' <<<"$output" >&2; then return 1; fi
}

# Once mended, there is nothing to say of any host.
expect_mended() {
	mend
	run --separate-stderr slipway check

	expect_status 0
	if [ -n "$output" ]; then
		printf 'findings on a good host:\n%s\n' "$output" >&2
		return 1
	fi
	[ "$stderr" = 'slipway: 2 hosts: 0 errors, 0 warnings' ]
}

@test "slipway check: hosts set up as recommended have no finding, however they are reloaded" {
	for way in supervisor:uwsgi uwsgi-fifo:/run/app/fifo uwsgi-touch:/run/app/reload 'command:supervisorctl signal HUP uwsgi' none; do
		web_settings "restart=$way" env_file=/etc/app/env
		expect_mended
	done
}

@test "slipway check: nginx keeps old files, or serves a build by name" {
	spoil "cat >/etc/nginx/sites-enabled/cached <<'END'
open_file_cache max=100;
server {
	listen 81;
	location /static/ { alias $root/current/static/; }
	location '/media/' { open_file_cache off; alias \"$root/current/media/\"; }
	location /old/ { open_file_cache_valid 2s; alias $root/builds/20260101000000/static/; }
}
END"

	run --separate-stderr slipway check

	expect_status 1
	expect_found error nginx-open-file-cache nginx-build
	expect_line "for 60 s after a deploy ($root/current/static/) (/etc/nginx/sites-enabled/cached:1)"
	expect_line "$root/builds/20260101000000/static/: no deploy changes that, and pruning removes it (/etc/nginx/sites-enabled/cached:6)"
	[ "$(grep -c '^web1' <<<"$output")" = 2 ]
	[ "$stderr" = 'slipway: 2 hosts: 2 errors, 0 warnings' ]
	expect_mended
}

@test "slipway check: uWSGI's options do not go with the way it is reloaded" {
	spoil "cat >/etc/uwsgi/paths.ini <<'END'
[uwsgi]
chdir = %(base)/current
pythonpath = %(base)/current/lib
virtualenv = %(base)/current/env
END
cat >/etc/uwsgi/app.ini <<'END'
[uwsgi]
base = $root
ini = /etc/uwsgi/paths.ini
plugin = python3
module = wsgi:app
master = true
need-app = true
touch-chain-reload = /run/app/reload
END
mkdir -p $root/current/env/lib/python3.9"
	mend_with "rm -rf $root/current/env"

	run --separate-stderr slipway check

	expect_status 1
	expect_found error uwsgi-lazy-apps uwsgi-path uwsgi-die-on-term uwsgi-python
	expect_found warning uwsgi-need-app uwsgi-path uwsgi-loader
	expect_line "chdir = $root/current is resolved once: reloaded workers stay in the old build (/etc/uwsgi/paths.ini:2)"
	expect_line "virtualenv = $root/current/env is resolved once"
	expect_line "(/etc/uwsgi/app.ini:7)"
	run slipway check --try none
	expect_line 'web1: error: uwsgi-need-app: '
	expect_mended
}

@test "slipway check: uWSGI's workers may lose a request when they are reloaded" {
	spoil 'sed -i /^shared-import/d /etc/uwsgi/app.ini'

	run --separate-stderr slipway check

	expect_status 0
	expect_found warning uwsgi-shared-import
	expect_line 'fix: shared-import = slipway_uwsgi, and a restart of uWSGI'

	# With threads the module would do nothing.
	spoil 'echo threads = 4 >>/etc/uwsgi/app.ini'
	run --separate-stderr slipway check
	expect_status 0
	[ -z "$output" ]
	expect_mended
}

@test "slipway check: the file that uWSGI is to watch is not watched, or not to be touched" {
	spoil "sed -i s/touch-chain-reload/touch-nothing/ /etc/uwsgi/app.ini; chown root /run/app; chmod 2750 /run/app"
	mend_with 'chown www-data /run/app; chmod 2770 /run/app'

	run --separate-stderr slipway check

	expect_status 1
	expect_found error uwsgi-touch
	expect_line 'no uWSGI watches /run/app/reload'
	expect_line 'deploy may not touch /run/app/reload'
	expect_mended
}

@test "slipway check: uWSGI's FIFO is not there, or not to be written to" {
	for host in web1 web2; do
		as_root "$host" 'rm -f /run/app/own; mkfifo -m 0660 /run/app/own; chown www-data:deploy /run/app/own
			echo "master-fifo = /run/app/own" >>/etc/uwsgi/app.ini'
	done
	web_settings restart=uwsgi-fifo:/run/app/own
	spoil 'chown root /run/app/own; chmod 0600 /run/app/own'
	mend_with 'rm -f /run/app/own'

	run --separate-stderr slipway check
	expect_status 1
	expect_found error uwsgi-fifo
	expect_line 'neither deploy nor the runtime user may write to /run/app/own'

	spoil 'rm /run/app/own'
	run --separate-stderr slipway check
	expect_status 1
	expect_found error uwsgi-fifo
	expect_line '/run/app/own is no FIFO'

	as_root web2 'rm /run/app/own; cp /root/etc/uwsgi/app.ini /etc/uwsgi/app.ini'
	web_settings restart=uwsgi-touch:/run/app/reload
	expect_mended
}

@test "slipway check: supervisor does not see what dies, and kills before workers are done" {
	spoil "cat >/etc/supervisor/conf.d/uwsgi.conf <<'END'
[program:uwsgi]
command=/usr/bin/uwsgi
	--ini /etc/uwsgi/app.ini   ; the site
user=www-data
autorestart=false
stopwaitsecs=10
END"

	run --separate-stderr slipway check

	expect_status 0
	expect_found warning supervisor-startsecs supervisor-stopwaitsecs supervisor-autorestart
	expect_line 'killed after 10 s, and its workers have 30 s to finish'
	expect_line '(/etc/supervisor/conf.d/uwsgi.conf:6)'
	expect_mended
}

@test "slipway check: the program that restart names is unknown, or supervisor's socket is closed" {
	web_settings restart=supervisor:uwsgi
	mend_with 'supervisorctl update; chmod 0770 /run/supervisor.sock'
	spoil "sed -i s/program:uwsgi/program:other/ /etc/supervisor/conf.d/uwsgi.conf; supervisorctl update"

	run --separate-stderr slipway check
	expect_status 1
	expect_found error supervisor-program
	expect_line 'set restart to one that it knows: sshd, nginx, '
	mend

	spoil 'chmod 0700 /run/supervisor.sock'
	mend_with 'chmod 0770 /run/supervisor.sock'
	run --separate-stderr slipway check
	expect_status 1
	expect_found error supervisor-socket
	expect_line 'deploy may not use supervisor'
	expect_mended
}

@test "slipway check: gunicorn would load the old build again, by supervisor and by systemd" {
	web_settings 'restart=command:supervisorctl signal HUP gunicorn'
	as_root web2 "cat >/etc/supervisor/conf.d/gunicorn.conf <<'END'
[program:gunicorn]
directory=$root/current
command=/usr/bin/gunicorn --pythonpath $root/.slipway --workers 2 slipway_wsgi:application
user=www-data
startsecs=2
stopwaitsecs=35
END"
	spoil "cat >/etc/supervisor/conf.d/gunicorn.conf <<'END'
[program:gunicorn]
directory=$root/current
command=/usr/bin/gunicorn --workers 2 -c /etc/gunicorn.py wsgi:app
user=www-data
startsecs=2
END
printf '%s\n' 'import os' 'preload_app = True' 'graceful_timeout = 40' >/etc/gunicorn.py"
	mend_with 'rm -f /etc/gunicorn.py'

	run --separate-stderr slipway check
	as_root web2 'rm /etc/supervisor/conf.d/gunicorn.conf'
	expect_status 1
	expect_found error gunicorn-preload gunicorn-cwd
	expect_line '(/etc/gunicorn.py:2)'
	expect_line '(/etc/supervisor/conf.d/gunicorn.conf:2)'
	expect_found warning supervisor-stopwaitsecs
	mend

	spoil "mkdir -p /etc/systemd/system; cat >/etc/systemd/system/app.service <<'END'
[Service]
User=www-data
WorkingDirectory=$root/current
ExecStart=/usr/bin/gunicorn --workers 2 \\
  wsgi:app
END"
	run --separate-stderr slipway check
	expect_status 1
	expect_found error gunicorn-cwd
	expect_line '(/etc/systemd/system/app.service:3)'
	expect_mended
}

# The project's own gunicorn configuration, on both hosts.
gunicorn_recommended() {
	for host in web1 web2; do
		"$lab" host-exec "$host" sh -c 'mkdir -p /etc/gunicorn; cat >/etc/gunicorn/app.conf.py' <"$checkout/scripts/server/gunicorn.conf.py"
		"$lab" host-exec "$host" sh -c 'cat >/etc/supervisor/conf.d/gunicorn.conf' <"$checkout/scripts/server/supervisor-gunicorn.conf"
		as_root "$host" 'rm /etc/supervisor/conf.d/uwsgi.conf; rm -f /etc/uwsgi/app.ini'
	done
}

gunicorn_away() {
	as_root web2 'rm -rf /etc/supervisor /etc/uwsgi /etc/sudoers.d /etc/gunicorn /etc/systemd/system/app.service
		rm -f /usr/local/bin/systemctl; cp -a /root/etc/. /etc/'
	mend_with 'rm -f /usr/local/bin/systemctl'
	web_settings restart=none
}

@test "slipway check: gunicorn as recommended is good, without its runner or with another pidfile it is not" {
	gunicorn_recommended
	web_settings restart=gunicorn-usr2:/run/app/gunicorn.pid env_file=/etc/app/env
	run --separate-stderr slipway check
	expect_status 0
	[ -z "$output" ]

	spoil "sed -i 's,^command=.*gunicorn.pid ,command=,' /etc/supervisor/conf.d/gunicorn.conf
		sed -i 's,^pidfile = .*,pidfile = \"/run/other.pid\",' /etc/gunicorn/app.conf.py"
	run --separate-stderr slipway check
	expect_status 1
	expect_found error gunicorn-usr2 gunicorn-pidfile
	expect_line 'no gunicorn writes /run/app/gunicorn.pid: nothing can be reloaded (/etc/gunicorn/app.conf.py:'
	gunicorn_away
	expect_mended
}

@test "slipway check: a unit that the deploy user may not reload" {
	gunicorn_recommended
	for host in web1 web2; do
		"$lab" host-exec "$host" sh -c 'mkdir -p /etc/systemd/system; cat >/etc/systemd/system/app.service' <"$checkout/scripts/server/app.service"
		as_root "$host" "printf '#!/bin/sh\n' >/usr/local/bin/systemctl; chmod 0755 /usr/local/bin/systemctl
			rm /etc/supervisor/conf.d/gunicorn.conf
			echo 'deploy ALL=(root) NOPASSWD: /usr/local/bin/systemctl reload-or-restart app.service' >>/etc/sudoers.d/slipway"
	done
	web_settings restart=systemd:app.service
	run --separate-stderr slipway check
	expect_status 0
	[ -z "$output" ]

	spoil "sed -i /systemctl/d /etc/sudoers.d/slipway"
	run --separate-stderr slipway check
	expect_status 1
	expect_found error systemd
	expect_line 'deploy ALL=(root) NOPASSWD: /usr/local/bin/systemctl reload-or-restart app.service'
	spoil 'rm /usr/local/bin/systemctl'
	run --separate-stderr slipway check
	expect_found error systemd
	expect_line 'systemctl is not there'
	gunicorn_away
	expect_mended
}

@test "slipway check: cron runs from a build, or through the live link" {
	as_root web2 "echo '* * * * * www-data cd -P $root/current && exec python3 tidy.py' >/etc/cron.d/app"
	spoil "cat >/etc/cron.d/app <<'END'
# $root/builds/20250101000000 was here
5 * * * * www-data python3 $root/builds/20260101000000/tidy.py
6 * * * * www-data python3 $root/current/tidy.py
END"

	run --separate-stderr slipway check
	as_root web2 'rm /etc/cron.d/app'

	expect_status 1
	expect_found error cron-build
	expect_found warning cron-current
	expect_line '(/etc/cron.d/app:2)'
	expect_line '(/etc/cron.d/app:3)'
	expect_mended
}

@test "slipway check: the application may write its code, cannot read it, or runs as another" {
	spoil "chmod o+w $root/current/wsgi.py; chmod 0750 $root/current/deploy
		sed -i 's/^user=.*/user=games/' /etc/supervisor/conf.d/uwsgi.conf"
	mend_with "chmod o-w $root/current/wsgi.py; chmod 0755 $root/current/deploy"
	run --separate-stderr slipway check
	expect_status 1
	expect_found warning writable runtime-user
	expect_found error readable
	expect_line "www-data may write $root/builds/"
	expect_line "www-data cannot read $root/builds/"
	expect_line 'set runtime_user=games'

	spoil "sed -i 's/^user=.*/user=deploy/' /etc/supervisor/conf.d/uwsgi.conf"
	run --separate-stderr slipway check
	expect_found warning same-user
	expect_mended
}

@test "slipway check: what is shared is not there or not writable, builds are of a lost group" {
	web_settings shared_paths=uploads/,site.ini restart=none
	for host in web1 web2; do
		as_root "$host" "install -d -o www-data $root/shared/uploads; install -o deploy -m 0644 /dev/null $root/shared/site.ini"
	done
	spoil "chown deploy $root/shared/uploads; rm $root/shared/site.ini; chgrp www-data $root/builds; chmod 0750 $root/builds"
	mend_with "chown www-data $root/shared/uploads; touch $root/shared/site.ini; chgrp deploy $root/builds; chmod 0755 $root/builds"

	run --separate-stderr slipway check

	expect_status 1
	expect_found warning shared setgid
	expect_found error shared
	expect_line 'www-data cannot write shared/uploads/'
	expect_line 'shared/site.ini: not there'
	expect_mended
}

@test "slipway check: variables are for everybody to read, or for nobody" {
	web_settings restart=none env_file=/etc/app/env
	spoil 'chmod o+r /etc/app/env'
	run --separate-stderr slipway check
	expect_status 0
	expect_found warning env-file

	spoil 'chown root:root /etc/app/env; chmod 0600 /etc/app/env'
	run --separate-stderr slipway check
	expect_status 1
	expect_found error env-file
	expect_mended
}

@test "slipway check: sudo refuses, or wants a terminal" {
	spoil 'echo "Defaults:deploy requiretty" >>/etc/sudoers.d/slipway'
	run --separate-stderr slipway check
	expect_status 1
	expect_found error requiretty

	spoil 'rm /etc/sudoers.d/slipway'
	run --separate-stderr slipway check
	expect_status 1
	expect_found error sudo
	expect_line 'fix: in /etc/sudoers.d/slipway: deploy ALL=(www-data) NOPASSWD: ALL'
	expect_mended
}

@test "slipway check: programs that a deploy needs are missing or old" {
	web_settings restart=none
	export SLIPWAY_REQUIREMENTS_FILE=requirements.txt
	spoil 'mv /usr/bin/rsync /usr/bin/rsync.away
		mv /usr/lib/python3.11/ensurepip /usr/lib/python3.11/ensurepip.away'
	mend_with 'if [ -e /usr/bin/rsync.away ]; then
			mv /usr/bin/rsync.away /usr/bin/rsync; mv /usr/lib/python3.11/ensurepip.away /usr/lib/python3.11/ensurepip
		fi
		rm -f /usr/local/bin/rsync'
	run --separate-stderr slipway check
	expect_status 1
	expect_found error rsync venv

	mend
	spoil 'printf "%s\n" "#!/bin/sh" "echo rsync  version 2.6.9  protocol version 29" >/usr/local/bin/rsync
		chmod 0755 /usr/local/bin/rsync'
	mend_with 'rm -f /usr/local/bin/rsync'
	run --separate-stderr slipway check
	expect_status 1
	expect_found error rsync
	expect_line 'rsync is 2.6'
	mend

	as_root web2 'ln -sf /usr/bin/python3 /usr/local/bin/own-python'
	run --separate-stderr slipway check --python own-python
	as_root web2 'rm /usr/local/bin/own-python'
	expect_status 1
	expect_found error python
	expect_mended
}

@test "slipway check: the live link is a folder, leads nowhere, or out of builds" {
	web_settings restart=none
	mend_with "cd $root; if [ -e saved ]; then rm -rf current; mv saved current; fi"
	spoil "cd $root; mv current saved; mkdir current"
	run --separate-stderr slipway check
	expect_status 1
	expect_found error current
	expect_line 'current is not a link'
	spoil "cd $root; rmdir current; ln -s builds/20200101000000 current"
	run --separate-stderr slipway check
	expect_found error current
	expect_line 'leads nowhere: builds/20200101000000'
	spoil "cd $root; rm current; ln -s shared current"
	run --separate-stderr slipway check
	expect_found error current
	expect_line 'does not lead into builds: shared'
	expect_mended
}

@test "slipway check: what dead deploys left, and SELinux, are noted" {
	web_settings restart=none
	spoil "mkdir $root/builds/20200101000000 $root/envs/cp311-0000; touch $root/builds/20200101000000/.incomplete"
	mend_with "rm -rf $root/builds/20200101000000 $root/envs/cp311-0000"
	into web1 mount -t tmpfs selinux /sys/fs
	into web1 sh -c 'mkdir /sys/fs/selinux && echo 1 >/sys/fs/selinux/enforce'

	run --separate-stderr slipway check
	into web1 umount /sys/fs

	expect_status 0
	expect_found notice leftovers unused-envs selinux
	expect_mended
}

# into HOST COMMAND...: in the host's own mounts, with our powers.
into() {
	local host=$1
	shift
	pid=$("$checkout/tests/lab/podman" container inspect --format '{{.State.Pid}}' "$SLIPWAY_LAB_NAME-$host")
	nsenter --target "$pid" --mount "$@"
}

@test "slipway check: the next build would not fit, in bytes or in inodes" {
	root=/home/deploy/full
	settings "project_root=$root" requirements_file=none restart=none
	"$lab" small-disk web1 "$root" 10 500
	for host in web1 web2; do
		on "$host" "mkdir -p $root/builds/20260101000000; cd $root; ln -sfn builds/20260101000000 current
			head -c 6000000 /dev/zero >current/big"
	done

	run --separate-stderr slipway check
	found=$status:$output
	on web1 "cd $root; head -c 4000000 /dev/zero >current/big; seq 30 | sed 's|^|current/|' | xargs touch"
	into web1 mount -o remount,nr_inodes=80 "$root"
	run --separate-stderr slipway check
	into web1 umount "$root"

	expect_status 0
	expect_found warning disk inodes
	status=${found%%:*} output=${found#*:}
	expect_status 1
	expect_found error disk
}

@test "slipway check: a clock that is off, and a project root too long for a first line" {
	mkdir fake
	printf '%s\n' '#!/bin/sh' 'exec /usr/bin/date -d "1 day ago" "$@"' >fake/date
	chmod +x fake/date
	root=/home/deploy/$(printf 'long%.0s' {1..22})
	for host in web1 web2; do on "$host" "mkdir -p $root"; done

	PATH=$PWD/fake:$PATH run --separate-stderr slipway check --project-root "$root" --restart none

	expect_status 0
	for host in web1 web2; do
		expect_line "$host: warning: clock: the clock is 86"
		expect_line "$host: warning: shebang: the first line of an environment's programs has 1"
	done
}

@test "slipway check: says what it could not look into, and comes to an end with files of any kind" {
	spoil "chmod 0600 /etc/nginx/sites-enabled/app
		cd /etc/nginx/sites-enabled
		mkfifo fifo
		printf 'include /etc/nginx/sites-enabled/*;\nserver { location \"/ { {{{ }' >loop
		head -c 2000000 /dev/zero >large
		head -c 5000 /dev/urandom >noise
		echo 'ini = /etc/uwsgi/app.ini' >>/etc/uwsgi/app.ini
		(echo x = aa; yes 'x = %(x)%(x)' | head -n 60000) >>/etc/uwsgi/app.ini
		(echo '[program:y]'; echo command=y; yes '	more' | head -n 100000) >/etc/supervisor/conf.d/more.conf
		printf '[program:x\n]\ncommand=\"unclosed\n\xff\xfe[include]\nfiles=/etc/supervisor/conf.d/*\n' >/etc/supervisor/conf.d/noise.conf"

	run --separate-stderr slipway check

	expect_status 0
	expect_found notice unread
	expect_line 'could not look into /etc/nginx/sites-enabled/app: Permission denied'
	expect_line 'could not look into /etc/nginx/sites-enabled/large: larger than'
	expect_line 'could not look into /etc/uwsgi/app.ini: more than 2000 options'
	expect_mended
}

@test "slipway check: --json is the same for programs" {
	spoil 'echo "need-app = true" >>/etc/uwsgi/app.ini'

	run --separate-stderr slipway check --json

	expect_status 0
	python3 - "$output" <<-'END'
		import json, sys
		finding, = json.loads(sys.argv[1])
		assert finding["host"] == "web1" and finding["level"] == "warning", finding
		assert finding["rule"] == "uwsgi-need-app" and finding["fix"] == "need-app = false", finding
		assert finding["where"].startswith("/etc/uwsgi/app.ini:"), finding
	END
	mend
	run --separate-stderr slipway check --json
	[ "$output" = '[]' ]
}

@test "slipway check: a host that does not answer is told, and the others are looked at" {
	sed -i 's/^web1 .*/web1 ansible_host=127.0.0.1 ansible_port=1/' deploy/hosts

	run --separate-stderr slipway check

	expect_status 4
	[ -z "$output" ]
	[[ $stderr == *'slipway: not every host answered'* ]]
}

@test "slipway check: every rule has a test of its own here" {
	run python3 - "$checkout/scripts/remote/check" "$BATS_TEST_FILENAME" <<-'END'
		import re, sys
		rules = re.findall(r'^    \("([a-z-]+)", ', open(sys.argv[1] + "/check.py").read(), re.M)
		text = open(sys.argv[2]).read()
		named = " ".join(re.findall(r"expect_found \w+ (.*)", text) + re.findall(r"expect_line \"\$host: \w+: (\S+):", text))
		print([rule for rule in rules if rule not in named.split()])
		sys.exit(len(rules) < 30)
	END

	expect_status 0
	[ "$output" = '[]' ]
}

# role HOST ID REQUIREMENT: a build as the old role makes it, with the same commands, and its env inside.
# Without its last step, which makes it live.
role() {
	on "$1" "set -e; cd $root; build=$root/builds/$2
		mkdir -p -m 0755 \$build
		rsync -a ~/source-$BATS_TEST_NUMBER/ \$build/
		echo '$3' >\$build/requirements.txt
		/usr/bin/python3 -m venv --system-site-packages \$build/env
		/usr/bin/python3 -m pip wheel -q --wheel-dir=$root/wheels -r \$build/requirements.txt
		\$build/env/bin/pip install -q --no-index --find-links=$root/wheels -r \$build/requirements.txt"
}

# What the old role left on both hosts: an old build, a build that its pip did not finish, the live one,
# and another of those, newer than what is live.
old_tree() {
	root=/home/deploy/adopt-$BATS_TEST_NUMBER-$RANDOM
	settings "project_root=$root" restart=none
	cat >app.py <<-'END'
		import os, itsdangerous
		here, there = (os.path.realpath(path) for path in (__file__, itsdangerous.__file__))
		# It is tried before it goes live: by its own env, or not at all.
		assert there.startswith(os.path.dirname(here) + "/env/"), there
		def app(environ, start_response):
		    start_response("200 OK", [])
		    return [b""]
	END
	for host in web1 web2; do
		on "$host" "mkdir -p $root/builds ~/source-$BATS_TEST_NUMBER; cat >~/source-$BATS_TEST_NUMBER/app.py
			echo mine >$root/builds/notes.txt" <app.py
		(
			role "$host" 20250101000000 itsdangerous
			role "$host" 20250102000000 labnope==9 2>/dev/null || :
			on "$host" "cd $root/builds; cp -a 20250101000000 20250103000000; cp -a 20250102000000 20250104000000
				ln -sfn $root/builds/20250103000000 $root/current"
		) 3>&- &
	done
	wait
}

# All that is in the project root, but what is slipway's own.
listing() { on "$1" "cd $root; find . -path ./.slipway -prune -o -printf '%p %y %m %u %s %T@ %l\n' | grep -v '^\. ' | sort"; }

@test "slipway adopt: takes a tree of the old role over as it stands, and goes back to what was live alone" {
	old_tree
	listing web1 >../before

	run --separate-stderr slipway adopt

	expect_status 0
	for host in web1 web2; do
		expect_line "$host: builds/20250101000000: whole: slipway rollback --to 20250101000000 goes there"
		expect_line "$host: builds/20250102000000: half-made: its env lacks labnope"
		expect_line "$host: builds/20250103000000: live"
		expect_line "$host: builds/notes.txt: not a build, and left alone"
		[ "$(on "$host" "grep -c '\"event\":\"adopted\",\"build\":\"20250103000000\"' $root/.slipway/journal; wc -l <$root/.slipway/journal")" = $'1\n1' ]
	done
	listing web1 | diff ../before -
	run slipway rollback
	expect_status 6
	expect_line 'no build that was live before 20250103000000 is complete and proven'
	run --separate-stderr slipway adopt
	expect_status 0
	[[ $stderr == *'nothing to do'* ]]

	# A deploy with an env inside, and back over the half build, onto the env that the old role made.
	echo itsdangerous >requirements.txt
	settings "project_root=$root" keep_releases=4 restart=none
	slipway deploy --env-mode build
	slipway rollback
	expect_live 20250103000000

	# Deploys with a shared env remove the oldest, env and all.
	sed -i 's|assert there.*|assert "/envs/" in there, there|' app.py
	slipway deploy
	[ "$(on web1 "cd $root/builds; echo 2025* notes.txt")" = '20250103000000 20250104000000 notes.txt' ]
}

@test "slipway adopt: refuses what it could not go on with, and says how to mend it" {
	root=/home/deploy/adopt-$BATS_TEST_NUMBER-$RANDOM
	settings "project_root=$root" requirements_file=none restart=none
	for host in web1 web2; do
		on "$host" "mkdir -p $root/builds/20250101000000 $root/builds/20250102000000 $root/builds/release-1; cd $root
			for build in builds/*; do echo one >\$build/page.txt; done"
	done
	# refuses MESSAGE..., for what the link is on web1
	refuses() {
		run slipway adopt
		expect_status 6
		for line in "$@"; do expect_line "$line"; done
		expect_line 'not adopted: nothing was changed'
		run ! on web1 "test -e $root/.slipway"
		run ! on web2 "test -e $root/.slipway"
	}
	on web2 "ln -s builds/20250101000000 $root/current"

	refuses 'web1: there is no current: nothing is live'
	on web1 "mkdir $root/current"
	refuses 'web1: current is not a link'
	on web1 "rmdir $root/current; ln -s builds/20250109000000 $root/current"
	refuses 'web1: current leads nowhere: builds/20250109000000'
	on web1 "ln -sfn /home/deploy $root/current"
	refuses 'web1: current does not lead into builds: /home/deploy'
	on web1 "ln -sfn builds/release-1 $root/current"
	refuses 'web1: the live build is named release-1'
	on web1 "ln -sfn builds/20250102000000 $root/current"
	run slipway adopt
	expect_status 6
	expect_line 'hosts differ in what is live: web1 20250102000000, web2 20250101000000'
	on web1 "ln -sfn builds/20250101000000 $root/current"
	as_root web1 "chown root $root/builds/20250101000000"
	refuses "web1: $root/builds/20250101000000 belongs to root, not to deploy" "hint: web1: chown -R -h deploy: $root, as root"
	as_root web1 "chown -R -h deploy: $root"

	run slipway adopt
	expect_status 0
	expect_line 'web1: builds/release-1: not a build, and left alone'
}
